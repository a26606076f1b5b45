import {
  type AlgorithmId,
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
import type { KeyDocument } from '../documents/document.ts'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { advised, withAdvice } from './advice.ts'
import { findChain, keptChains } from './chain.ts'
import { readKeyLock } from './lock-file.ts'
import { moduleFor, namesModule } from './module.ts'
import { passphraseSource } from './passphrase.ts'
import { pinSource } from './pin.ts'
import { type FileEncryption, providerSources } from './providers.ts'
import { normalReference, schemeOf } from './reference.ts'
import { timeLimit } from './time-limit.ts'

/** A key as it was named; nothing is opened yet. */
export interface SelectedKey {
  /** What messages call it: the name, or the reference. */
  readonly label: string
  readonly name?: string
  /** What the store is asked for. */
  readonly reference: string
  readonly lock?: LockedKey
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
  readonly passphraseFile?: string
  readonly encryption?: FileEncryption
  /** `--pin-file` */
  readonly pinFile?: string
  /** `--pkcs11-module` */
  readonly pkcs11Module?: string
  /** `--allow-readable-key` */
  readonly allowReadableKey?: true
  /** The module that a reference names which is about to be kept. */
  readonly referenceModule?: string | undefined
}

/** The keys of this run. */
export async function openKeys(context: Context, options: KeysOptions = {}): Promise<Keys> {
  const settings = await context.settings()
  const lock = await readKeyLock(settings.paths.keyLock)
  const { pkcs11Module: flag, referenceModule: reference } = options
  const keyring = createKeyring({
    providers: providerSources(settings, {
      io: context.io,
      passphrase: passphraseSource(context, options.passphraseFile),
      encryption: options.encryption ?? 'passphrase',
      allowReadableKey: options.allowReadableKey === true,
      pins: pinSource(context, options.pinFile),
      module: moduleFor(context, { flag, reference }),
    }),
    keys: lock,
  })
  return {
    lock,
    select: text => selectKey(context, settings, keyring, lock, text),
    open: (key, algorithm) => openKey(context, settings, keyring, key, algorithm),
    openUnnamed: (reference, label, algorithm) =>
      openKey(context, settings, keyring, { reference, label, kept: [] }, algorithm, false),
    chainOf: async key => {
      if (schemeOf(key.reference) === 'file')
        return findChain(context, { kept: key.kept, publicKey: publicKeyOf(key.lock) })
      await using signer = await openKey(context, settings, keyring, key, certificateSigningAlgorithm)
      return await findChain(context, { signer, kept: key.kept })
    },
    provider: reference => {
      refuseOffline(context, reference)
      return keyring.provider(reference)
    },
    [Symbol.asyncDispose]: () => keyring[Symbol.asyncDispose](),
  }
}

async function selectKey(
  context: Context,
  settings: Settings,
  keyring: Keyring,
  lock: KeyLock,
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
  const given = normalReference(wanted, context.io.cwd)
  if (given !== undefined) {
    refuseModule(given)
    refuseOffline(context, given)
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
    throw new SealwrightError(unreadable.code, `there is no key named "${wanted}" here`, {
      why: `Notation's list may have it, and cannot be used: ${[unreadable.message, unreadable.why].filter(Boolean).join(': ')}`,
      ...(unreadable.fix === undefined ? {} : { fix: unreadable.fix }),
      cause: unreadable,
    })
  }
  const names = [...Object.keys(lock.keys), ...notation.keys.map(({ name }) => name)]
  throw new SealwrightError('NOT_FOUND', `there is no key named "${wanted}"`, {
    why: names.length === 0 ? 'no key has a name yet' : `the keys are ${names.join(', ')}`,
    fix: `make one with \`sealwright init\`, or name one: sealwright key add ${shellQuote(wanted)} file:PATH`,
  })
}

async function openKey(
  context: Context,
  settings: Settings,
  keyring: Keyring,
  key: SelectedKey,
  algorithm: ChooseAlgorithm,
  reportPin = true,
): Promise<Signer> {
  refuseOffline(context, key.reference)
  const { dialogue, io } = context
  const options = {
    algorithm,
    signal: io.signal,
    timeoutMs: timeLimit(context, settings, key.reference),
    onPresence: ({ presence }: KeyDescriptor) =>
      context.note(
        presence === 'touch' ? `touch the token of key ${key.label}` : `key ${key.label} asks for its PIN`,
      ),
  }
  context.step(`open key ${key.label}`)
  const signer = await dialogue
    .waiting(`key ${key.label}`, () => keyring.signer(key.name ?? key.reference, options))
    .catch(error => Promise.reject(advised(error, key)))
  if (key.lock === undefined && reportPin) {
    context.note(`key ${key.label} has no lock; for this run it is ${fingerprint(signer.key.publicKey)}`)
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

function refuseOffline({ flags }: Context, reference: string): void {
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
