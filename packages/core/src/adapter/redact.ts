/** Shorter pieces of a secret occur in any text: at the end of one, and anywhere. */
const MIN_TAIL = 6
const MIN_PIECE = 8

interface Span {
  readonly start: number
  readonly end: number
}

interface Form {
  readonly text: string
  /** A match is widened over the characters around it that may be the rest of the same encoding. */
  readonly widens: boolean
}

/**
 * Returns a function that takes secrets out of a text that a server sent, in every encoding that a server may repeat them
 * in: as they are, escaped for JSON or HTML, percent-encoded, as a form, in hexadecimal, in base64 and base64url at any
 * offset. The beginning of a secret is taken out too, wherever the server cut it off. Redact before cutting, never after.
 *
 * @param secrets - Of Basic credentials also `user:password` and its base64, which is what a server sees.
 */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  const forms = [...new Set(secrets)].filter(secret => secret !== '').flatMap(formsOf)
  return text =>
    without(
      text,
      forms.flatMap(form => [...spansOf(text, form)]),
    )
}

function formsOf(secret: string): readonly Form[] {
  const bytes = Buffer.from(secret)
  const percent = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)]
  const hex = bytes.toString('hex')
  const texts = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // As programs in Go print JSON, and as they and others print HTML.
    JSON.stringify(secret)
      .slice(1, -1)
      .replace(/[&<>]/g, each => `\\u00${each.charCodeAt(0).toString(16)}`),
    secret.replace(/[&<>"']/g, each => NAMED[each] ?? `&#${each.charCodeAt(0)};`),
    secret.replace(/[&<>"]/g, each => NAMED[each] ?? '&quot;'),
    ...percent,
    ...percent.map(text => text.replace(/%../g, escaped => escaped.toLowerCase())),
    hex,
    hex.toUpperCase(),
  ]
  const aligned = [0, 1, 2].flatMap(shift => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // Without the characters that depend on what stands before and after.
    const core = text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((shift + bytes.length) * 4) / 3))
    return [core, core.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(core)]
  })
  return [
    ...[...new Set(texts)].map(text => ({ text, widens: false })),
    ...[...new Set(aligned)].filter(text => text.length >= MIN_TAIL).map(text => ({ text, widens: true })),
  ]
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Where a form, or the beginning of it, stands in a text. */
function* spansOf(text: string, { text: form, widens }: Form): Generator<Span> {
  const beginning = form.slice(0, MIN_PIECE)
  for (let from = 0; ; ) {
    const at = text.indexOf(beginning, from)
    if (at < 0) break
    let [start, end] = [at, at + beginning.length]
    while (end < text.length && end - at < form.length && text[end] === form[end - at]) end++
    if (widens) {
      while (start > from && isBase64(text[start - 1]!)) start--
      while (end < text.length && isBase64(text[end]!)) end++
    }
    yield { start, end }
    from = end
  }
  for (let length = MIN_TAIL; length < MIN_PIECE; length++) {
    const start = text.length - length
    if (form.length > length && text.endsWith(form.slice(0, length))) yield { start, end: text.length }
  }
}

function without(text: string, spans: readonly Span[]): string {
  let shown = ''
  let done = 0
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
    if (start > done || (start === 0 && done === 0)) shown += `${text.slice(done, start)}…`
    done = Math.max(done, end)
  }
  return shown + text.slice(done)
}

function isBase64(character: string): boolean {
  // With what a URL makes of `+`, `/` and `=`.
  return /[\w+/=%-]/.test(character)
}
