import { dirname, join } from 'node:path'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { warnOfSubject } from '../certificates/subject.ts'
import { writeDefaultKey } from '../config/default-key.ts'
import { locked } from '../config/locked.ts'
import { type Paths, pathsOf } from '../config/paths.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { makeCertificate } from '../init/certificate.ts'
import { assertChainFits, findKey } from '../init/key.ts'
import { type InitMade, type InitPlan, initOutcome } from '../init/outcome.ts'
import { type PolicyWish, planPolicy, refusedPolicy } from '../init/policy-plan.ts'
import { readState } from '../init/state.ts'
import {
  assertAgrees,
  assertCombination,
  expiryFor,
  type InitFlags,
  scopesFor,
  subjectFor,
} from '../init/wish.ts'
import { findChain } from '../keys/chain.ts'
import { createKey } from '../keys/create-key.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { assertKeyName, isKeyName } from '../keys/key-name.ts'
import { type Keys, openKeys } from '../keys/keys.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../keys/module.ts'
import { nameKey } from '../keys/name-key.ts'
import { updateStatements } from '../trust/policy-file.ts'
import { addToStore } from '../trust/store.ts'

/**
 * `sealwright init [NAME]`
 *
 * Whatever could be refused is refused before the first file is written. Then key, certificate, lock, trust store, policy,
 * default, in this order: wherever a run is killed, what is there is trusted by nobody before all that it rests on is
 * complete, and the next run goes on from there.
 */
export async function init(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const { module, ...flags } = withoutModule(given as InitFlags)
  const name = assertKeyName(
    text ?? (flags.key !== undefined && isKeyName(flags.key) ? flags.key : 'default'),
  )
  assertCombination(flags)
  const paths = pathsOf(context.flags, context.io)
  const run = (): Promise<Outcome> => initialize(context, name, flags, module, paths)
  // One at a time: whoever comes second keeps what the first has made.
  return flags.dryRun ? run() : locked(context.io, join(dirname(paths.config), 'init'), run)
}

async function initialize(
  context: Context,
  name: string,
  flags: InitFlags,
  module: string | undefined,
  paths: Paths,
): Promise<Outcome> {
  const settings = await context.settings()
  assertModuleFits(settings, module)
  const state = await readState(paths, name)
  const scopes = await scopesFor(context, name, flags, state.statements)
  await using keys = await openKeys(context, {
    ...flags,
    referenceModule: module,
    encryption: flags.passphrase === false ? 'none' : 'passphrase',
  })
  const key = await findKey(context, keys, name, state, flags)
  await using _signer = key.signer
  if (key.publicKey !== undefined) assertChainFits(name, state, key.publicKey)
  const chain = state.chain ?? (key.signer && (await findChain(context, { signer: key.signer, kept: [] })))
  assertAgrees(chain, flags, name)
  const subject = chain
    ? formatDistinguishedName((chain[0] as Certificate).subject)
    : subjectFor(name, flags.subject)
  const wish: PolicyWish = { name, scopes, store: state.store.text, subject }
  const policy = planPolicy(state.policyFile, state.statements, wish)
  const plan: InitPlan = {
    name,
    key,
    state,
    policy,
    ...(chain === undefined ? {} : { chain }),
    becomesDefault: settings.defaultKey === undefined,
    paths,
  }
  if (flags.dryRun) return initOutcome(context, plan, undefined)
  const given = { text: flags.key ?? '', ...(module === undefined ? {} : { module }) }
  await keepModule(context, settings, moduleToKeep(context, settings, given, flags.pkcs11Module))
  warnOfStart(context, flags, chain)
  return await make(context, keys, plan, wish, flags)
}

/** Whoever is given a subject that names nobody, or has one that no identity can match, learns it from the start. */
function warnOfStart(context: Context, flags: InitFlags, chain: readonly Certificate[] | undefined): void {
  if (chain !== undefined) warnOfSubject(context, chain[0] as Certificate, 'the certificate')
  else if (flags.subject === undefined)
    context.note(
      'the certificate names no country and no organization (ZZ, Unknown); --subject gives your own',
    )
}

/** The flags with the module apart that the reference of the key may name. */
function withoutModule(flags: InitFlags): InitFlags & { readonly module?: string | undefined } {
  if (flags.key === undefined) return flags
  const { text, module } = takeModule(flags.key)
  return { ...flags, key: text, module }
}

async function make(
  context: Context,
  keys: Keys,
  plan: InitPlan,
  wish: PolicyWish,
  flags: InitFlags,
): Promise<Outcome> {
  const { name, state, policy, paths } = plan
  const made = await makeKey(context, keys, plan, flags)
  const root = made.chain.at(-1) as Certificate
  if (!state.stored.some(({ fingerprint }) => fingerprint === root.fingerprint)) {
    context.step(`trust the certificate in ${state.store.text}`)
    await addToStore(paths.trust, state.store, root)
  }
  if (policy.action !== 'keep') {
    context.step(`write ${state.policyFile.path}`)
    await updateStatements(context, paths.trust, 'oci', {
      change: (statements, file) => planPolicy(file, statements, wish).statements,
      refused: (faults, file) => refusedPolicy(faults, file, wish),
    })
  }
  if (plan.becomesDefault) await writeDefaultKey(context.io, paths.config, name)
  return initOutcome(context, plan, made)
}

/** The key with its certificate and its lock; opens it only where one of them is missing. */
async function makeKey(
  context: Context,
  keys: Keys,
  { name, key, state, chain }: InitPlan,
  flags: InitFlags,
): Promise<InitMade> {
  if (chain !== undefined && key.publicKey !== undefined && name in state.lock.keys) {
    return { chain, publicKey: key.publicKey, isKept: state.chain !== undefined }
  }
  const { reference } = key
  if (key.publicKey === undefined) await createKey(context, keys, { reference, type: 'EC-P256' })
  await using signer = await keys.openUnnamed(reference, name, defaultAlgorithm)
  const made =
    chain ??
    (await makeCertificate(context, keys, reference, {
      subject: subjectFor(name, flags.subject),
      expiryMs: expiryFor(flags),
      file: state.chainFile,
    }))
  await nameKey(context, { name, reference, signer, isDefault: false })
  const isKept = chain === undefined || state.chain !== undefined
  return { chain: made, publicKey: signer.key.publicKey, isKept }
}
