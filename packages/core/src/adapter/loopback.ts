/** Whether the host of a URL is this machine, by whatever name or address. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean {
  return (
    /^(?:.*\.)?localhost\.?$/.test(hostname) ||
    // The unspecified address, too: to connect to it is to connect to oneself.
    /^(?:127(?:\.\d+){3}|0\.0\.0\.0)\.?$/.test(hostname) ||
    // As a URL spells ::ffff:127.0.0.0/8 and ::ffff:0.0.0.0.
    /^\[(?:::1?|::ffff:(?:7f[0-9a-f]{2}:[0-9a-f]{1,4}|0:0))\]$/.test(hostname)
  )
}
