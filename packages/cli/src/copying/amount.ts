const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** Bytes for people: `512 B`, `10.0 MiB`. */
export function amount(bytes: number): string {
  if (bytes < 1023.5) return `${Math.round(bytes)} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}

/** A time that is left: `4 s`, `3 min 20 s`, `2 h 05 min`. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}
