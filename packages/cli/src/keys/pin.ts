import { isSealwrightError, type KeyHandle, type KeyProvider, SealwrightError } from '@sealwright/core'
import type { AskPin, PinRequest } from '@sealwright/provider-pkcs11'
import { readSecretFile } from '../runtime/read-all.ts'
import { printable } from '../runtime/text.ts'
import type { Session } from '../session/session.ts'

/** Where the PINs of tokens come from: flag, environment, terminal; never a reference, an argument or a default. */
export interface PinSource {
  readonly ask: AskPin
  /** A refused PIN, told with where it came from; any other error as it is. */
  explain(error: unknown): unknown
}

/** Where one PIN came from, and for which token. */
interface Offered {
  readonly token: string
  /** `the PIN from SEALWRIGHT_PIN_FILE` */
  readonly pin: string
  readonly fix: string
}

interface Given extends Omit<Offered, 'token'> {
  read(): Promise<string>
}

/**
 * The source for one run.
 *
 * @param file - `--pin-file`.
 */
export function pinSource(session: Session, file: string | undefined): PinSource {
  /** What was typed in this run for logging in: nobody is asked twice for the same token. */
  const typed = new Map<string, Promise<string>>()
  let offered: Offered | undefined

  async function ask({ purpose, token, triesLeft }: PinRequest): Promise<string> {
    // What a token says of itself is foreign, and is printed in prompts and messages.
    const name = printable(token.label || token.serial)
    const given = givenPin(session, file)
    if (given !== undefined) {
      if (triesLeft === 'last') throw lastTry(name, given)
      offered = { token: name, pin: given.pin, fix: given.fix }
      return given.read()
    }
    offered = { token: name, pin: 'the PIN that was typed', fix: 'run the command again' }
    const id = `${token.label}\0${token.serial}`
    const answer = (purpose === 'login' && typed.get(id)) || askPerson(session, name, triesLeft)
    if (purpose === 'login') typed.set(id, answer)
    return answer
  }

  return {
    ask,
    explain: error =>
      isSealwrightError(error) && error.code === 'PIN_INCORRECT' && offered !== undefined
        ? refused(offered, error)
        : error,
  }
}

/** The PIN that needs no person. */
function givenPin({ io }: Session, file: string | undefined): Given | undefined {
  const { env, cwd } = io
  const named = file ?? (env.SEALWRIGHT_PIN_FILE || undefined)
  if (named !== undefined) {
    return {
      pin: `the PIN from ${file === undefined ? 'SEALWRIGHT_PIN_FILE' : '--pin-file'}`,
      fix: 'correct the file, or run without it to be asked',
      read: () => readSecretFile(named, cwd, 'PIN'),
    }
  }
  const { SEALWRIGHT_PIN: pin } = env
  // Set but empty is a value.
  if (pin === undefined) return undefined
  return {
    pin: 'the PIN from SEALWRIGHT_PIN',
    fix: 'correct the variable, or run without it to be asked',
    read: async () => pin,
  }
}

function askPerson(
  { dialogue }: Session,
  token: string,
  triesLeft: PinRequest['triesLeft'],
): Promise<string> {
  const left = triesLeft === undefined ? '' : ` (${triesLeft === 'last' ? 'the last try' : 'few tries left'})`
  return dialogue.ask({
    prompt: `PIN of token "${token}"${left}: `,
    secret: true,
    missing: `the PIN of token "${token}" is required, and no terminal is available to ask on`,
    fix: 'set --pin-file or SEALWRIGHT_PIN_FILE; in CI prefer a key that needs none (awskms, azurekms, gcpkms, hashivault)',
  })
}

/** A wrong PIN in a file would lock the token with the next run of a job. */
function lastTry(token: string, { pin }: Given): SealwrightError {
  return new SealwrightError('UNAUTHENTICATED', `the PIN of token "${token}" has one try left`, {
    why: `wrong ones were given before, and ${pin} may be one of them; it was not offered, for the token would lock`,
    fix: 'run it once without --pin-file, SEALWRIGHT_PIN_FILE and SEALWRIGHT_PIN, and type the right one',
  })
}

function refused({ token, pin, fix }: Offered, error: SealwrightError): SealwrightError {
  const left = /(?:few tries are|one try is) left/.exec(error.why ?? '')?.[0]
  const why = ['tried once, never repeated automatically', ...(left ? [`the token says that ${left}`] : [])]
  return new SealwrightError('PIN_INCORRECT', `token "${token}" rejected ${pin}`, {
    why: why.join('; '),
    fix,
    cause: error,
  })
}

/** A provider whose refusals of a PIN say where that PIN came from. */
export function withPins(provider: KeyProvider, pins: PinSource): KeyProvider {
  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw pins.explain(error)
    }
  }

  const handleOf = (handle: KeyHandle): KeyHandle => {
    const { key, certificates, [Symbol.asyncDispose]: dispose } = handle
    return {
      key,
      signRaw: (request, call) => explained(handle.signRaw(request, call)),
      ...(certificates === undefined ? {} : { certificates: call => certificates.call(handle, call) }),
      ...(dispose === undefined ? {} : { [Symbol.asyncDispose]: () => dispose.call(handle) }),
    }
  }
  const { admin } = provider
  return {
    ...provider,
    open: async (reference, call) => handleOf(await explained(provider.open(reference, call))),
    ...(admin === undefined
      ? {}
      : {
          admin: {
            ...admin,
            list: async function* (query, call) {
              try {
                yield* admin.list(query, call)
              } catch (error) {
                throw pins.explain(error)
              }
            },
            create: (spec, call) => explained(admin.create(spec, call)),
          },
        }),
  }
}
