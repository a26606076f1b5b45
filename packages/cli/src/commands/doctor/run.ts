import { shellQuote } from '@sealwright/core/encoding'
import type { KeyLock } from '@sealwright/keyring'
import { shownReference } from '@sealwright/oci'
import { isKeyName } from '../../config/key-name.ts'
import { pathsOf } from '../../config/paths.ts'
import { type Layers, settingsOf as mergedSettings, readLayers } from '../../config/settings.ts'
import { storePackages } from '../../config/store-packages.ts'
import { pickRegistryFlags, type RegistryFlags } from '../../flags/common-flags.ts'
import { openKeys } from '../../keys/keys.ts'
import { readKeyLock } from '../../keys/lock-file.ts'
import { normalReference, schemeOf } from '../../keys/reference.ts'
import { EXIT } from '../../runtime/exit.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { type ArtifactTarget, parseRepository, parseTarget } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import { checkTimestampAuthority } from './authorities.ts'
import { type Check, failed } from './check.ts'
import { checkConfiguration, settingsOf } from './configuration.ts'
import type { CheckedKey, CheckedTarget } from './document.ts'
import { checkFiles, checkNotationKeys } from './files.ts'
import { checkKey } from './key.ts'
import { checkClock, checkNode } from './machine.ts'
import { checkProviders } from './providers.ts'
import { checkRegistry } from './registry.ts'
import { checkRepository } from './repository.ts'
import type { DoctorFlags } from './spec.ts'
import { doctorLines } from './text.ts'
import { checkTrust } from './trust.ts'

/** `sealwright doctor [KEY|TARGET|REPOSITORY]… [--fix] [--bench N]` */
export async function doctor(
  session: Session,
  args: readonly string[],
  flags: DoctorFlags,
): Promise<Outcome> {
  const { layers, fault } = await configuration(session)
  const keyNames = args.filter(text => !isTarget(text))
  for (const text of keyNames) assertKey(session, text, layers)
  const named = args.filter(isTarget).map(text => registryTarget(session, text))
  assertFix(named, flags)
  assertReach(session, keyNames, flags)
  if (named.length > 0 || registryGiven(flags)) {
    const asksAuthorities = flags.revocation === true || flags.timestamp !== undefined
    assertUsable(session, named, flags, { asksAuthorities })
  }
  const bench = await agreedBench(session, keyNames, flags)
  const { paths = pathsOf(session.flags, session.io) } = layers ?? {}
  const { lock, fault: lockFault } = await keyLock(session, paths.keyLock)
  const checks: Check[] = [
    checkNode(),
    ...(layers === undefined ? [] : checkConfiguration(layers)),
    ...fault,
    ...lockFault,
    ...(await checkFiles(paths, session.io)),
    ...(await checkTrust(session, paths.trust)),
    ...(await checkNotationKeys(session, paths.trust)),
    ...(layers === undefined ? [] : await checkProviders(mergedSettings(layers), lock, session.io)),
    checkClock(session.io.now(), lock),
    ...(await checkTimestamps(session, paths.trust, flags)),
  ]
  const settings = layers === undefined ? [] : settingsOf(layers, session.flags, session.io)
  const usable = layers !== undefined && lock !== undefined
  const keys = usable ? await checkKeys(session, keyNames, flags, bench) : []
  const targets = layers === undefined ? [] : await checkTargets(session, named, flags)
  const all = [...checks, ...[...keys, ...targets].flatMap(one => one.checks)]
  const faulty = all.some(({ outcome }) => outcome === 'fault')
  const report = { checks, settings: [...settings], keys: [...keys], targets: [...targets] }
  return {
    exitCode: faulty ? EXIT.notVerified : EXIT.done,
    document: report,
    lines: doctorLines(report, session.style, session.fit),
  }
}

async function checkKeys(
  session: Session,
  args: readonly string[],
  flags: DoctorFlags,
  bench: number | undefined,
): Promise<readonly CheckedKey[]> {
  if (args.length === 0) return []
  await using keys = await openKeys(session, flags)
  const checked: CheckedKey[] = []
  for (const text of args) checked.push(await checkKey(session, keys, text, { ...flags, signatures: bench }))
  return checked
}

async function checkTimestamps(
  session: Session,
  trust: string,
  { timestamp = [], caFile }: DoctorFlags,
): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const url of timestamp) checks.push(await checkTimestampAuthority(session, url, { trust, caFile }))
  return checks
}

/** Hosts are asked only where that can be, and there is something to ask about. */
function assertReach(
  { flags: { offline } }: Session,
  keys: readonly string[],
  { revocation, timestamp }: DoctorFlags,
): void {
  const flag = revocation ? '--revocation' : timestamp ? '--timestamp' : undefined
  if (flag === undefined) return
  if (offline) {
    throw usageError(`${flag} and --offline cannot be used together`, {
      why: `${flag} asks hosts, and --offline forbids every connection`,
      fix: 'leave one of the two out',
    })
  }
  if (!revocation || keys.length > 0) return
  throw usageError('--revocation needs a key', {
    why: 'the certificates of a key name the OCSP responders and CRLs that are asked',
    fix: 'sealwright doctor KEY --revocation',
  })
}

async function configuration(
  session: Session,
): Promise<{ readonly layers?: Layers | undefined; readonly fault: readonly Check[] }> {
  try {
    return { layers: await readLayers(session.flags, session.io, true), fault: [] }
  } catch (error) {
    const fault = [failed(session, 'configuration', error)]
    // What only signing reads does not keep the rest from being looked at.
    return readLayers(session.flags, session.io, false).then(
      layers => ({ layers, fault }),
      () => ({ fault }),
    )
  }
}

async function keyLock(
  session: Session,
  path: string,
): Promise<{ readonly lock?: KeyLock | undefined; readonly fault: readonly Check[] }> {
  try {
    return { lock: await readKeyLock(path), fault: [] }
  } catch (error) {
    return { fault: [failed(session, 'lock', error)] }
  }
}

async function checkTargets(
  session: Session,
  targets: readonly ArtifactTarget[],
  flags: DoctorFlags,
): Promise<readonly CheckedTarget[]> {
  const checked: CheckedTarget[] = []
  for (const target of targets) {
    const whole = target.tag === undefined && target.digest === undefined
    const check = whole ? checkRepository : checkRegistry
    checked.push(await check(session, target, pickRegistryFlags(flags), flags.fix === true))
  }
  return checked
}

/** Whether an argument is spelled as a target: keys are names, URIs and bare ids of vendors. */
function isTarget(text: string): boolean {
  const looksLikeTarget =
    /^(?:oci|oci-archive):/.test(text) || /^[^:]*\//.test(text) || /^[^/]+:\d+\//.test(text)
  return looksLikeTarget && !/^(?:projects\/|https:\/\/)/.test(text)
}

function registryTarget({ io }: Session, text: string): ArtifactTarget {
  const target = parseRepository(text, io.cwd, 'doctor') ?? parseTarget(text, io.cwd, 'doctor')
  if (target.kind === 'registry') return target
  throw usageError(`"${text}" is in no registry`, {
    why: 'for a target, doctor checks the registry and its fallback index',
    fix: `name a key or a registry target, or look at this one: sealwright list ${shellQuote(text)}`,
  })
}

function assertFix(targets: readonly ArtifactTarget[], { fix }: DoctorFlags): void {
  if (!fix || targets.length > 0) return
  throw usageError('--fix needs a target', {
    why: 'it repairs the fallback index of a target, or of all in a repository',
    fix: 'sealwright doctor registry.example/app:v1 --fix',
  })
}

function registryGiven(flags: RegistryFlags): boolean {
  return Object.keys(pickRegistryFlags(flags)).length > 0
}

/** Throws for what is neither a name nor a reference of a store that is known. */
function assertKey({ io }: Session, text: string, layers: Layers | undefined): void {
  const schemes = [
    ...storePackages.flatMap(store => store.schemes),
    ...(layers === undefined ? [] : Object.values(mergedSettings(layers).providers)).flatMap(
      ({ schemes: foreign = [] }) => foreign,
    ),
  ]
  if (isKeyName(text)) return
  const reference = normalReference(text, io.cwd)
  if (reference === undefined || schemes.includes(schemeOf(reference))) return
  throw usageError(`"${shownReference(text)}" is neither a key nor a target`, {
    why: `references to keys begin with ${schemes.map(scheme => `${scheme}:`).join(', ')}`,
    fix: 'check the spelling: schemes are matched exactly, in lower case',
  })
}

/** How many dummies may be signed, after a person has agreed. */
async function agreedBench(
  { dialogue, note }: Session,
  args: readonly string[],
  { bench }: DoctorFlags,
): Promise<number | undefined> {
  if (bench === undefined) return undefined
  if (args.length === 0) {
    throw usageError('--bench needs a key', {
      why: 'a key signs the dummies',
      fix: 'sealwright doctor KEY --bench 100',
    })
  }
  const total = bench * args.length
  const agreed = await dialogue.confirm({
    prompt: `sign ${total} dummies with ${args.join(', ')}? the store may charge for it, and may have a limit`,
    missing: `--bench makes ${total} signatures that the store may charge for, and no terminal is available to ask on`,
    fix: 'agree with -y',
  })
  if (!agreed) note('nothing was signed')
  return agreed ? bench : undefined
}
