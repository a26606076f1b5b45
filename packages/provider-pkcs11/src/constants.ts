/** Numbers of PKCS#11 3.2 that are used here; pkcs11js names those of 2.40 only, and is not loaded for a number. */

export const CKF = {
  serialSession: 0x4,
  rwSession: 0x2,
  osLockingOk: 0x2,
  /** Of a slot. */
  hwSlot: 0x4,
  /** Of a token. */
  loginRequired: 0x4,
  userPinInitialized: 0x8,
  protectedAuthenticationPath: 0x100,
  tokenInitialized: 0x400,
  userPinCountLow: 0x1_0000,
  userPinFinalTry: 0x2_0000,
  userPinLocked: 0x4_0000,
  userPinToBeChanged: 0x8_0000,
  /** Of a mechanism. */
  sign: 0x800,
  generateKeyPair: 0x1_0000,
} as const

export const CKU = { user: 1, contextSpecific: 2 } as const

/** Session states in which the user is logged in. */
export const CKS_USER: readonly number[] = [1, 3]

export const CKO = { certificate: 1, publicKey: 2, privateKey: 3 } as const

export const CKK = { rsa: 0x0, ec: 0x3, ecEdwards: 0x40, mlDsa: 0x4a } as const

export const CKA = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  certificateType: 0x80,
  issuer: 0x81,
  serialNumber: 0x82,
  keyType: 0x100,
  subject: 0x101,
  id: 0x102,
  sensitive: 0x103,
  decrypt: 0x105,
  unwrap: 0x107,
  sign: 0x108,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  publicKeyInfo: 0x129,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
  parameterSet: 0x61d,
  allowedMechanisms: 0x4000_0600,
} as const

export const CKM = {
  rsaKeyPairGen: 0x0,
  rsaPkcs: 0x1,
  rsaPss: 0xd,
  mlDsaKeyPairGen: 0x1c,
  mlDsa: 0x1d,
  sha256RsaPkcs: 0x40,
  sha384RsaPkcs: 0x41,
  sha512RsaPkcs: 0x42,
  sha256RsaPss: 0x43,
  sha384RsaPss: 0x44,
  sha512RsaPss: 0x45,
  sha256: 0x250,
  sha384: 0x260,
  sha512: 0x270,
  ecKeyPairGen: 0x1040,
  ecdsa: 0x1041,
  ecdsaSha256: 0x1044,
  ecdsaSha384: 0x1045,
  ecdsaSha512: 0x1046,
  edwardsKeyPairGen: 0x1055,
  eddsa: 0x1057,
} as const

export const CKG_MGF1 = { sha256: 0x2, sha384: 0x3, sha512: 0x4 } as const

export const CKR = {
  slotIdInvalid: 0x3,
  cantLock: 0xa,
  attributeSensitive: 0x11,
  attributeTypeInvalid: 0x12,
  deviceRemoved: 0x32,
  keyHandleInvalid: 0x60,
  mechanismInvalid: 0x70,
  objectHandleInvalid: 0x82,
  operationActive: 0x90,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLenRange: 0xa2,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionCount: 0xb1,
  sessionHandleInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  userAlreadyLoggedIn: 0x100,
  userNotLoggedIn: 0x101,
  cryptokiNotInitialized: 0x190,
  cryptokiAlreadyInitialized: 0x191,
} as const
