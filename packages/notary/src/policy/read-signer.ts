import { isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { splitIdentity, X509_SUBJECT } from '../trust/identity.ts'
import { parseStoreReference, type StoreType } from '../trust/policy.ts'
import { ANY, type PolicyFaults, type PolicyPath, quoted } from '../trust/policy-faults.ts'
import { checkIdentities } from '../trust/read-statement.ts'
import { WILDCARD } from '../trust/scope.ts'
import type { CertificateSigner, KeySigner, PolicySigner, SigstoreSigner } from './policy.ts'
import {
  type MemberPlace,
  pathFault,
  readText,
  readTextMembers,
  readTexts,
  readTime,
} from './policy-values.ts'

const KINDS = ['certificates', 'keyFile', 'key', 'sigstore'] as const
const KEY_MEMBERS = ['notAfter']
const SIGNER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}$/
const FINGERPRINT = /^sha256:[0-9a-f]{64}$/
const MAX_SIGNERS = 256
const MAX_STORES = 64
const MAX_IDENTITIES = 256

/** What Fulcio says of a certificate's owner besides identity and issuer (OIDs 1.3.6.1.4.1.57264.1.9 to 1.22). */
const EXTENSIONS = [
  'buildSignerURI',
  'buildSignerDigest',
  'runnerEnvironment',
  'sourceRepositoryURI',
  'sourceRepositoryDigest',
  'sourceRepositoryRef',
  'sourceRepositoryIdentifier',
  'sourceRepositoryOwnerURI',
  'sourceRepositoryOwnerIdentifier',
  'buildConfigURI',
  'buildConfigDigest',
  'buildTrigger',
  'runInvocationURI',
  'sourceRepositoryVisibilityAtSigning',
]

/** The signers of a policy by name; one that has a fault is there without a value. */
export type ReadSigners = ReadonlyMap<string, PolicySigner | undefined>

/** Reads the signers of a policy. */
export function readSigners(value: JsonValue | undefined, faults: PolicyFaults): ReadSigners {
  const path = ['signers']
  if (value === undefined) {
    faults.error([], 'signers is missing')
    return new Map()
  }
  const names = Object.keys(Object(value))
  const members = faults.object(value, path, ANY, 'signers')
  if (members === undefined) return new Map()
  if (names.length > MAX_SIGNERS) {
    faults.error(path, `there are ${names.length} signers, more than ${MAX_SIGNERS}`)
    return new Map()
  }
  return new Map(
    names.map(name => {
      const at = [...path, name]
      if (!SIGNER_NAME.test(name)) {
        const allowed = 'letters, digits, "_", ".", "@" and "-", at most 100'
        faults.error(
          at,
          `signer ${quoted(name)}: a name begins with a letter or a digit and is made of ${allowed}`,
        )
      }
      return [name, readSigner(members[name]!, name, at, faults)]
    }),
  )
}

function readSigner(
  value: JsonValue,
  name: string,
  path: PolicyPath,
  faults: PolicyFaults,
): PolicySigner | undefined {
  const what = `signer ${quoted(name)}`
  const given = KINDS.filter(kind => isJsonObject(value) && Object.hasOwn(value, kind))
  const [kind] = given
  const isKey = kind === 'key' || kind === 'keyFile'
  // With no kind, or two, the members of all of them are known: one fault says enough.
  const known = given.length === 1 ? [kind!, ...(isKey ? KEY_MEMBERS : [])] : [...KINDS, ...KEY_MEMBERS]
  const members = faults.object(value, path, known, what)
  if (members === undefined) return undefined
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none of them' : given.join(' and ')
    faults.error(path, `${what} has one of ${KINDS.join(', ')}; it has ${found}`)
    return undefined
  }
  const place = { members, path, faults }
  if (isKey) return readKey(place)
  const at = [...path, kind!]
  if (kind === 'certificates') {
    const inner = faults.object(members.certificates!, at, ['stores', 'identities'], 'certificates')
    return inner && readCertificates({ members: inner, path: at, faults })
  }
  const known2 = ['identity', 'issuer', 'trustedRoot', 'extensions']
  const inner = faults.object(members.sigstore!, at, known2, 'sigstore')
  return inner && readSigstore({ members: inner, path: at, faults })
}

function readCertificates(place: MemberPlace): CertificateSigner {
  const { path, faults } = place
  const stores = readStores(place, 'stores', { types: ['ca', 'signingAuthority'], most: MAX_STORES })
  const identities = readTexts(place, 'identities', MAX_IDENTITIES)
  const at = [...path, 'identities']
  const written = identities.filter(identity => identity !== '')
  if (written.length === identities.length && identities.length > 0) checkIdentities(identities, at, faults)
  for (const [index, identity] of identities.entries()) {
    const prefix = splitIdentity(identity)?.prefix
    if (prefix !== undefined && prefix !== X509_SUBJECT)
      faults.error(
        [...at, index],
        `identity ${quoted(identity)}: it is "*" or begins with "${X509_SUBJECT}:"`,
      )
  }
  return { kind: 'certificates', stores, identities }
}

/** Reads references to trust stores of some types. */
export function readStores(
  place: MemberPlace,
  name: string,
  { types, most }: { readonly types: readonly StoreType[]; readonly most: number },
): readonly string[] {
  const stores = readTexts(place, name, most)
  for (const [index, store] of stores.entries()) {
    if (store === '') continue
    const parsed = parseStoreReference(store)
    const wrong =
      parsed.fault ?? (types.includes(parsed.type) ? undefined : `the type is ${types.join(' or ')} here`)
    if (wrong !== undefined)
      place.faults.error([...place.path, name, index], `trust store ${quoted(store)}: ${wrong}`)
  }
  return stores
}

function readKey(place: MemberPlace): KeySigner {
  const { members, path, faults } = place
  const notAfter = readTime(members, path, 'notAfter', faults)
  if (members.keyFile !== undefined) return { kind: 'key', file: readPath(place, 'keyFile') ?? '', notAfter }
  const fingerprint = readText(place, 'key') ?? ''
  if (fingerprint !== '' && !FINGERPRINT.test(fingerprint))
    faults.error(
      [...path, 'key'],
      'key is "sha256:" and 64 lower-case hexadecimal digits: the SHA-256 of the SubjectPublicKeyInfo',
    )
  else
    faults.warning(
      [...path, 'key'],
      'a signature in a format that carries no key (DSSE, Sigstore bundle, cosign) cannot be by this signer; keyFile names the key itself',
    )
  return { kind: 'key', fingerprint, notAfter }
}

function readPath(place: MemberPlace, name: string): string | undefined {
  const path = readText(place, name)
  const fault = path === undefined ? undefined : pathFault(path)
  if (fault !== undefined) place.faults.error([...place.path, name], `${name} ${quoted(path!)}: ${fault}`)
  return path
}

function readSigstore(place: MemberPlace): SigstoreSigner {
  const { path, faults } = place
  const identity = readText(place, 'identity') ?? ''
  const issuer = readText(place, 'issuer') ?? ''
  const identityFault = wildcardFault(identity)
  if (identityFault !== undefined) faults.error([...path, 'identity'], `identity: ${identityFault}`)
  if (issuer.includes(WILDCARD)) faults.error([...path, 'issuer'], 'issuer: a wildcard is not allowed here')
  const extensions = readTextMembers(place, 'extensions', EXTENSIONS.length)
  for (const name of Object.keys(extensions ?? {})) {
    if (!EXTENSIONS.includes(name))
      faults.error(
        [...path, 'extensions', name],
        `extension ${quoted(name)} is not known; known are ${EXTENSIONS.join(', ')}`,
      )
  }
  return { kind: 'sigstore', identity, issuer, trustedRoot: readPath(place, 'trustedRoot') ?? '', extensions }
}

/** `*` may stand for the rest behind a boundary, and only there; never for the host. */
function wildcardFault(identity: string): string | undefined {
  const star = identity.indexOf(WILDCARD)
  if (star < 0) return undefined
  if (star < identity.length - 1 || !/[^/][/@]\*$/.test(identity))
    return 'a wildcard stands once, at the end, after "/" or "@" behind a host or a name'
  return undefined
}
