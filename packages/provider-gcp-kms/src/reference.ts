import { SealwrightError } from '@sealwright/core'

/** One key, or one version of it, by the names that Cloud KMS gives them. */
export interface KeyReference {
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K` */
  readonly key: string
  /** The number of a version; the highest that is enabled without one. */
  readonly version?: string | undefined
}

/** What is listed: key rings of a location, keys of a ring, versions of a key, by the beginning of their names. */
export interface ListReference {
  /** The resource whose children are asked for. */
  readonly parent: string
  readonly children: 'keyRings' | 'cryptoKeys' | 'cryptoKeyVersions'
  /** The beginning of the children's names; perhaps empty. */
  readonly prefix: string
}

const SCHEME = 'gcpkms://'

/** Our scheme, Tink's and smallstep's, with and without slashes; a resource name needs none. */
const BEGINNING =
  /^(?:(?:gcpkms|cloudkms|gcp-kms):(?:\/\/)?|\/\/cloudkms\.googleapis\.com\/)?(?=projects\/|$)/

/** A project is an id, a number, or of a domain: `example.com:app`. */
const LOCATION = 'projects/[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,98}[A-Za-z0-9])?/locations/[A-Za-z0-9-]{1,63}'
const NAME = '[A-Za-z0-9_-]{1,63}'
const KEY = `${LOCATION}/keyRings/${NAME}/cryptoKeys/${NAME}`

const REFERENCE = new RegExp(`^(${KEY})(?:/(?:cryptoKeyVersions|versions)/([1-9][0-9]{0,18}))?$`)
const PREFIX = new RegExp(
  `^(?:(${LOCATION})(?:/(?:keyRings(?:/(${NAME})?)?)?)?|(${LOCATION}/keyRings/${NAME})/(?:cryptoKeys(?:/(${NAME})?)?)?|(${KEY})/(?:cryptoKeyVersions/)?)$`,
)
const VERSION_NAME = new RegExp(`^${KEY}/cryptoKeyVersions/[1-9][0-9]{0,18}$`)

/**
 * Reads a reference: `gcpkms://projects/…/cryptoKeys/K`, perhaps with `/cryptoKeyVersions/N` or `/versions/N`; the dialects
 * `gcpkms:projects/…` (securesystemslib), `cloudkms:projects/…` and `cloudkms:resource=projects/…` (smallstep),
 * `gcp-kms://projects/…` (Tink); the bare resource name, relative or full.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else, a secret among it.
 */
export function parseReference(reference: string): KeyReference {
  const match = REFERENCE.exec(resourceOf(reference))
  if (match === null) {
    throw refused(
      'it is not the name of a key or key version',
      'write gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY[/cryptoKeyVersions/N]',
    )
  }
  const [, key = '', version] = match
  return version === undefined ? { key } : { key, version }
}

/** The one spelling: `gcpkms://` and the resource name. */
export function canonical(reference: string): string {
  const { key, version } = parseReference(reference)
  return referenceTo(version === undefined ? key : versionName(key, version))
}

/** @param name - Resource name of a key or a version. */
export function referenceTo(name: string): string {
  return SCHEME + name
}

export function versionName(key: string, version: string): string {
  return `${key}/cryptoKeyVersions/${version}`
}

/**
 * Whether an answer about `answered` can be about `asked`, both resource names. Where a project was asked for by its
 * number, Cloud KMS may answer with its id, which the number does not tell.
 */
export function isSameResource(asked: string, answered: unknown): answered is string {
  if (asked === answered) return true
  if (typeof answered !== 'string' || !/^projects\/[0-9]+\//.test(asked)) return false
  const rest = (name: string) => name.slice(name.indexOf('/', 'projects/'.length))
  return answered.startsWith('projects/') && rest(asked) === rest(answered)
}

export function isVersionName(name: unknown): name is string {
  return typeof name === 'string' && VERSION_NAME.test(name)
}

/**
 * Reads what `list` is asked for. `gcpkms://projects/P/locations/L/` asks for the keys of all key rings there,
 * `…/keyRings/R` for those of rings whose names begin so, `…/keyRings/R/` for the keys of one ring, `…/cryptoKeys/K` for
 * those that begin so, `…/cryptoKeys/K/` for the versions of one key.
 *
 * @throws {@link SealwrightError} `VALIDATION` without project and location: Cloud KMS lists no wider.
 */
export function parsePrefix(reference: string | undefined): ListReference {
  const match = PREFIX.exec(reference === undefined ? '' : resourceOf(reference))
  if (match === null) {
    throw new SealwrightError('VALIDATION', 'Cloud KMS lists the keys of one location at a time', {
      why: 'the prefix does not begin with a project and a location',
      fix: 'write gcpkms://projects/PROJECT/locations/LOCATION/, perhaps with keyRings/RING/ behind it',
    })
  }
  const [, location, ring, inRing, key, inKey] = match
  if (location !== undefined) return { parent: location, children: 'keyRings', prefix: ring ?? '' }
  if (inRing !== undefined) return { parent: inRing, children: 'cryptoKeys', prefix: key ?? '' }
  return { parent: inKey!, children: 'cryptoKeyVersions', prefix: '' }
}

function resourceOf(reference: string): string {
  if (!/^[\x21-\x7e]*$/.test(reference))
    throw refused('it holds blanks or characters beyond ASCII', 'check it')
  const [before = '', ...query] = reference.replace(/^cloudkms:resource=/, 'cloudkms:').split(/[?;&]/)
  for (const parameter of query) assertParameter(parameter)
  if (query.length > 0) throw refused('it has parameters', 'leave out the part after the key')
  const beginning = BEGINNING.exec(before)
  if (beginning === null) {
    throw refused('it does not begin with gcpkms://projects/', 'write gcpkms://projects/…')
  }
  return before.slice(beginning[0].length)
}

function assertParameter(parameter: string): void {
  const name = parameter.split('=', 1)[0]!.toLowerCase()
  if (/file|account|project/.test(name)) {
    throw refused(
      'it chooses credentials',
      'set GOOGLE_APPLICATION_CREDENTIALS, or give an authClient to the provider',
    )
  }
  if (/secret|token|pass|pin|key|cred/.test(name)) {
    throw refused(
      'it carries a secret',
      'give credentials as Google finds them: workload identity, an attached service account, a log-in of gcloud',
    )
  }
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(why: string, fix: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of Cloud KMS', { why, fix })
}
