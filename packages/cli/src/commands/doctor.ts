import { shellQuote } from '@sealwright/core/encoding'
import type { KeyLock } from '@sealwright/keyring'
import { shownReference } from '@sealwright/oci'
import { type Layers, readLayers } from '../config/layers.ts'
import { pathsOf } from '../config/paths.ts'
import { settingsOf as mergedSettings } from '../config/settings.ts'
import { type Check, failed } from '../doctor/check.ts'
import { checkConfiguration, settingsOf } from '../doctor/configuration.ts'
import { checkFiles } from '../doctor/files.ts'
import { checkKey } from '../doctor/key.ts'
import { doctorLines } from '../doctor/lines.ts'
import { checkClock, checkNode } from '../doctor/machine.ts'
import { checkNotationKeys } from '../doctor/notation-keys.ts'
import { checkProviders } from '../doctor/providers.ts'
import { checkRegistry } from '../doctor/registry.ts'
import { checkRepository } from '../doctor/repository.ts'
import { checkTrust } from '../doctor/trust.ts'
import type { CheckedKey, CheckedTarget } from '../documents/doctor.ts'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { isKeyName } from '../keys/key-name.ts'
import { openKeys } from '../keys/keys.ts'
import { readKeyLock } from '../keys/lock-file.ts'
import { normalReference, schemeOf } from '../keys/reference.ts'
import { storePackages } from '../keys/store-packages.ts'
import type { KeyFlags } from '../program/key-flags.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import { parseRepository } from '../targets/repository.ts'
import { type ArtifactTarget, parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface DoctorFlags extends KeyFlags, RegistryFlags {
  readonly bench?: number
  readonly fix?: true
}

/** `sealwright doctor [KEY|TARGET|REPOSITORY]… [--fix] [--bench N]` */
export async function doctor(context: Context, args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as DoctorFlags
  const { layers, fault } = await configuration(context)
  const keyNames = args.filter(text => !isTarget(text))
  for (const text of keyNames) assertKey(context, text, layers)
  const named = args.filter(isTarget).map(text => registryTarget(context, text))
  assertFix(named, flags)
  if (named.length > 0 || registryGiven(flags)) assertUsable(context, named, flags)
  const bench = await agreedBench(context, keyNames, flags)
  const { paths = pathsOf(context.flags, context.io) } = layers ?? {}
  const { lock, fault: lockFault } = await keyLock(context, paths.keyLock)
  const checks: Check[] = [
    checkNode(),
    ...(layers === undefined ? [] : checkConfiguration(layers)),
    ...fault,
    ...lockFault,
    ...(await checkFiles(paths, context.io)),
    ...(await checkTrust(context, paths.trust)),
    ...(await checkNotationKeys(context, paths.trust)),
    ...(layers === undefined ? [] : await checkProviders(mergedSettings(layers), lock, context.io)),
    checkClock(context.io.now(), lock),
  ]
  const settings = layers === undefined ? [] : settingsOf(layers, context.flags, context.io)
  const usable = layers !== undefined && lock !== undefined
  const keys = usable ? await checkKeys(context, keyNames, flags, bench) : []
  const targets = layers === undefined ? [] : await checkTargets(context, named, flags)
  const all = [...checks, ...[...keys, ...targets].flatMap(one => one.checks)]
  const faulty = all.some(({ outcome }) => outcome === 'fault')
  const report = { checks, settings: [...settings], keys: [...keys], targets: [...targets] }
  return {
    exitCode: faulty ? EXIT.notVerified : EXIT.done,
    document: report,
    lines: doctorLines(report, context.paint, context.fit),
  }
}

async function checkKeys(
  context: Context,
  args: readonly string[],
  flags: DoctorFlags,
  bench: number | undefined,
): Promise<readonly CheckedKey[]> {
  if (args.length === 0) return []
  await using keys = await openKeys(context, flags)
  const checked: CheckedKey[] = []
  for (const text of args) checked.push(await checkKey(context, keys, text, bench))
  return checked
}

async function configuration(
  context: Context,
): Promise<{ readonly layers?: Layers; readonly fault: readonly Check[] }> {
  try {
    return { layers: await readLayers(context.flags, context.io, true), fault: [] }
  } catch (error) {
    const fault = [failed(context, 'configuration', error)]
    // What only signing reads does not keep the rest from being looked at.
    return readLayers(context.flags, context.io, false).then(
      layers => ({ layers, fault }),
      () => ({ fault }),
    )
  }
}

async function keyLock(
  context: Context,
  path: string,
): Promise<{ readonly lock?: KeyLock; readonly fault: readonly Check[] }> {
  try {
    return { lock: await readKeyLock(path), fault: [] }
  } catch (error) {
    return { fault: [failed(context, 'lock', error)] }
  }
}

async function checkTargets(
  context: Context,
  targets: readonly ArtifactTarget[],
  flags: DoctorFlags,
): Promise<readonly CheckedTarget[]> {
  const checked: CheckedTarget[] = []
  for (const target of targets) {
    const whole = target.tag === undefined && target.digest === undefined
    const check = whole ? checkRepository : checkRegistry
    checked.push(await check(context, target, registryFlags(flags), flags.fix === true))
  }
  return checked
}

/** Whether an argument is spelled as a target: keys are names, URIs and bare ids of vendors. */
function isTarget(text: string): boolean {
  const looksLikeTarget =
    /^(?:oci|oci-archive):/.test(text) || /^[^:]*\//.test(text) || /^[^/]+:\d+\//.test(text)
  return looksLikeTarget && !/^(?:projects\/|https:\/\/)/.test(text)
}

function registryTarget({ io }: Context, text: string): ArtifactTarget {
  const target = parseRepository(text, io.cwd, 'doctor') ?? parseTarget(text, io.cwd, 'doctor')
  if (target.kind === 'registry') return target
  throw usageError(`"${text}" is in no registry`, {
    why: 'of targets, doctor looks at what their registry offers, and at its list of signatures',
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
  return Object.keys(registryFlags(flags)).length > 0
}

/** Throws for what is neither a name nor a reference of a store that is known. */
function assertKey({ io }: Context, text: string, layers: Layers | undefined): void {
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
  { dialogue, note }: Context,
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
    missing: `--bench makes ${total} signatures that the store may charge for, and there is no terminal to ask on`,
    fix: 'agree with -y',
  })
  if (!agreed) note('nothing was signed')
  return agreed ? bench : undefined
}
