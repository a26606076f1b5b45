import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeJson, type JsonObject } from '@sealwright/core/encoding'
import {
  isAbsent,
  makeDirectory,
  readRegularFileIfPresent,
  systemFailure,
  writeFileAtomic,
} from '@sealwright/core/files'
import { type StoreCall, withFileLock } from '@sealwright/oci'
import { readObject } from '@sealwright/oci/store'

const MAX_CONFIG_BYTES = 1024 * 1024

/**
 * Docker's `config.json`, or podman's `auth.json`; nothing if there is no such file.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is not JSON.
 */
export async function readDockerConfig(configFile: string): Promise<JsonObject | undefined> {
  const bytes = await readRegularFileIfPresent(configFile, MAX_CONFIG_BYTES)
  if (bytes === undefined) return undefined
  // Docker takes an empty file for one that says nothing.
  if (Buffer.from(bytes).toString('latin1').trim() === '') return {}
  return readObject(decodeJson(bytes, { label: configFile }), configFile)
}

/**
 * Changes it, alone among all who do so by this library, and leaves what it does not know as it is. A link stays one.
 *
 * @param change - Gives nothing if there is nothing to change.
 */
export async function changeDockerConfig(
  configFile: string,
  call: StoreCall,
  change: (config: JsonObject) => Promise<JsonObject | undefined>,
): Promise<void> {
  const path = await prepared(configFile)
  await withFileLock(`${path}.lock`, call, async lock => {
    const changed = await change((await readDockerConfig(path)) ?? {})
    if (changed === undefined) return
    // As docker prints it.
    const text = `${JSON.stringify(changed, undefined, '\t')}\n`
    await writeFileAtomic(path, text, { beforeRename: () => lock.assertHeld() })
  })
}

/** The file that a link leads to, in a directory that is there: its lock is stored next to it. */
async function prepared(configFile: string): Promise<string> {
  try {
    const path = await realpath(configFile).catch(error => {
      if (isAbsent(error)) return configFile
      throw error
    })
    await makeDirectory(dirname(path), 0o700)
    return path
  } catch (error) {
    throw systemFailure(error, 'write', configFile)
  }
}
