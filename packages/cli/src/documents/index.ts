import { groupDocuments, helpDocument, usageDocument, versionDocument } from './about.ts'
import { attestDocument } from './attesting.ts'
import {
  certAddDocument,
  certIssueDocument,
  certListDocument,
  certRemoveDocument,
  certRequestDocument,
  certShowDocument,
} from './certificates.ts'
import { copyDocument } from './copying.ts'
import { doctorDocument } from './doctor.ts'
import { inspectDocument } from './inspecting.ts'
import { verifyDocument } from './judging.ts'
import {
  keyAddDocument,
  keyCreateDocument,
  keyListDocument,
  keyRemoveDocument,
  keyRotateDocument,
  keyShowDocument,
} from './keys.ts'
import { listDocument } from './listing.ts'
import {
  policyCheckDocument,
  policyEditDocument,
  policyImportDocument,
  policyInitDocument,
  policyShowDocument,
} from './policies.ts'
import { deleteDocument, loginDocument, logoutDocument } from './registries.ts'
import { attachDocument, initDocument, signDocument } from './signing.ts'

/** Every document by its name; each is published as `schemas/<name>.json`. */
export const documents = {
  init: initDocument,
  sign: signDocument,
  attest: attestDocument,
  attach: attachDocument,
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
  'cert.show': certShowDocument,
  'cert.add': certAddDocument,
  'cert.list': certListDocument,
  'cert.remove': certRemoveDocument,
  'policy.init': policyInitDocument,
  'policy.edit': policyEditDocument,
  'policy.import': policyImportDocument,
  'policy.show': policyShowDocument,
  'policy.check': policyCheckDocument,
  doctor: doctorDocument,
  login: loginDocument,
  logout: logoutDocument,
  version: versionDocument,
  help: helpDocument,
  usage: usageDocument,
  ...groupDocuments,
} as const
