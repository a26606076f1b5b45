import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyType } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'
import type { Attribute, Mechanism, ModuleInfo, Pkcs11Module, SlotInfo, TokenInfo } from '../src/index.ts'
import { signWith } from './fake-signing.ts'
import { bytesOf, type FakeObject, type FakeToken, mapOf, pairOf, ulong } from './fake-token.ts'
import { errorOf, failure, type RvName } from './rv.ts'

interface Session {
  readonly token: FakeToken
  readonly writable: boolean
  found?: Buffer[]
  signing?: { readonly mechanism: Mechanism; readonly object: FakeObject; allowed: boolean }
}

/** What happens to calls of one function while it is injected. */
export interface FakeFault {
  readonly rv?: RvName
  /** Calls it happens to. Default all. */
  readonly count?: number
  /** Of `C_SignAsync`: it does not come back before the fault ends. */
  readonly hang?: true
  readonly delayMs?: number
  /** Changes what the function gives back: a signature, or the value of an attribute. */
  readonly damage?: (value: Buffer, type?: number) => Buffer
}

type FunctionName = keyof Pkcs11Module

/**
 * A PKCS#11 module of pkcs11js's shape, in memory: slots with tokens, sessions, log-ins and objects, as strict as a real
 * one where that shows mistakes, with faults that no software token has.
 */
export class FakeModule implements Pkcs11Module {
  readonly slots: Map<number, FakeToken> = new Map()
  readonly sessions: Map<string, Session> = new Map()
  /** How often each function was called. */
  readonly calls: Map<string, number> = new Map()
  readonly initialisations: { readonly flags?: number; readonly libraryParameters?: string }[] = []
  isInitialised = false
  private readonly faults = new Map<string, { fault: FakeFault; left: number; ended: Promise<void> }>()
  private readonly removedSessions = new Set<string>()
  private readonly loggedIn = new Set<FakeToken>()
  private nextSession = 1

  constructor(...tokens: readonly FakeToken[]) {
    tokens.forEach((token, index) => void this.slots.set(index + 1, token))
  }

  /** Injects a fault, and returns how to end it. */
  inject(name: FunctionName, fault: FakeFault): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    const entry = { fault, left: fault.count ?? Number.POSITIVE_INFINITY, ended: promise }
    this.faults.set(name, entry)
    return () => {
      if (this.faults.get(name) === entry) this.faults.delete(name)
      resolve()
    }
  }

  countOf(name: FunctionName): number {
    return this.calls.get(name) ?? 0
  }

  /** Takes a token out: its sessions are gone. */
  removeToken(slot: number): FakeToken {
    const token = this.slots.get(slot)!
    this.slots.delete(slot)
    for (const [handle, session] of [...this.sessions]) {
      if (session.token !== token) continue
      this.sessions.delete(handle)
      this.removedSessions.add(handle)
    }
    this.logOut(token)
    return token
  }

  insertToken(slot: number, token: FakeToken): void {
    this.slots.set(slot, token)
  }

  C_Initialize(options: { readonly flags?: number; readonly libraryParameters?: string } = {}): void {
    this.meet('C_Initialize')
    if (this.isInitialised) failure('CKR_CRYPTOKI_ALREADY_INITIALIZED')
    this.initialisations.push(options)
    this.isInitialised = true
  }

  C_GetInfo(): ModuleInfo {
    this.meet('C_GetInfo')
    const version = { major: 3, minor: 2 }
    const manufacturerID = 'Fake Tokens'.padEnd(32)
    const libraryDescription = 'In memory'.padEnd(32)
    return { cryptokiVersion: version, manufacturerID, libraryDescription, libraryVersion: version }
  }

  C_GetSlotList(): Buffer[] {
    this.meet('C_GetSlotList')
    return [...this.slots.keys()].map(ulong)
  }

  C_GetSlotInfo(slot: Buffer): SlotInfo {
    this.meet('C_GetSlotInfo')
    const { hardware } = this.token(slot)
    return {
      slotDescription: 'Fake slot'.padEnd(64),
      manufacturerID: 'Fake Slots'.padEnd(32),
      flags: hardware ? 0x7 : 0x1,
    }
  }

  C_GetTokenInfo(slot: Buffer): TokenInfo {
    this.meet('C_GetTokenInfo')
    const token = this.token(slot)
    return {
      label: token.label.padEnd(32),
      manufacturerID: token.manufacturer.padEnd(32),
      model: token.model.padEnd(16),
      serialNumber: token.serial.padEnd(16),
      flags: token.allFlags,
      maxSessionCount: token.maxSessions,
    }
  }

  C_GetMechanismInfo(slot: Buffer, mechanism: number): { readonly flags: number } {
    this.meet('C_GetMechanismInfo')
    const flags = this.token(slot).mechanisms.get(mechanism)
    return flags === undefined ? failure('CKR_MECHANISM_INVALID') : { flags }
  }

  C_OpenSession(slot: Buffer, flags: number): Buffer {
    this.meet('C_OpenSession')
    const token = this.token(slot)
    const taken = [...this.sessions.values()].filter(each => each.token === token).length
    if (token.maxSessions > 0 && taken >= token.maxSessions) failure('CKR_SESSION_COUNT')
    const handle = ulong(this.nextSession++)
    this.sessions.set(keyOf(handle), { token, writable: (flags & 2) !== 0 })
    return handle
  }

  C_CloseSession(handle: Buffer): void {
    this.meet('C_CloseSession')
    const { token } = this.session(handle)
    this.sessions.delete(keyOf(handle))
    if (![...this.sessions.values()].some(each => each.token === token)) this.logOut(token)
  }

  C_GetSessionInfo(handle: Buffer): { readonly state: number } {
    this.meet('C_GetSessionInfo')
    const { token, writable } = this.session(handle)
    return { state: (writable ? 2 : 0) + (this.loggedIn.has(token) ? 1 : 0) }
  }

  C_Login(handle: Buffer, userType: number, pin: string): void {
    this.meet('C_Login')
    const session = this.session(handle)
    if (userType === 2) {
      const { signing } = session
      if (signing === undefined) throw errorOf('CKR_OPERATION_NOT_INITIALIZED')
      session.token.offer(pin)
      signing.allowed = true
      return
    }
    if (this.loggedIn.has(session.token)) failure('CKR_USER_ALREADY_LOGGED_IN')
    // CKF_PROTECTED_AUTHENTICATION_PATH: the PIN is given at the reader.
    if (!(session.token.flags & 0x100)) session.token.offer(pin)
    this.loggedIn.add(session.token)
  }

  C_FindObjectsInit(handle: Buffer, template: Attribute[]): void {
    this.meet('C_FindObjectsInit')
    const session = this.session(handle)
    if (session.found !== undefined) failure('CKR_OPERATION_ACTIVE')
    const wanted = mapOf(template)
    session.found = [...session.token.objects]
      .filter(([, object]) => this.isVisible(session, object))
      .filter(([, { attributes }]) =>
        [...wanted].every(([type, value]) => attributes.get(type)?.equals(value)),
      )
      .map(([object]) => ulong(object))
  }

  C_FindObjects(handle: Buffer, maxObjectCount: number): Buffer[] {
    this.meet('C_FindObjects')
    return this.session(handle).found?.splice(0, maxObjectCount) ?? failure('CKR_OPERATION_NOT_INITIALIZED')
  }

  C_FindObjectsFinal(handle: Buffer): void {
    this.meet('C_FindObjectsFinal')
    delete this.session(handle).found
  }

  C_GetAttributeValue(handle: Buffer, object: Buffer, template: Attribute[]) {
    const fault = this.meet('C_GetAttributeValue')
    const { attributes, key } = this.object(this.session(handle), object)
    return template.map(({ type }) => {
      if (key !== undefined && type === 0x11) failure('CKR_ATTRIBUTE_SENSITIVE')
      const value = attributes.get(type) ?? failure('CKR_ATTRIBUTE_TYPE_INVALID')
      return { type, value: Buffer.from(fault?.damage?.(value, type) ?? value) }
    })
  }

  C_CreateObject(handle: Buffer, template: Attribute[]): Buffer {
    this.meet('C_CreateObject')
    const { token, writable } = this.session(handle)
    if (!writable) failure('CKR_SESSION_READ_ONLY')
    return ulong(token.add({ attributes: mapOf(template) }))
  }

  C_DestroyObject(handle: Buffer, object: Buffer): void {
    this.meet('C_DestroyObject')
    const session = this.session(handle)
    if (!session.writable) failure('CKR_SESSION_READ_ONLY')
    this.object(session, object)
    session.token.objects.delete(numberOf(object))
  }

  C_SignInit(handle: Buffer, mechanism: Mechanism, key: Buffer): void {
    this.meet('C_SignInit')
    const session = this.session(handle)
    if (session.signing !== undefined) failure('CKR_OPERATION_ACTIVE')
    if (!this.loggedIn.has(session.token)) failure('CKR_USER_NOT_LOGGED_IN')
    const object = session.token.objects.get(numberOf(key))
    if (object?.key === undefined) throw errorOf('CKR_KEY_HANDLE_INVALID')
    if (!object.attributes.get(0x108)?.[0]) failure('CKR_KEY_FUNCTION_NOT_PERMITTED')
    if (!session.token.mechanisms.has(mechanism.mechanism)) failure('CKR_MECHANISM_INVALID')
    session.signing = { mechanism, object, allowed: !object.attributes.get(0x202)?.[0] }
  }

  async C_SignAsync(handle: Buffer, data: Buffer, output: Buffer): Promise<Buffer> {
    const session = this.session(handle)
    const { signing } = session
    if (signing === undefined) return failure('CKR_OPERATION_NOT_INITIALIZED')
    if (!signing.allowed) failure('CKR_USER_NOT_LOGGED_IN')
    const ended = this.faults.get('C_SignAsync')?.ended
    const fault = this.meet('C_SignAsync')
    if (fault?.hang) await ended
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs)
    else await undefined
    const signature = signWith(signing.mechanism, signing.object.key!, data)
    const given = fault?.damage?.(signature) ?? signature
    // The operation stays active, and the session with it unusable.
    if (given.length > output.length) failure('CKR_BUFFER_TOO_SMALL')
    delete session.signing
    // While it worked, its token may have gone.
    if (this.removedSessions.has(keyOf(handle))) failure('CKR_DEVICE_REMOVED')
    given.copy(output)
    return output.subarray(0, given.length)
  }

  async C_GenerateKeyPairAsync(
    handle: Buffer,
    { mechanism }: Mechanism,
    publicTemplate: Attribute[],
    privateTemplate: Attribute[],
  ): Promise<{ readonly publicKey: Buffer; readonly privateKey: Buffer }> {
    this.meet('C_GenerateKeyPairAsync')
    const { token, writable } = this.session(handle)
    if (!writable) failure('CKR_SESSION_READ_ONLY')
    const wanted = mapOf(publicTemplate)
    const pair = token.addPair(pairOf(typeOf(mechanism, wanted)).privateKey, [], {
      privateAttributes: privateTemplate,
    })
    const { attributes } = token.objects.get(pair.publicKey)!
    for (const { type, value } of publicTemplate) attributes.set(type, bytesOf(value))
    return { publicKey: ulong(pair.publicKey), privateKey: ulong(pair.privateKey) }
  }

  private meet(name: FunctionName): FakeFault | undefined {
    this.calls.set(name, this.countOf(name) + 1)
    if (!this.isInitialised && name !== 'C_Initialize') failure('CKR_CRYPTOKI_NOT_INITIALIZED')
    const entry = this.faults.get(name)
    if (entry === undefined || entry.left <= 0) return undefined
    entry.left--
    if (entry.fault.rv !== undefined) throw errorOf(entry.fault.rv)
    return entry.fault
  }

  private token(slot: Buffer): FakeToken {
    return this.slots.get(numberOf(slot)) ?? failure('CKR_TOKEN_NOT_PRESENT')
  }

  private session(handle: Buffer): Session {
    const found = this.sessions.get(keyOf(handle))
    if (found !== undefined) return found
    return failure(
      this.removedSessions.has(keyOf(handle)) ? 'CKR_DEVICE_REMOVED' : 'CKR_SESSION_HANDLE_INVALID',
    )
  }

  private object(session: Session, handle: Buffer): FakeObject {
    const object = session.token.objects.get(numberOf(handle))
    if (object === undefined || !this.isVisible(session, object)) return failure('CKR_OBJECT_HANDLE_INVALID')
    return object
  }

  private isVisible({ token }: Session, { attributes }: FakeObject): boolean {
    return !attributes.get(0x2)?.[0] || this.loggedIn.has(token)
  }

  private logOut(token: FakeToken): void {
    if (this.loggedIn.delete(token)) token.renumberPrivate()
  }
}

function typeOf(mechanism: number, wanted: Map<number, Buffer>): KeyType {
  const curves = {
    '1.2.840.10045.3.1.7': 'EC-P256',
    '1.3.132.0.34': 'EC-P384',
    '1.3.132.0.35': 'EC-P521',
    '1.3.132.0.10': 'EC-secp256k1',
  } as const
  switch (mechanism) {
    case 0x0:
      return `RSA-${numberOf(wanted.get(0x121)!)}` as KeyType
    case 0x1c:
      return (['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const)[numberOf(wanted.get(0x61d)!) - 1]!
    case 0x1055:
      return 'Ed25519'
    default: {
      const oid = Object.entries(curves).find(([each]) => wanted.get(0x180)!.equals(der.oid(each)))
      return oid?.[1] ?? failure('CKR_CURVE_NOT_SUPPORTED')
    }
  }
}

function numberOf(handle: Buffer): number {
  return Number(handle.readBigUInt64LE())
}

function keyOf(handle: Buffer): string {
  return handle.toString('hex')
}
