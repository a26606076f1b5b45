import { SealwrightError } from '@sealwright/core'

const SCHEME = 'awskms:'

/** One key or alias, as a reference names it. */
export interface KeyReference {
  /** As KMS takes it: a key id, `alias/NAME`, or the ARN of either. */
  readonly keyId: string
  readonly kind: 'id' | 'alias' | 'key-arn' | 'alias-arn'
  /** Of an ARN always; elsewhere only where the reference says it. */
  readonly region?: string | undefined
}

/** A store rather than a key of it, perhaps with the beginning of a name: what is listed, where a key is made. */
export interface StoreReference {
  /** The beginning of a key id, of `alias/NAME` or of an ARN; perhaps empty. */
  readonly prefix: string
  readonly region?: string | undefined
}

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,5}$/
/** A UUID, or the id of a multi-Region key. */
const ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/
const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,250}$/
const ARN = /^arn:aws[-a-z]*:kms:([^:]*):[0-9]{12}:(?:key\/([^:]*)|(alias\/[^:]*))$/

/**
 * Reads a reference: `awskms:///ID`, `awskms:///alias/NAME`, `awskms:///ARN`, the first two perhaps with `?region=REGION`;
 * the dialects `awskms:key-id=…;region=…` (smallstep) and `awskms:ID` (securesystemslib); a bare ARN.
 *
 * @throws {@link SealwrightError} `VALIDATION` for anything else, an endpoint and a secret among it.
 */
export function parseReference(reference: string): KeyReference {
  const { resource, region } = split(reference)
  const arn = ARN.exec(resource)
  if (arn !== null) return arnReference(resource, arn, region)
  if (resource.startsWith('arn:')) {
    throw refused(
      'it is not the ARN of a KMS key or alias',
      'write arn:aws:kms:REGION:ACCOUNT:key/ID or …:alias/NAME',
    )
  }
  if (ALIAS.test(resource)) return { keyId: resource, kind: 'alias', region }
  if (ID.test(resource)) return { keyId: resource, kind: 'id', region }
  throw refused(
    'it names neither a key id (a UUID or mrk-…, in lower case) nor an alias (alias/…) nor an ARN',
    'write awskms:///alias/NAME, awskms:///ID or awskms:///ARN',
  )
}

/** The one spelling: `awskms:///` and what KMS takes, with the region where no ARN says it. */
export function canonical(reference: string): string {
  const { keyId, kind, region } = parseReference(reference)
  return referenceTo(keyId, kind === 'id' || kind === 'alias' ? region : undefined)
}

export function referenceTo(keyId: string, region?: string): string {
  return `${SCHEME}///${keyId}${region === undefined ? '' : `?region=${region}`}`
}

/** The ARN of a key, or `undefined` for what is none: an alias is none. */
export function keyArn(text: unknown): { readonly region: string; readonly id: string } | undefined {
  const match = typeof text === 'string' ? ARN.exec(text) : null
  const [, region, id] = match ?? []
  if (region === undefined || id === undefined || !REGION.test(region) || !ID.test(id)) return undefined
  return { region, id }
}

/** Reads what `list` is asked for: a store (`awskms:///`, `awskms:///?region=R`) and perhaps the beginning of a name. */
export function parseStore(reference: string): StoreReference {
  const { resource, region } = split(reference)
  const ofArn = /^arn:aws[-a-z]*:kms:([^:]+):/.exec(resource)?.[1]
  const place = ofArn === undefined ? region : agreed(ofArn, region)
  if (!/^[A-Za-z0-9:/_-]*$/.test(resource)) {
    throw refused('it holds characters that no name has', 'write awskms:/// or awskms:///alias/BEGINNING')
  }
  return { prefix: resource, region: place }
}

function arnReference(arn: string, match: RegExpExecArray, region: string | undefined): KeyReference {
  const [, ofArn = '', id, alias = ''] = match
  if (!(id === undefined ? ALIAS.test(alias) : ID.test(id))) {
    throw refused('the end of its ARN is neither a key id nor an alias', 'copy the ARN from AWS KMS')
  }
  return { keyId: arn, kind: id === undefined ? 'alias-arn' : 'key-arn', region: agreed(ofArn, region) }
}

function agreed(ofArn: string, region: string | undefined): string {
  if (!REGION.test(ofArn)) throw refused('its ARN has no region', 'copy the ARN from AWS KMS')
  if (region === undefined || region === ofArn) return ofArn
  throw refused('it names another region than its ARN', 'leave the region out: the ARN has it')
}

function split(reference: string): { readonly resource: string; readonly region?: string | undefined } {
  if (!/^[\x21-\x7e]*$/.test(reference))
    throw refused('it holds blanks or characters beyond ASCII', 'check it')
  if (reference.startsWith('arn:')) return { resource: reference }
  if (!reference.startsWith(SCHEME))
    throw refused('it begins with neither awskms: nor arn:', 'write awskms:///…')
  const rest = reference.slice(SCHEME.length)
  const question = rest.indexOf('?')
  const before = question < 0 ? rest : rest.slice(0, question)
  const query = question < 0 ? [] : rest.slice(question + 1).split('&')
  if (/^[A-Za-z-]+=/.test(before)) return fromParameters([...before.split(/[;&]/), ...query])
  const { region } = fromParameters(query, 'key-id')
  return {
    resource: before.startsWith('//') ? pathOf(before.slice(2)) : before,
    region,
  }
}

/** Of `HOST/RESOURCE`, the resource; sigstore would send the credentials to HOST. */
function pathOf(text: string): string {
  if (text === '' || text.startsWith('/')) return text.slice(1)
  throw refused(
    'it names an endpoint',
    'write three slashes (awskms:///…); an endpoint is an option of the provider, or AWS_ENDPOINT_URL_KMS',
  )
}

function fromParameters(
  pairs: readonly string[],
  never?: string,
): { readonly resource: string; readonly region?: string | undefined } {
  const found = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    assertParameter(name)
    if (name === never || found.has(name)) throw refused(`it says ${name} twice`, 'say it once')
    found.set(name, decoded(pair.slice(equals + 1)))
  }
  const region = found.get('region')
  if (region !== undefined && !REGION.test(region)) {
    throw refused('its region is none', 'write it as AWS does: eu-central-1')
  }
  return { resource: found.get('key-id') ?? '', region }
}

function assertParameter(name: string): void {
  if (name === 'key-id' || name === 'region') return
  if (/secret|token|pass|pin|access|key|cred/.test(name) && !name.includes('file')) {
    throw refused(
      'it carries a secret',
      'give credentials as the AWS SDK finds them: a role, a profile, the environment',
    )
  }
  if (name === 'profile' || name === 'credentials-file') {
    throw refused(
      'it chooses credentials',
      'set AWS_PROFILE or AWS_SHARED_CREDENTIALS_FILE, or the option profile',
    )
  }
  throw refused('it has a parameter that is not known', 'of parameters, only key-id and region may be given')
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw refused('a parameter is not percent-encoded', 'write % as %25', cause)
  }
}

/** The reference itself stays out of the message: it may carry what it must not. */
function refused(why: string, fix: string, cause?: unknown): SealwrightError {
  return new SealwrightError('VALIDATION', 'the reference names no key of AWS KMS', { why, fix, cause })
}
