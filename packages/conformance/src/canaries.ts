import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { ProviderHarness } from './harness.ts'
import { PAYLOAD_CANARY } from './messages.ts'

const SHORTEST = 8

/** Fails when a secret of the harness, or the payload, shows in what `shown` prints. */
export function assertHidden(harness: ProviderHarness, shown: unknown, more: readonly string[] = []): void {
  const text = printed(shown)
  for (const secret of [...harness.secrets, ...more, PAYLOAD_CANARY]) {
    assert.ok(secret.length >= SHORTEST, `a canary of the harness is shorter than ${SHORTEST} characters`)
    const form = formsOf(secret).find(each => text.includes(each))
    assert.ok(form === undefined, `a secret shows in ${describe(shown)}: …${around(text, form!)}…`)
  }
}

/** All that a logger, a debugger or a reporter of errors would print. */
function printed(value: unknown): string {
  if (typeof value === 'string') return value
  const parts = [
    inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    inspect(value, {
      depth: 12,
      showHidden: true,
      customInspect: false,
      breakLength: Number.POSITIVE_INFINITY,
    }),
    json(value),
  ]
  if (value instanceof Error) parts.push(String(value), value.stack ?? '', json({ ...value }))
  return parts.join('\n')
}

function json(value: unknown): string {
  const seen = new Set<unknown>()
  try {
    return (
      JSON.stringify(value, (_, member: unknown) => {
        if (typeof member === 'bigint') return String(member)
        if (typeof member !== 'object' || member === null) return member
        if (seen.has(member)) return undefined
        seen.add(member)
        return member
      }) ?? ''
    )
  } catch {
    return ''
  }
}

/** As text, percent-encoded, in hexadecimal, as bytes are printed, and in base64 at each of its three alignments. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const aligned = [0, 1, 2].map(shift => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    return text.slice(shift === 0 ? 0 : 4, Math.floor((shift + bytes.length) / 3) * 4)
  })
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    hex,
    hex.toUpperCase(),
    hex.replace(/..(?=.)/g, '$& '),
    bytes.join(','),
    bytes.join(', '),
    ...aligned.flatMap(text => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
  ]
}

function describe(shown: unknown): string {
  if (typeof shown === 'string') return 'the output of the process'
  return shown instanceof Error ? `an error (${shown.name})` : 'a printed object'
}

/** Enough to find the place, and nothing of the secret. */
function around(text: string, form: string): string {
  const at = text.indexOf(form)
  return text.slice(Math.max(0, at - 40), at).replaceAll(/\s+/g, ' ')
}
