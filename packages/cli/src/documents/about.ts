import { z } from 'zod'
import { document } from './document.ts'

export const versionDocument = document('version', {
  version: z.string(),
  node: z.string(),
  openssl: z.string(),
})
export const helpDocument = document('help', { text: z.string() })
/** The answer to a call that addresses no command. */
export const usageDocument = document('usage', {})
/** The answer to `key`, `cert` and `policy` without a command. */
export const groupDocuments = {
  key: document('key', {}),
  cert: document('cert', {}),
  policy: document('policy', {}),
}
