import { dirname, join } from 'node:path'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { warnOfSubject } from '../../certificates/certificate.ts'
import { assertKeyName, isKeyName } from '../../config/key-name.ts'
import { locked } from '../../config/locked.ts'
import { type Paths, pathsOf } from '../../config/paths.ts'
import { writeDefaultKey } from '../../config/user-config.ts'
import { findChain } from '../../keys/chain.ts'
import { createKey } from '../../keys/create-key.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { type Keys, openKeys } from '../../keys/keys.ts'
import { assertModuleFits, keepModule, moduleToKeep, takeModule } from '../../keys/module.ts'
import { nameKey } from '../../keys/name-key.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import type { Session } from '../../session/session.ts'
import { assertOwnPolicy, newOwnPolicy, readOwnPolicy, updateOwnPolicy } from '../../trust/own-policy-file.ts'
import { asksForOwn } from '../../trust/own-statement.ts'
import { updateStatements } from '../../trust/policy-file.ts'
import { addToStore } from '../../trust/store.ts'
import { assertChainFits, findKey, makeCertificate } from './key.ts'
import { type InitMade, type InitPlan, initOutcome } from './outcome.ts'
import {
  assertAgrees,
  assertCombination,
  expiryFor,
  type PolicyPlan,
  type PolicyWish,
  planOwnPolicy,
  planPolicy,
  refusedPolicy,
  scopesFor,
  subjectFor,
} from './policy-plan.ts'
import type { InitFlags } from './spec.ts'
import { readState } from './state.ts'

/**
 * `sealwright init [NAME]`
 *
 * Whatever could be refused is refused before the first file is written. Then key, certificate, lock, trust store, policy,
 * default, in this order: wherever a run is killed, what is there is trusted by nobody before all that it rests on is
 * complete, and the next run goes on from there.
 */
export async function init(session: Session, [text]: readonly [string?], given: InitFlags): Promise<Outcome> {
  const { module, ...flags } = withoutModule(given)
  const name = assertKeyName(
    text ?? (flags.key !== undefined && isKeyName(flags.key) ? flags.key : 'default'),
  )
  assertCombination(flags)
  const paths = pathsOf(session.flags, session.io)
  const run = (): Promise<Outcome> => initialize(session, { name, flags, module, paths })
  // One at a time: whoever comes second keeps what the first has made.
  return flags.dryRun ? run() : locked(session.io, join(dirname(paths.config), 'init'), run)
}

async function initialize(
  session: Session,
  {
    name,
    flags,
    module,
    paths,
  }: {
    readonly name: string
    readonly flags: InitFlags
    readonly module: string | undefined
    readonly paths: Paths
  },
): Promise<Outcome> {
  const settings = await session.settings()
  assertModuleFits(settings, module)
  const state = await readState(paths, name)
  const scopes = await scopesFor(session, name, flags, state.statements)
  await using keys = await openKeys(session, {
    ...flags,
    referenceModule: module,
    encryption: flags.passphrase === false ? 'none' : 'passphrase',
  })
  const key = await findKey(session, keys, { name, state, flags })
  await using _signer = key.signer
  if (key.publicKey !== undefined) assertChainFits(name, state, key.publicKey)
  const chain = state.chain ?? (key.signer && (await findChain(session, { signer: key.signer, kept: [] })))
  assertAgrees(chain, flags, name)
  const subject = chain
    ? formatDistinguishedName((chain[0] as Certificate).subject)
    : subjectFor(name, flags.subject)
  const wish: PolicyWish = { name, scopes, store: state.store.text, subject }
  const own = await ownPlan(session, wish, {
    trust: paths.trust,
    asked: asksForOwn({ ...flags, scope: scopes }),
  })
  const policy = own ?? planPolicy(state.policyFile, state.statements, wish)
  const plan: InitPlan = {
    name,
    key,
    state: own === undefined ? state : { ...state, policyFile: { path: own.path } },
    policy,
    chain,
    becomesDefault: settings.defaultKey === undefined,
    paths,
  }
  if (flags.dryRun) return initOutcome(session, plan, undefined)
  const given = { text: flags.key ?? '', module }
  await keepModule(session, settings, moduleToKeep(session, settings, given, flags.pkcs11Module))
  warnOfStart(session, flags, chain)
  return await make(session, keys, { plan, wish, flags })
}

/** What is added to Sealwright's policy, if it is asked for; otherwise a note where it decides first. */
async function ownPlan(
  session: Session,
  wish: PolicyWish,
  { trust, asked }: { readonly trust: string; readonly asked: boolean },
): Promise<(PolicyPlan & { readonly path: string }) | undefined> {
  const { file, policy } = await readOwnPolicy(trust)
  if (!asked) {
    if (policy !== undefined)
      session.note(
        `${file.path} decides first: what it covers, or denies, is not judged by Notation's policy`,
      )
    return undefined
  }
  const planned = planOwnPolicy(policy, wish, await newOwnPolicy(trust))
  await assertOwnPolicy(trust, file.path, planned.after)
  return { ...planned, path: file.path }
}

/** Whoever is given a subject that names nobody, or has one that no identity can match, learns it from the start. */
function warnOfStart(session: Session, flags: InitFlags, chain: readonly Certificate[] | undefined): void {
  if (chain !== undefined) warnOfSubject(session, chain[0] as Certificate, 'the certificate')
  else if (flags.subject === undefined)
    session.note(
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
  session: Session,
  keys: Keys,
  { plan, wish, flags }: { readonly plan: InitPlan; readonly wish: PolicyWish; readonly flags: InitFlags },
): Promise<Outcome> {
  const { name, state, policy, paths } = plan
  const made = await makeKey(session, keys, plan, flags)
  const root = made.chain.at(-1) as Certificate
  if (!state.stored.some(({ fingerprint }) => fingerprint === root.fingerprint)) {
    session.step(`trust the certificate in ${state.store.text}`)
    await addToStore(paths.trust, state.store, root)
  }
  if (policy.action !== 'keep') {
    session.step(`write ${state.policyFile.path}`)
    if (asksForOwn({ ...flags, scope: wish.scopes })) {
      const file = await newOwnPolicy(paths.trust)
      await updateOwnPolicy(session, paths.trust, given => planOwnPolicy(given, wish, file).after)
    } else
      await updateStatements(session, paths.trust, 'oci', {
        change: (statements, file) => planPolicy(file, statements, wish).statements,
        refused: (faults, file) => refusedPolicy(faults, file, wish),
      })
  }
  if (plan.becomesDefault) await writeDefaultKey(session.io, paths.config, name)
  return initOutcome(session, plan, made)
}

/** The key with its certificate and its lock; opens it only where one of them is missing. */
async function makeKey(
  session: Session,
  keys: Keys,
  { name, key, state, chain }: InitPlan,
  flags: InitFlags,
): Promise<InitMade> {
  if (chain !== undefined && key.publicKey !== undefined && name in state.lock.keys) {
    return { chain, publicKey: key.publicKey, isKept: state.chain !== undefined }
  }
  const { reference } = key
  if (key.publicKey === undefined) await createKey(session, keys, { reference, type: 'EC-P256' })
  await using signer = await keys.openUnnamed(reference, name, defaultAlgorithm)
  const made =
    chain ??
    (await makeCertificate(session, keys, reference, {
      subject: subjectFor(name, flags.subject),
      expiryMs: expiryFor(flags),
      file: state.chainFile,
    }))
  await nameKey(session, { name, reference, signer, isDefault: false })
  const isKept = chain === undefined || state.chain !== undefined
  return { chain: made, publicKey: signer.key.publicKey, isKept }
}
