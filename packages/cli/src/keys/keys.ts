import {
  type AlgorithmId,
  type CallOptions,
  fingerprint,
  type KeyDescriptor,
  type KeyProvider,
  SealwrightError,
  type Signer,
} from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { createKeyring, type KeyLock, type Keyring, type LockedKey } from '@sealwright/keyring'
import { type Certificate, certificateSigningAlgorithm } from '@sealwright/x509'
import { readNotationKeys } from '../config/notation-keys.ts'
import type { Settings } from '../config/settings.ts'
import type { KeyDocument } from '../runtime/document.ts'
import { ownFixOf } from '../runtime/fixes.ts'
import { printable } from '../runtime/text.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { advised, withAdvice } from './advice.ts'
import { findChain, keptChains } from './chain.ts'
import { readKeyLock } from './lock-file.ts'
import { moduleFor, namesModule } from './module.ts'
import { passphraseSource } from './passphrase.ts'
import { pinSource } from './pin.ts'
import { type FileEncryption, providerSources } from './providers.ts'
import { normalReference, schemeOf } from './reference.ts'

/** A key as it was named; nothing is opened yet. */
export interface SelectedKey {
  /** What messages call it: the name, or the reference. */
  readonly label: string
  readonly name?: string | undefined
  /** What the store is asked for. */
  readonly reference: string
  readonly lock?: LockedKey | undefined
  /** Files that may hold its chain. */
  readonly kept: readonly string[]
}

/** The keys of one run: names, stores, passphrases. */
export interface Keys extends AsyncDisposable {
  readonly lock: KeyLock
  /** Finds a key by name or reference; without either the default key. */
  select(text: string | undefined): Promise<SelectedKey>
  /** Opens a key; one with a name only as the key it was locked to. */
  open(key: SelectedKey, algorithm: ChooseAlgorithm): Promise<Signer>
  /** Opens a key by its reference, whatever name it has or is about to get. */
  openUnnamed(reference: string, label: string, algorithm: ChooseAlgorithm): Promise<Signer>
  /** The chain of a key, leaf first; opens it only where its store may hold certificates. */
  chainOf(key: SelectedKey): Promise<readonly Certificate[] | undefined>
  provider(reference: string): Promise<KeyProvider>
}

type ChooseAlgorithm = AlgorithmId | ((key: KeyDescriptor) => AlgorithmId)

export interface KeysOptions {
  /** `--passphrase-file` */
  readonly passphraseFile?: string | undefined
  readonly encryption?: FileEncryption | undefined
  /** `--pin-file` */
  readonly pinFile?: string | undefined
  /** `--pkcs11-module` */
  readonly pkcs11Module?: string | undefined
  /** `--allow-readable-key` */
  readonly allowReadableKey?: true | undefined
  /** The module that a reference names which is about to be kept. */
  readonly referenceModule?: string | undefined
}

/** The keys of this run. */
export async function openKeys(session: Session, options: KeysOptions = {}): Promise<Keys> {
  const settings = await session.settings()
  const lock = await readKeyLock(settings.paths.keyLock)
  const { pkcs11Module: flag, referenceModule: reference } = options
  const keyring = createKeyring({
    providers: providerSources(settings, {
      io: session.io,
      passphrase: passphraseSource(session, options.passphraseFile),
      encryption: options.encryption ?? 'passphrase',
      allowReadableKey: options.allowReadableKey === true,
      pins: pinSource(session, options.pinFile),
      module: moduleFor(session, { flag, reference }),
    }),
    keys: lock,
  })
  const opened = { settings, keyring, lock }
  return {
    lock,
    select: text => selectKey(session, opened, text),
    open: (key, algorithm) => openKey(session, opened, key, { algorithm }),
    openUnnamed: (reference, label, algorithm) =>
      openKey(session, opened, { reference, label, kept: [] }, { algorithm, reportPin: false }),
    chainOf: async key => {
      if (schemeOf(key.reference) === 'file')
        return findChain(session, { kept: key.kept, publicKey: publicKeyOf(key.lock) })
      await using signer = await openKey(session, opened, key, { algorithm: certificateSigningAlgorithm })
      return await findChain(session, { signer, kept: key.kept })
    },
    provider: reference => {
      refuseOffline(session, reference)
      return keyring.provider(reference)
    },
    [Symbol.asyncDispose]: () => keyring[Symbol.asyncDispose](),
  }
}

interface OpenKeyring {
  readonly settings: Settings
  readonly keyring: Keyring
  readonly lock: KeyLock
}

async function selectKey(
  session: Session,
  { settings, keyring, lock }: OpenKeyring,
  text: string | undefined,
): Promise<SelectedKey> {
  const named = text ?? settings.key
  const notation = await readNotationKeys(settings.paths.trust)
  const wanted = named ?? notation.default
  if (wanted === undefined) {
    // What cannot be read may name the default.
    const [unreadable] = notation.faults
    if (unreadable !== undefined) throw unreadable
    throw usageError('no key is named, and there is no default key', {
      why: `neither -k, SEALWRIGHT_KEY, sealwright.json nor ${settings.paths.config} names one`,
      fix: 'name a key with -k, or make one: sealwright init',
    })
  }
  const given = normalReference(wanted, session.io.cwd)
  if (given !== undefined) {
    refuseModule(given)
    refuseOffline(session, given)
    // Also the first to notice a secret: no message may repeat the reference before.
    const reference = (await keyring.provider(given)).canonical(given)
    return { label: reference, reference, kept: keptFor(settings, lock, reference) }
  }
  const locked = lock.keys[wanted]
  if (locked !== undefined) {
    const kept = keptChains(settings.paths.keys, wanted)
    return { label: wanted, name: wanted, reference: locked.reference, lock: locked, kept }
  }
  const local = notation.keys.find(({ name }) => name === wanted)
  if (local !== undefined)
    return { label: wanted, reference: `file:${local.keyPath}`, kept: [local.certPath] }
  if (notation.plugins.includes(wanted)) {
    throw new SealwrightError('UNSUPPORTED', `key "${wanted}" is a key of a Notation plug-in`, {
      why: `${notation.path} names it, and plug-ins are not called`,
      fix: `name the key in its store: sealwright key add ${shellQuote(wanted)} REF`,
    })
  }
  const [unreadable] = notation.faults
  if (unreadable !== undefined) {
    throw new SealwrightError(unreadable.code, `no key is named "${wanted}" here`, {
      why: `Notation's list may have it, and cannot be used: ${[unreadable.message, unreadable.why].filter(Boolean).join(': ')}`,
      fix: ownFixOf(unreadable),
      cause: unreadable,
    })
  }
  const names = [...Object.keys(lock.keys), ...notation.keys.map(({ name }) => name)]
  throw new SealwrightError('NOT_FOUND', `no key is named "${wanted}"`, {
    why: names.length === 0 ? 'no key has a name yet' : `the keys are ${names.join(', ')}`,
    fix: `make one with \`sealwright init\`, or name one: sealwright key add ${shellQuote(wanted)} file:PATH`,
  })
}

async function openKey(
  session: Session,
  { settings, keyring }: OpenKeyring,
  key: SelectedKey,
  {
    algorithm,
    reportPin = true,
  }: { readonly algorithm: ChooseAlgorithm; readonly reportPin?: boolean | undefined },
): Promise<Signer> {
  refuseOffline(session, key.reference)
  const { dialogue, io } = session
  const options = {
    algorithm,
    signal: io.signal,
    timeoutMs: timeLimit(session, settings, key.reference),
    onPresence: ({ presence }: KeyDescriptor) =>
      session.note(
        presence === 'touch' ? `touch the token of key ${key.label}` : `key ${key.label} asks for its PIN`,
      ),
  }
  session.step(`open key ${key.label}`)
  const signer = await dialogue
    .waiting(`key ${key.label}`, () => keyring.signer(key.name ?? key.reference, options))
    .catch(error => Promise.reject(advised(error, key)))
  if (key.lock === undefined && reportPin) {
    session.note(`key ${key.label} has no lock; for this run it is ${fingerprint(signer.key.publicKey)}`)
  }
  return withAdvice(signer, key)
}

/** The chains of names that stand for the same key: they are over it, or refused. */
function keptFor({ paths }: Settings, { keys }: KeyLock, reference: string): readonly string[] {
  return Object.entries(keys)
    .filter(([, locked]) => locked.reference === reference || locked.resolved === reference)
    .flatMap(([name]) => keptChains(paths.keys, name))
}

/** The public key that a name is locked to, where the lock has it. */
export function publicKeyOf(locked: LockedKey | undefined): Uint8Array | undefined {
  return locked?.publicKey === undefined ? undefined : Buffer.from(locked.publicKey, 'base64')
}

/** A module is code: it comes from a flag, the environment or the configuration. */
function refuseModule(reference: string): void {
  if (!namesModule(reference)) return
  throw usageError('the reference names a PKCS#11 module', {
    why: 'a module is code, and only key add, key create and init take it from a reference, and keep it',
    fix: 'leave ?module-path out, and give --pkcs11-module, or name the key: sealwright key add NAME REF',
  })
}

function refuseOffline({ flags }: Session, reference: string): void {
  if (!flags.offline || schemeOf(reference) === 'file') return
  throw usageError(`--offline forbids to contact a store of ${schemeOf(reference)}: keys`, {
    why: 'only keys in files need no connection',
    fix: 'leave --offline out, or use a key in a file',
  })
}

/** A key that is not open as the documents have it. */
export function describeLocked(name: string, locked: LockedKey): KeyDocument {
  const { reference, resolved, algorithm = '-', fingerprint } = locked
  return { name, reference, resolved, algorithm, fingerprint }
}

/** A key as the documents have it. */
export function describeKey(key: Pick<SelectedKey, 'name' | 'reference'>, signer: Signer): KeyDocument {
  return {
    name: key.name ?? null,
    reference: key.reference,
    resolved: signer.key.reference,
    algorithm: signer.algorithm.id,
    fingerprint: fingerprint(signer.key.publicKey),
  }
}

/** Longest that a person may take to type a passphrase, when there is somebody to ask. */
const WITH_A_PERSON_MS = 600_000
/** `--timeout none`: as long as a timer of Node can be, some 24 days. */
const NO_LIMIT_MS = 2_147_483_647

/** Stores that may ask for a passphrase or a PIN. */
const ASKING = new Set(['file', 'pkcs11'])

/** The time in milliseconds that the store of a reference has to answer, where a person may have to answer first. */
function timeLimit(
  { dialogue }: Session,
  { timeoutMs = NO_LIMIT_MS }: Pick<Settings, 'timeoutMs'>,
  reference: string,
): number {
  const asks = ASKING.has(schemeOf(reference)) && dialogue.silence === undefined
  return asks ? Math.max(timeoutMs, WITH_A_PERSON_MS) : timeoutMs
}

/** What a call of the store of a reference is given: the interrupt of the program, and the time it may take. */
export async function callOptions(session: Session, reference: string): Promise<CallOptions> {
  return { signal: session.io.signal, timeoutMs: timeLimit(session, await session.settings(), reference) }
}

/** A key as lines of text. */
export function keyLines({ reference, resolved, algorithm, fingerprint }: KeyDocument): string[] {
  return [
    `  reference   ${printable(reference)}`,
    ...(resolved === reference ? [] : [`  version     ${printable(resolved)}`]),
    `  algorithm   ${algorithm}`,
    `  public key  ${fingerprint}`,
  ]
}
