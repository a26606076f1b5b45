import { randomBytes } from 'node:crypto'
import {
  algorithms,
  type Call,
  isAlgorithmId,
  type KeySpec,
  type KeyType,
  SealwrightError,
} from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import type { Connection } from './connections.ts'
import { CKA, CKF, CKK, CKM, CKO } from './constants.ts'
import { isLost } from './failure.ts'
import { nameOfKey } from './find-key.ts'
import { canDo } from './mechanisms.ts'
import type { Attribute } from './module.ts'
import { flag, tokenObjects } from './objects.ts'
import { formatReference, type KeySelector } from './reference.ts'
import { nameOf, type Token } from './tokens.ts'
import { withWritableSession } from './writable-session.ts'

interface Generation {
  readonly mechanism: number
  readonly keyType: number
  /** What the public key's template must say. */
  readonly parameters: readonly Attribute[]
  /** What a key of this kind could do beside signing, and is told not to. */
  readonly others: readonly number[]
}

function rsa(bits: number): Generation {
  return {
    mechanism: CKM.rsaKeyPairGen,
    keyType: CKK.rsa,
    parameters: [
      { type: CKA.modulusBits, value: bits },
      { type: CKA.publicExponent, value: Buffer.from([1, 0, 1]) },
    ],
    others: [CKA.decrypt, CKA.unwrap],
  }
}

function ec(oid: string, keyType: number = CKK.ec, mechanism: number = CKM.ecKeyPairGen): Generation {
  const parameters = [{ type: CKA.ecParams, value: Buffer.from(der.oid(oid)) }]
  return { mechanism, keyType, parameters, others: keyType === CKK.ec ? [CKA.derive] : [] }
}

function mlDsa(set: number): Generation {
  const parameters = [{ type: CKA.parameterSet, value: set }]
  return { mechanism: CKM.mlDsaKeyPairGen, keyType: CKK.mlDsa, parameters, others: [] }
}

const GENERATIONS: Readonly<Record<KeyType, () => Generation>> = {
  'RSA-2048': () => rsa(2048),
  'RSA-3072': () => rsa(3072),
  'RSA-4096': () => rsa(4096),
  'EC-P256': () => ec('1.2.840.10045.3.1.7'),
  'EC-P384': () => ec('1.3.132.0.34'),
  'EC-P521': () => ec('1.3.132.0.35'),
  'EC-secp256k1': () => ec('1.3.132.0.10'),
  Ed25519: () => ec('1.3.101.112', CKK.ecEdwards, CKM.edwardsKeyPairGen),
  'ML-DSA-44': () => mlDsa(1),
  'ML-DSA-65': () => mlDsa(2),
  'ML-DSA-87': () => mlDsa(3),
}

/**
 * Makes a key pair that never leaves the token, and reads back that this is so.
 *
 * @returns The canonical reference, with the token and the CKA_ID.
 */
export async function createKey(
  connection: Connection,
  spec: KeySpec,
  selector: KeySelector,
  call: Call,
): Promise<string> {
  const { api, session, token } = connection
  const generation = assertSpec(connection, spec)
  const { label } = selector
  const id = selector.id ?? randomBytes(16)
  // A label that is taken would make both keys ambiguous.
  for (const taken of [{ id }, ...(label === undefined ? [] : [{ label }])]) {
    if (tokenObjects(api, session, CKO.privateKey, taken).length === 0) continue
    throw new SealwrightError('VALIDATION', `there is such a key already on token ${nameOf(token)}`, {
      why: nameOfKey({ id: Buffer.alloc(0), label: '', ...taken }),
      fix: 'use that one, or choose another id and label',
    })
  }
  call.signal.throwIfAborted()
  const named = [
    { type: CKA.id, value: id },
    ...(label === undefined ? [] : [{ type: CKA.label, value: label }]),
  ]
  await withWritableSession(connection, async writable => {
    const { mechanism } = generation
    const [publicTemplate, privateTemplate] = templatesOf(generation, named)
    const name = formatReference({ token: {}, id })
    try {
      const { privateKey } = await api.C_GenerateKeyPairAsync(
        writable,
        { mechanism },
        publicTemplate,
        privateTemplate,
      )
      assertStays(connection, privateKey, name)
    } catch (error) {
      throw isLost(error) ? lostMaking(token, name, error) : error
    }
  })
  return formatReference({ token: tokenAttributes(token), id, label })
}

/** Ends the errand: what is lost is tried again, and here the pair may have been made. */
function lostMaking(token: Token, name: string, cause: unknown): SealwrightError {
  return new SealwrightError('UNAVAILABLE', `token ${nameOf(token)} was lost while it made a key`, {
    why: `the key ${name} may have been made`,
    fix: 'insert the token again, and list its keys before another one is made',
    cause,
  })
}

/** The attributes of a reference that name a token. */
export function tokenAttributes({ label, serial, manufacturer, model }: Token): KeySelector['token'] {
  const named = { token: label, serial }
  const given = Object.entries(named).filter(([, value]) => value !== '')
  return given.length > 0 ? Object.fromEntries(given) : { manufacturer, model }
}

function templatesOf(
  { keyType, parameters, others }: Generation,
  named: readonly Attribute[],
): [Attribute[], Attribute[]] {
  const both = [{ type: CKA.token, value: true }, { type: CKA.keyType, value: keyType }, ...named]
  return [
    [
      { type: CKA.class, value: CKO.publicKey },
      ...both,
      { type: CKA.private, value: false },
      { type: CKA.verify, value: true },
      ...parameters,
    ],
    [
      { type: CKA.class, value: CKO.privateKey },
      ...both,
      { type: CKA.private, value: true },
      { type: CKA.sensitive, value: true },
      { type: CKA.extractable, value: false },
      { type: CKA.sign, value: true },
      ...others.map(type => ({ type, value: false })),
    ],
  ]
}

function assertStays({ api, session }: Connection, object: Buffer, name: string): void {
  const is = (type: number) => flag(api, session, object, type)
  if (is(CKA.sensitive) && is(CKA.extractable) === false && is(CKA.token) && is(CKA.sign)) return
  throw new SealwrightError(
    'INTEGRITY',
    `the token made the key ${name} with other attributes than requested`,
    {
      why: 'it is not sensitive, can be extracted, or may not sign',
      fix: 'delete the key by the software of the token, and do not use it',
    },
  )
}

function assertSpec({ api, token }: Connection, { type, algorithm, protection }: KeySpec): Generation {
  const generation = Object.hasOwn(GENERATIONS, type) ? GENERATIONS[type]() : undefined
  if (generation === undefined) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(type)} is not a key type`, {
      fix: `give one of: ${Object.keys(GENERATIONS).join(', ')}`,
    })
  }
  if (
    algorithm !== undefined &&
    !(isAlgorithmId(algorithm) && algorithms[algorithm].keyTypes.includes(type))
  ) {
    throw new SealwrightError('VALIDATION', `${algorithm} does not sign with a key of type ${type}`)
  }
  if (protection !== undefined && (protection === 'hsm') !== token.hardware) {
    const is = token.hardware ? 'a device' : 'no device, as far as its slot says'
    throw new SealwrightError('UNSUPPORTED', `token ${nameOf(token)} is ${is}`, {
      fix: 'choose another token, or leave the protection out',
    })
  }
  if (canDo(api, token.slot, generation.mechanism, CKF.generateKeyPair)) return generation
  throw new SealwrightError('UNSUPPORTED', `token ${nameOf(token)} makes no keys of type ${type}`, {
    why: `it does not list the mechanism 0x${generation.mechanism.toString(16)}`,
  })
}
