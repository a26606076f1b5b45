import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder =
  process.env.SEALWRIGHT_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url))

/** Published test vectors; tests that read them are skipped where they are absent. */
export const haveVectors: boolean = existsSync(join(folder, 'README.md'))
/** The reason of what is skipped. */
export const absent: string = `no vectors at ${folder} (SEALWRIGHT_VECTORS)`

export function vectorPath(...path: readonly string[]): string {
  return join(folder, ...path)
}

export function vectorBytes(...path: readonly string[]): Uint8Array {
  return new Uint8Array(readFileSync(vectorPath(...path)))
}

export function vectorJson<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(vectorPath(...path), 'utf8')) as T
}
