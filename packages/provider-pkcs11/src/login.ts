import { createHmac, randomBytes } from 'node:crypto'
import { type Call, SealwrightError } from '@sealwright/core'
import { KeyedMutex, untilAborted } from '@sealwright/core/adapter'
import { CKF, CKR, CKS_USER, CKU } from './constants.ts'
import { rvOf } from './failure.ts'
import type { Pkcs11Module } from './module.ts'
import { type AskPin, askPin, lockedPin, refusedPin } from './pin.ts'
import { flagsOf, nameOf, type Token } from './tokens.ts'

interface LoginRequest {
  readonly api: Pkcs11Module
  readonly token: Token
  readonly session: Buffer
  readonly pin: AskPin | undefined
}

/**
 * The log-in to one token. It holds for all sessions of the process, so there is one however many ask, and a PIN that was
 * refused is not offered again: neither by the next caller nor by another provider.
 */
export interface TokenLogin {
  /**
   * Logs the user in, unless that is so already. Who comes later must know the same PIN: it is compared with the accepted
   * one, without the token.
   *
   * @throws {@link SealwrightError} `PIN_INCORRECT`, `PIN_LOCKED`, `UNAUTHENTICATED`, and `VALIDATION` without a PIN.
   */
  user(request: LoginRequest, call: Call): Promise<void>
  /** The PIN for one signature, after `C_SignInit`. No time may pass between: the caller asked for the PIN before. */
  forSignature(request: Omit<LoginRequest, 'pin'>, pin: string): void
}

export function tokenLogin(): TokenLogin {
  // PINs are kept as hashes under a key that only this process knows, of no use to whoever finds them.
  const secret = randomBytes(32)
  const nameOfPin = (pin: string) => createHmac('sha256', secret).update(pin).digest('hex')
  const refused = new Set<string>()
  const turns = new KeyedMutex()
  let accepted: string | undefined

  function offer({ api, token, session }: Omit<LoginRequest, 'pin'>, userType: number, pin: string): void {
    const name = nameOfPin(pin)
    const atToken = pin === ''
    if (!atToken && refused.has(name)) throw refusedBefore(token)
    try {
      api.C_Login(session, userType, pin)
    } catch (error) {
      const rv = rvOf(error)
      if (rv === CKR.pinLocked) throw lockedPin(token, error)
      if (rv !== CKR.pinIncorrect && rv !== CKR.pinInvalid && rv !== CKR.pinLenRange) throw error
      refused.add(name)
      throw refusedPin(token, flagsOf(api, token), error)
    }
    refused.clear()
    if (userType === CKU.user) accepted = atToken ? undefined : name
  }

  async function logIn(request: LoginRequest, call: Call): Promise<void> {
    const { api, token, session, pin } = request
    const flags = flagsOf(api, token)
    if (isUser(api, session)) {
      // Logged in by the application itself, or at the token's own reader: nothing to compare with.
      if (accepted === undefined) return
      const answer = await untilAborted(askPin(pin, { token, flags }, call), call.signal)
      if (nameOfPin(answer) !== accepted) throw otherPin(token)
      return
    }
    const answer = await untilAborted(askPin(pin, { token, flags }, call), call.signal)
    try {
      offer(request, CKU.user, answer)
    } catch (error) {
      if (rvOf(error) !== CKR.userAlreadyLoggedIn) throw error
      accepted = undefined
    }
  }

  return {
    user: async (request, call) => {
      if (!(request.token.flags & CKF.loginRequired)) return
      await turns.run('', () => logIn(request, call), call.signal)
    },
    forSignature: (request, pin) => offer(request, CKU.contextSpecific, pin),
  }
}

function isUser(api: Pkcs11Module, session: Buffer): boolean {
  return CKS_USER.includes(api.C_GetSessionInfo(session).state)
}

function refusedBefore(token: Token): SealwrightError {
  return new SealwrightError('PIN_INCORRECT', `the PIN of token ${nameOf(token)} is wrong`, {
    why: 'it was refused before and was not tried again',
    fix: 'give the right one; the token locks after a few wrong ones',
  })
}

function otherPin(token: Token): SealwrightError {
  return new SealwrightError(
    'PIN_INCORRECT',
    `the PIN of token ${nameOf(token)} is another than it was opened with`,
    {
      why: 'this process is logged in with the other; the token was not asked',
      fix: 'give the same PIN, or close what is open',
    },
  )
}
