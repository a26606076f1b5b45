import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { readRegularFileSync } from '@sealwright/core/files'
import { isKeyName } from '../config/key-name.ts'
import { type Paths, pathsOf } from '../config/paths.ts'
import type { Io } from '../runtime/io.ts'
import { MAX_FILE_BYTES } from '../runtime/read-all.ts'

/** One thing that a word can become. */
export interface Candidate {
  readonly value: string
  readonly about?: string | undefined
}

/** Where a word stands. */
interface Position {
  readonly io: Io
  readonly places: { readonly config?: string | undefined; readonly trust?: string | undefined }
  /** The operands before it. */
  readonly operands: readonly string[]
  /** The word, as far as it is typed. */
  readonly current: string
}

type Found = Position & { readonly paths: Paths }

/** What the shell offers where no candidate matches the word. */
export type Files = 'files' | 'directories' | 'none'

interface Source {
  candidates?(found: Found): readonly Candidate[]
  files?(current: string): Files
}

/**
 * What a word can become whose argument or value the help calls `placeholder`: `target`, `key|csr`. An alternative that
 * is not a source, as those of `bash|zsh`, is a word itself.
 */
export function candidatesFor(
  placeholder: string,
  position: Position,
): { readonly candidates: readonly Candidate[]; readonly files: Files } {
  const paths = pathsOf(position.places, position.io)
  const names = placeholder.split('|')
  const candidates: Candidate[] = []
  let files: Files = 'none'
  for (const name of names) {
    const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined
    if (source === undefined && names.length > 1) candidates.push({ value: name })
    for (const candidate of source?.candidates?.({ ...position, paths }) ?? []) candidates.push(candidate)
    const offered = source?.files?.(position.current) ?? 'none'
    if (offered !== 'none' && files !== 'files') files = offered
  }
  // A word that begins with a hyphen would be taken for an option.
  return { candidates: candidates.filter(({ value }) => /^[^-]/.test(value)), files }
}

const REFERENCES: readonly Candidate[] = [
  { value: 'file:', about: 'key file' },
  { value: 'awskms:///', about: 'AWS KMS: an ARN, an id or alias/NAME' },
  { value: 'azurekms://', about: 'Azure Key Vault: VAULT/KEY' },
  { value: 'gcpkms://', about: 'Google Cloud KMS: projects/…' },
  { value: 'hashivault://', about: 'HashiCorp Vault or OpenBao: [MOUNT/]KEY' },
  { value: 'pkcs11:', about: 'PKCS#11 token: token=…;object=…' },
]

const LAYOUTS: readonly Candidate[] = [
  { value: 'oci:', about: 'image layout directory' },
  { value: 'oci-archive:', about: 'image layout in a tar' },
]

const anyFile = (): Files => 'files'
/** Not for a bare name: that would be the name of a key or a repository, and no file. */
const pathOnly = (current: string): Files => {
  if (current.startsWith('oci:')) return 'directories'
  return /^(?:[./~\\]|[a-zA-Z]:[/\\]|file:|oci-archive:)/.test(current) ? 'files' : 'none'
}

const target: Source = {
  candidates: found => [...LAYOUTS, ...tagsOf(found), ...repositories(found, ':')],
  files: pathOnly,
}
const repository: Source = { candidates: found => repositories(found, '') }

/** By the names that usage and help give to arguments and values. */
const SOURCES: Readonly<Record<string, Source>> = {
  key: { candidates: found => [...keyNames(found, true), ...REFERENCES], files: pathOnly },
  'key-name': { candidates: found => keyNames(found, false) },
  'key-store': { candidates: () => REFERENCES },
  ref: { candidates: () => REFERENCES, files: pathOnly },
  csr: { files: anyFile },
  store: { candidates: trustStores },
  source: {
    candidates: found => [...keyNames(found, true), ...trustStores(found)],
    files: anyFile,
  },
  certificate: { candidates: entriesOfStore, files: anyFile },
  statement: { candidates: found => statements(policies(found)) },
  target,
  from: target,
  to: target,
  repository,
  host: { candidates: hosts },
  envelope: { files: anyFile },
  file: { files: anyFile },
  path: { files: anyFile },
  directory: { files: () => 'directories' },
}

/** The names that are locked, and, where a key is to be opened, those that Notation has. */
function keyNames({ paths }: Found, isOpened: boolean): Candidate[] {
  const { keys } = membersOf(paths.keyLock)
  const locked = Object.entries(isJsonObject(keys) ? keys : {}).map(([value, key]) => ({
    value,
    about: textOf(isJsonObject(key) ? key.resolved : undefined),
  }))
  const notation = isOpened ? listOf(membersOf(join(paths.trust, 'signingkeys.json')).keys) : []
  return [
    ...locked.filter(({ value }) => isKeyName(value)),
    ...notation.map(({ name }) => ({ value: textOf(name), about: 'key of notation' })),
  ]
}

/** The statements of every policy in the trust directory, whichever of them counts. */
function policies({ paths }: Found): Readonly<Record<string, JsonValue>>[] {
  return namesIn(paths.trust)
    .filter(name => /^trustpolicy(?:\.[a-z]+)?\.json$/.test(name))
    .flatMap(name => listOf(membersOf(join(paths.trust, name)).trustPolicies))
}

function statements(policy: readonly Readonly<Record<string, JsonValue>>[]): Candidate[] {
  return policy.map(({ name, registryScopes }) => ({
    value: textOf(name),
    about: Array.isArray(registryScopes) ? registryScopes.map(textOf).join(', ') : 'for files',
  }))
}

/** The repositories that policies name, with `end`, and the hosts that this user has to do with. */
function repositories(found: Found, end: string): Candidate[] {
  const scopes = policies(found).flatMap(({ registryScopes }) =>
    Array.isArray(registryScopes) ? registryScopes.map(textOf) : [],
  )
  return [
    ...scopes.filter(scope => /^[^*/]+\/[^*]+$/.test(scope)).map(scope => ({ value: scope + end })),
    ...hosts(found).map(({ value, about }) => ({ value: `${value}/`, about })),
  ]
}

/** The registries of the configuration, and those that there is a login for. */
function hosts({ io, paths }: Found): Candidate[] {
  const docker = io.env.DOCKER_CONFIG || (io.home === undefined ? undefined : join(io.home, '.docker'))
  const logins = docker === undefined ? {} : membersOf(join(docker, 'config.json'))
  const named = [membersOf(paths.config).registries, logins.auths, logins.credHelpers]
  return named
    .flatMap(hostsIn => (isJsonObject(hostsIn) ? Object.keys(hostsIn) : []))
    .filter(host => /^[a-zA-Z0-9.-]+(?::[0-9]+)?$/.test(host))
    .map(value => ({ value, about: 'registry' }))
}

const STORE_TYPES = ['ca', 'signingAuthority', 'tsa']

function trustStores({ paths }: Found): Candidate[] {
  return STORE_TYPES.flatMap(type =>
    namesIn(join(paths.trust, 'truststore', 'x509', type)).map(name => `${type}:${name}`),
  )
    .filter(store => /^\w+:[a-zA-Z0-9_.-]+$/.test(store))
    .map(value => ({ value, about: 'trust store' }))
}

/** The files of the trust store that the operand before names. */
function entriesOfStore({ paths, operands: [store = ''] }: Found): Candidate[] {
  const [, type = '', name = ''] = /^(\w+):([a-zA-Z0-9_-][a-zA-Z0-9_.-]*)$/.exec(store) ?? []
  if (!STORE_TYPES.includes(type)) return []
  const entries = namesIn(join(paths.trust, 'truststore', 'x509', type, name))
  return entries.map(value => ({ value, about: `in ${store}` }))
}

/** The tags of the layout whose directory the word names, once its colon is typed. */
function tagsOf({ io, current }: Found): Candidate[] {
  const [, directory] = /^oci:([^:]+):[^:/]*$/.exec(current) ?? []
  if (directory === undefined) return []
  const { manifests } = membersOf(resolve(io.cwd, directory, 'index.json'))
  return listOf(manifests)
    .map(({ annotations }) =>
      textOf(isJsonObject(annotations) ? annotations['org.opencontainers.image.ref.name'] : undefined),
    )
    .filter(tag => /^\w[\w.-]{0,127}$/.test(tag))
    .map(tag => ({ value: `oci:${directory}:${tag}` }))
}

/** The members of a JSON file; none if it is missing or cannot be read, because a shell shows no errors. */
function membersOf(path: string): Readonly<Record<string, JsonValue>> {
  try {
    const value = decodeJson(readRegularFileSync(path, MAX_FILE_BYTES), { label: path })
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function listOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
