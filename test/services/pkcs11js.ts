import { createRequire } from 'node:module'
import type { Tool } from './tool.ts'

const load = createRequire(new URL('../../packages/provider-pkcs11/package.json', import.meta.url))

/** The addon that calls PKCS#11 modules. It is optional: compiled when it is installed, where that can be. */
export async function pkcs11jsAddon(): Promise<Tool> {
  try {
    const path = load.resolve('pkcs11js')
    load(path)
    return { path }
  } catch {
    return { missing: 'pkcs11js is not built: it needs a C++ compiler, Python and the headers of Node' }
  }
}
