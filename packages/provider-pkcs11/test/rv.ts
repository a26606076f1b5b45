/** What pkcs11js throws: the name as the message, the CK_RV as the code. */
export class Pkcs11Error extends Error {
  override readonly name: string = 'Pkcs11Error'
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

const CODES = {
  CKR_CANCEL: 0x1,
  CKR_SLOT_ID_INVALID: 0x3,
  CKR_GENERAL_ERROR: 0x5,
  CKR_CANT_LOCK: 0xa,
  CKR_ATTRIBUTE_SENSITIVE: 0x11,
  CKR_ATTRIBUTE_TYPE_INVALID: 0x12,
  CKR_DATA_LEN_RANGE: 0x21,
  CKR_DEVICE_ERROR: 0x30,
  CKR_DEVICE_REMOVED: 0x32,
  CKR_KEY_HANDLE_INVALID: 0x60,
  CKR_KEY_FUNCTION_NOT_PERMITTED: 0x68,
  CKR_MECHANISM_INVALID: 0x70,
  CKR_MECHANISM_PARAM_INVALID: 0x71,
  CKR_OBJECT_HANDLE_INVALID: 0x82,
  CKR_OPERATION_ACTIVE: 0x90,
  CKR_OPERATION_NOT_INITIALIZED: 0x91,
  CKR_PIN_INCORRECT: 0xa0,
  CKR_PIN_LEN_RANGE: 0xa2,
  CKR_PIN_EXPIRED: 0xa3,
  CKR_PIN_LOCKED: 0xa4,
  CKR_SESSION_COUNT: 0xb1,
  CKR_SESSION_HANDLE_INVALID: 0xb3,
  CKR_SESSION_READ_ONLY: 0xb5,
  CKR_TEMPLATE_INCONSISTENT: 0xd1,
  CKR_TOKEN_NOT_PRESENT: 0xe0,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_USER_NOT_LOGGED_IN: 0x101,
  CKR_USER_PIN_NOT_INITIALIZED: 0x102,
  CKR_BUFFER_TOO_SMALL: 0x150,
  CKR_CRYPTOKI_NOT_INITIALIZED: 0x190,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const

/** pkcs11js names the codes of PKCS#11 2.40 only. */
const VENDOR = { CKR_ACTION_PROHIBITED: 0x1b, CKR_CURVE_NOT_SUPPORTED: 0x140 } as const

export type RvName = keyof typeof CODES | keyof typeof VENDOR

export function failure(name: RvName): never {
  throw errorOf(name)
}

export function errorOf(name: RvName): Pkcs11Error {
  if (name in VENDOR) return new Pkcs11Error('CKR_VENDOR_DEFINED', VENDOR[name as keyof typeof VENDOR])
  return new Pkcs11Error(name, CODES[name as keyof typeof CODES])
}
