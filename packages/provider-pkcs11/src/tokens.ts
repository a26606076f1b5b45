import { SealwrightError } from '@sealwright/core'
import { CKF, CKR } from './constants.ts'
import { rvOf } from './failure.ts'
import type { Pkcs11Module, TokenInfo } from './module.ts'
import { formatReference, type KeySelector, type TokenAttribute } from './reference.ts'
import { readUlong } from './ulong.ts'

/** An initialised token in its slot. */
export interface Token {
  readonly slot: Buffer
  readonly label: string
  readonly serial: string
  readonly manufacturer: string
  readonly model: string
  readonly flags: number
  readonly maxSessions: number
  /** The slot says that it is a device. */
  readonly hardware: boolean
  /** Tells tokens apart within the process, as long as it stays in its slot. */
  readonly key: string
}

type TokenSelector = KeySelector['token']

/** @throws {@link SealwrightError} `NOT_FOUND` when no token fits, `VALIDATION` when several do; both name what is there. */
export function selectToken(api: Pkcs11Module, selector: TokenSelector): Token {
  const [token, ...more] = tokensThatFit(api, selector)
  if (more.length === 0) return token
  throw new SealwrightError('VALIDATION', 'the reference fits more than one PKCS#11 token', {
    why: [token, ...more].map(nameOf).join(', '),
    fix: 'add token=… or serial=… to the reference',
  })
}

/**
 * The initialised tokens that fit, in the order of their slots.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` when there is none, naming those that are there.
 */
export function tokensThatFit(api: Pkcs11Module, selector: TokenSelector): [Token, ...Token[]] {
  const [token, ...more] = tokensOf(api, selector)
  if (token !== undefined) return [token, ...more]
  const others = tokensOf(api, {})
  throw new SealwrightError('NOT_FOUND', 'no such PKCS#11 token', {
    why: `looked for ${formatReference({ token: selector })}; ${
      others.length === 0 ? 'there is no token at all' : `there is ${others.map(nameOf).join(', ')}`
    }`,
    fix: 'insert the token, or correct the reference or the module',
  })
}

function tokensOf(api: Pkcs11Module, selector: TokenSelector): Token[] {
  if (!fitsLibrary(api, selector)) return []
  return api.C_GetSlotList(true).flatMap(slot => {
    const info = tokenInfo(api, slot)
    if (info === undefined || !(info.flags & CKF.tokenInitialized)) return []
    const { flags, slotDescription, manufacturerID } = api.C_GetSlotInfo(slot)
    const slotId = String(readUlong(slot))
    const facts: Partial<Record<TokenAttribute, string>> = {
      token: trim(info.label),
      serial: trim(info.serialNumber),
      manufacturer: trim(info.manufacturerID),
      model: trim(info.model),
      'slot-description': trim(slotDescription),
      'slot-manufacturer': trim(manufacturerID),
      'slot-id': slotId,
    }
    if (!fits(facts, selector)) return []
    return [
      {
        slot,
        label: facts.token!,
        serial: facts.serial!,
        manufacturer: facts.manufacturer!,
        model: facts.model!,
        flags: info.flags,
        maxSessions: info.maxSessionCount,
        hardware: (flags & CKF.hwSlot) !== 0,
        key: JSON.stringify([slotId, facts.token, facts.serial, facts.manufacturer, facts.model]),
      },
    ]
  })
}

/** For messages: `"ACME" (serial 42)`. */
export function nameOf({ label, serial }: Token): string {
  return `${JSON.stringify(label)} (serial ${serial === '' ? 'unknown' : serial})`
}

/** The flags of a token as they are now; after a refused PIN they differ. */
export function flagsOf(api: Pkcs11Module, { slot, flags }: Token): number {
  return tokenInfo(api, slot)?.flags ?? flags
}

function tokenInfo(api: Pkcs11Module, slot: Buffer): TokenInfo | undefined {
  try {
    return api.C_GetTokenInfo(slot)
  } catch (error) {
    const rv = rvOf(error)
    // Removed since the list was made, or a card of another make: not the token that is looked for.
    const gone: readonly unknown[] = [CKR.tokenNotPresent, CKR.tokenNotRecognized, CKR.deviceRemoved]
    if (gone.includes(rv) || rv === CKR.slotIdInvalid) return undefined
    throw error
  }
}

function fitsLibrary(api: Pkcs11Module, selector: TokenSelector): boolean {
  const wanted = Object.keys(selector).filter(name => name.startsWith('library-'))
  if (wanted.length === 0) return true
  const { libraryDescription, manufacturerID, libraryVersion } = api.C_GetInfo()
  const { major, minor } = libraryVersion
  const version = selector['library-version']
  return fits(
    {
      'library-description': trim(libraryDescription),
      'library-manufacturer': trim(manufacturerID),
      'library-version': version?.includes('.') ? `${major}.${minor}` : String(major),
    },
    selector,
  )
}

/** What is not among `facts` is for somebody else to compare. */
function fits(facts: TokenSelector, selector: TokenSelector): boolean {
  return (Object.keys(facts) as TokenAttribute[]).every(
    name => selector[name] === undefined || selector[name] === facts[name],
  )
}

/** Padded with blanks, by some modules with NUL. */
function trim(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what some modules pad with.
  return text.replace(/[ \u0000]+$/, '')
}
