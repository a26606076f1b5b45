const MAX_BYTES = 4 * 1024 * 1024
/** As deep as the reference reads. */
const MAX_DEPTH = 10_000

/**
 * Whether the payload of a JWS begins with an object or `null`. The reference reads it as JWT claims when it looks at the
 * signature, and passes over what follows them, members twice and bytes that are not UTF-8; what is signed is another
 * question, which `content` answers strictly.
 */
export function isClaims(payload: Uint8Array): boolean {
  if (payload.byteLength > MAX_BYTES) return false
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload).replace(/^[ \t\r\n]+/, '')
  return text.startsWith('null') || isJson(firstObject(text))
}

/** From the first brace to what closes it; what is between may be no JSON. */
function firstObject(text: string): string {
  if (!text.startsWith('{')) return ''
  let depth = 0
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth++
    else if ((token === '}' || token === ']') && --depth === 0) return text.slice(0, index + 1)
    if (depth > MAX_DEPTH) break
  }
  return ''
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
