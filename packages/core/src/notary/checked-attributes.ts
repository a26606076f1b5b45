import { SealwrightError } from '../errors.ts'
import type { ExtendedAttribute, NotaryAttributes } from './attributes.ts'
import { LABELS } from './labels.ts'

/** Attributes fit to be signed, with the defaults filled in. Times are to the second. */
export interface CheckedAttributes {
  readonly signingScheme: 'notary.x509' | 'notary.x509.signingAuthority'
  /** The label that the signing time goes under. */
  readonly timeLabel: string
  readonly signingTime: Date
  readonly expiry?: Date
  readonly extended: readonly ExtendedAttribute[]
  readonly signingAgent?: string
}

/** A clock that says anything else is wrong; and both encodings can say all of these. */
const FIRST = /* @__PURE__ */ Date.UTC(1970, 0, 1)
const LAST = /* @__PURE__ */ Date.UTC(9999, 11, 31, 23, 59, 59)

const SYSTEM: ReadonlySet<string | number> = /* @__PURE__ */ new Set(Object.values(LABELS))

/**
 * Checks what a signer asked to have signed.
 *
 * @param own - Keys of the encoding itself, which no extended attribute may take.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function checkAttributes(
  attributes: NotaryAttributes,
  own: ReadonlySet<string | number>,
): CheckedAttributes {
  const { signingScheme = 'notary.x509', extended = [], signingAgent } = attributes
  if (signingScheme !== 'notary.x509' && signingScheme !== 'notary.x509.signingAuthority') {
    throw invalid('the signing scheme is neither notary.x509 nor notary.x509.signingAuthority')
  }
  const byAuthority = signingScheme === 'notary.x509.signingAuthority'
  const signingTime = toSecond(attributes.signingTime, 'signing time')
  const expiry = attributes.expiry && toSecond(attributes.expiry, 'expiry')
  if (expiry && expiry <= signingTime) throw invalid('the expiry is not after the signing time')
  if (signingAgent !== undefined && !signingAgent.isWellFormed())
    throw invalid('lone surrogate in the signing agent')
  const keys = new Set<string | number>()
  for (const { key } of extended) {
    if (own.has(key) || SYSTEM.has(key) || keys.has(key))
      throw invalid(`the attribute ${JSON.stringify(key)} is reserved or given twice`)
    if (typeof key === 'number' && !Number.isSafeInteger(key)) throw invalid('an attribute key is no integer')
    keys.add(key)
  }
  return {
    signingScheme,
    timeLabel: byAuthority ? LABELS.authenticSigningTime : LABELS.signingTime,
    signingTime,
    ...(expiry ? { expiry } : {}),
    extended,
    ...(signingAgent === undefined ? {} : { signingAgent }),
  }
}

function toSecond(time: Date, what: string): Date {
  const milliseconds = time.getTime()
  if (!(milliseconds >= FIRST && milliseconds <= LAST))
    throw invalid(`the ${what} is not a time from 1970 to 9999`)
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', fault)
}
