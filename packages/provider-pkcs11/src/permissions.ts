import type { Operation } from '@sealwright/core'

/** Cryptoki knows roles, and attributes of objects, but no rights of a user on a key. */
export const PERMISSIONS: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  open: [
    'CKU_USER (the user PIN), read-only session',
    'CKO_PRIVATE_KEY with CKA_SIGN',
    'CKO_PUBLIC_KEY, readable',
  ],
  sign: ['CKU_USER, read-only session', 'CKU_CONTEXT_SPECIFIC where the key has CKA_ALWAYS_AUTHENTICATE'],
  certificates: ['CKU_USER, read-only session', 'CKO_CERTIFICATE, readable'],
  identify: [],
  list: ['CKU_USER, read-only session'],
  create: [
    'CKU_USER, read-write session (CKF_RW_SESSION)',
    'the mechanism of the key pair (CKF_GENERATE_KEY_PAIR)',
  ],
  attachCertificates: ['CKU_USER, read-write session (CKF_RW_SESSION)'],
}
