import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { readNotationKeys } from '../../config/notation-keys.ts'
import type { Paths } from '../../config/paths.ts'
import type { Io } from '../../runtime/io.ts'
import type { Session } from '../../session/session.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

const WRITABLE_BY_OTHERS = 0o022
const OPEN_TO_OTHERS = 0o077

/** Whether others can read what is secret, or change what is trusted. */
export async function checkFiles(paths: Paths, io: Io): Promise<readonly Check[]> {
  const secrets = ['SEALWRIGHT_PIN_FILE', 'SEALWRIGHT_PASSPHRASE_FILE'] as const
  const missing: Check[] = []
  for (const name of secrets) {
    const file = io.env[name]
    if (file && (await modeOf(resolve(io.cwd, file))) === undefined)
      missing.push(fault('files', `${name} names ${file}, which is not there`, 'correct the variable'))
  }
  // Elsewhere the mode says nothing about rights.
  if (io.platform === 'win32')
    return missing.length > 0 ? missing : [ok('files', 'rights are not looked at here')]
  const keys = (await namesIn(paths.keys)).filter(name => name.endsWith('.key'))
  const found = [
    ...missing,
    ...(await reject(
      keys.map(name => join(paths.keys, name)),
      OPEN_TO_OTHERS,
      path =>
        fault(
          'files',
          `others can read the key file ${path}`,
          `chmod 600 ${path}, and consider the key disclosed`,
        ),
    )),
    ...(await reject(await trustedFiles(paths), WRITABLE_BY_OTHERS, path =>
      fault('files', `others can change ${path}`, `chmod go-w ${path}`),
    )),
    ...(await reject(
      secrets.flatMap(name => (io.env[name] ? [resolve(io.cwd, io.env[name])] : [])),
      OPEN_TO_OTHERS,
      path => warning('files', `others can read the secret in ${path}`, `chmod 600 ${path}`),
    )),
  ]
  return found.length > 0 ? found : [ok('files', 'no other user can read a key or change the trust store')]
}

/** What decides which key is used and whom is believed, with the folders that these lie in. */
async function trustedFiles({ config, keyLock, keys, trust }: Paths): Promise<readonly string[]> {
  const store = join(trust, 'truststore', 'x509')
  const stores: string[] = []
  for (const type of await namesIn(store)) {
    for (const name of await namesIn(join(store, type))) {
      const folder = join(store, type, name)
      stores.push(folder, ...(await namesIn(folder)).map(file => join(folder, file)))
    }
  }
  const policies = (await namesIn(trust)).filter(name => /^trustpolicy.*\.json$/.test(name))
  return [
    dirname(config),
    config,
    keyLock,
    keys,
    trust,
    ...policies.map(name => join(trust, name)),
    ...stores,
  ]
}

async function reject(
  paths: readonly string[],
  bits: number,
  finding: (path: string) => Check,
): Promise<readonly Check[]> {
  const found: Check[] = []
  for (const path of paths) {
    const mode = await modeOf(path)
    if (mode !== undefined && mode & bits) found.push(finding(path))
  }
  return found
}

async function modeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mode }) => mode,
    () => undefined,
  )
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

/** Notation's own list of keys, where there is one. */
export async function checkNotationKeys(session: Session, trust: string): Promise<readonly Check[]> {
  const { path, keys, plugins, faults } = await readNotationKeys(trust)
  if (faults.length > 0) return faults.map(error => failed(session, 'notation keys', error))
  const names = [...keys.map(({ name }) => name), ...plugins.map(name => `${name} (plug-in, not used)`)]
  return names.length === 0 ? [] : [ok('notation keys', `${path}: ${names.join(', ')}`)]
}
