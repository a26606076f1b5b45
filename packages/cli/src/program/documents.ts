import { z } from 'zod'
import { attestDocument } from '../commands/attest/document.ts'
import {
  certAddDocument,
  certCrlDocument,
  certIssueDocument,
  certListDocument,
  certRemoveDocument,
  certRequestDocument,
  certRevokeDocument,
  certShowDocument,
} from '../commands/cert/document.ts'
import { copyDocument } from '../commands/copy/document.ts'
import { deleteDocument, loginDocument, logoutDocument } from '../commands/delete/document.ts'
import { doctorDocument } from '../commands/doctor/document.ts'
import {
  keyAddDocument,
  keyCreateDocument,
  keyListDocument,
  keyRemoveDocument,
  keyRotateDocument,
  keyShowDocument,
} from '../commands/key/document.ts'
import { listDocument } from '../commands/list/document.ts'
import { stapleDocument } from '../commands/staple/document.ts'
import { inspectDocument } from '../inspection/document.ts'
import { document } from '../runtime/document.ts'
import { attachDocument, initDocument, signDocument } from '../signatures/document.ts'
import {
  policyCheckDocument,
  policyConvertDocument,
  policyEditDocument,
  policyImportDocument,
  policyInitDocument,
  policyShowDocument,
} from '../trust/document.ts'
import { verifyDocument } from '../verification/document.ts'

const completionDocument = document('completion', {
  shell: z.enum(['bash', 'zsh', 'fish', 'powershell']),
  script: z.string().describe('What the shell is to read, as it is printed without -o json.'),
})

const versionDocument = document('version', {
  version: z.string(),
  node: z.string(),
  openssl: z.string(),
})
const helpDocument = document('help', { text: z.string() })
/** The answer to a call that addresses no command. */
const usageDocument = document('usage', {})
/** The answer to `key`, `cert` and `policy` without a command. */
const groupDocuments = {
  key: document('key', {}),
  cert: document('cert', {}),
  policy: document('policy', {}),
}

/** Every document by its name; each is published as `schemas/<name>.json`. */
export const documents = {
  init: initDocument,
  sign: signDocument,
  attest: attestDocument,
  attach: attachDocument,
  staple: stapleDocument,
  verify: verifyDocument,
  inspect: inspectDocument,
  list: listDocument,
  copy: copyDocument,
  delete: deleteDocument,
  'key.add': keyAddDocument,
  'key.create': keyCreateDocument,
  'key.list': keyListDocument,
  'key.show': keyShowDocument,
  'key.rotate': keyRotateDocument,
  'key.remove': keyRemoveDocument,
  'cert.request': certRequestDocument,
  'cert.issue': certIssueDocument,
  'cert.crl': certCrlDocument,
  'cert.revoke': certRevokeDocument,
  'cert.show': certShowDocument,
  'cert.add': certAddDocument,
  'cert.list': certListDocument,
  'cert.remove': certRemoveDocument,
  'policy.init': policyInitDocument,
  'policy.edit': policyEditDocument,
  'policy.import': policyImportDocument,
  'policy.convert': policyConvertDocument,
  'policy.show': policyShowDocument,
  'policy.check': policyCheckDocument,
  doctor: doctorDocument,
  login: loginDocument,
  logout: logoutDocument,
  completion: completionDocument,
  version: versionDocument,
  help: helpDocument,
  usage: usageDocument,
  ...groupDocuments,
} as const
