/** The target of `Link: <…>; rel="next"` (RFC 8288), relative as it may be; nothing on the last page. */
export function nextLink(headers: Headers): string | undefined {
  const field = headers.get('link') ?? ''
  for (const [, target, parameters] of field.matchAll(
    /<([^>]*)>((?:\s*;\s*[^;,="]+(?:=(?:"[^"]*"|[^;,"]*))?)*)/g,
  )) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]* )?next(?: [^"]*)?"|next(?=\s*(?:;|$)))/i.test(parameters ?? ''))
      return target
  }
  return undefined
}
