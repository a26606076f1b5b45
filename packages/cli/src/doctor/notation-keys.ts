import { readNotationKeys } from '../config/notation-keys.ts'
import type { Context } from '../frame/context.ts'
import { type Check, failed, ok } from './check.ts'

/** Notation's own list of keys, where there is one. */
export async function checkNotationKeys(context: Context, trust: string): Promise<readonly Check[]> {
  const { path, keys, plugins, faults } = await readNotationKeys(trust)
  if (faults.length > 0) return faults.map(error => failed(context, 'notation keys', error))
  const names = [...keys.map(({ name }) => name), ...plugins.map(name => `${name} (plug-in, not used)`)]
  return names.length === 0 ? [] : [ok('notation keys', `${path}: ${names.join(', ')}`)]
}
