/**
 * What is used of a PKCS#11 module: the shape of pkcs11js's `PKCS11`, so that a ready one can be passed in. Handles are
 * buffers with a native CK_ULONG; failures are thrown with the CK_RV as the number `code`.
 */
export interface Pkcs11Module {
  C_Initialize(options?: {
    readonly flags?: number | undefined
    readonly libraryParameters?: string | undefined
  }): void
  C_GetInfo(): ModuleInfo
  C_GetSlotList(tokenPresent?: boolean): Buffer[]
  C_GetSlotInfo(slot: Buffer): SlotInfo
  C_GetTokenInfo(slot: Buffer): TokenInfo
  C_GetMechanismInfo(slot: Buffer, mechanism: number): { readonly flags: number }
  C_OpenSession(slot: Buffer, flags: number): Buffer
  C_CloseSession(session: Buffer): void
  C_GetSessionInfo(session: Buffer): { readonly state: number }
  C_Login(session: Buffer, userType: number, pin: string): void
  C_FindObjectsInit(session: Buffer, template: Attribute[]): void
  C_FindObjects(session: Buffer, maxObjectCount: number): Buffer[]
  C_FindObjectsFinal(session: Buffer): void
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: Attribute[],
  ): { readonly type: number; readonly value?: Buffer | undefined }[]
  C_CreateObject(session: Buffer, template: Attribute[]): Buffer
  C_DestroyObject(session: Buffer, object: Buffer): void
  C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void
  C_SignAsync(session: Buffer, data: Buffer, output: Buffer): Promise<Buffer>
  C_GenerateKeyPairAsync(
    session: Buffer,
    mechanism: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): Promise<{ readonly publicKey: Buffer; readonly privateKey: Buffer }>
}

export interface ModuleInfo {
  readonly cryptokiVersion: { readonly major: number; readonly minor: number }
  readonly manufacturerID: string
  readonly libraryDescription: string
  readonly libraryVersion: { readonly major: number; readonly minor: number }
}

export interface SlotInfo {
  readonly slotDescription: string
  readonly manufacturerID: string
  readonly flags: number
}

export interface TokenInfo {
  readonly label: string
  readonly manufacturerID: string
  readonly model: string
  readonly serialNumber: string
  readonly flags: number
  readonly maxSessionCount: number
}

export interface Attribute {
  type: number
  value?: number | boolean | string | Buffer
}

export interface Mechanism {
  mechanism: number
  parameter?: { type: number; hashAlg: number; mgf: number; saltLen: number }
}
