import type { Bench, Check, CheckedKey, CheckedTarget, ShownSetting } from '../documents/doctor.ts'
import type { Paint } from '../frame/style.ts'
import { type Fit, printable, table } from '../frame/table.ts'

const STYLES = { ok: 'green', warning: 'yellow', fault: 'red' } as const

/** The report as text. */
export function doctorLines(
  report: {
    readonly checks: readonly Check[]
    readonly settings: readonly ShownSetting[]
    readonly keys: readonly CheckedKey[]
    readonly targets: readonly CheckedTarget[]
  },
  paint: Paint,
  fit?: Fit,
): string[] {
  return [
    // What was asked about comes first.
    ...report.keys.flatMap(key => keyLines(key, paint)),
    ...report.targets.flatMap(({ reference, checks }) => [
      printable(reference),
      ...checkLines(checks, paint).map(line => `  ${line}`),
    ]),
    ...checkLines(report.checks, paint),
    ...(report.settings.length === 0 ? [] : ['settings in effect:']),
    ...(report.settings.length === 0
      ? []
      : table(
          ['SETTING', 'ORIGIN', 'VALUE'],
          report.settings.map(({ name, origin, value }) => [name, origin, value]),
          fit && { columns: fit.columns - 2 },
        ).map(line => `  ${line}`)),
  ]
}

function keyLines(key: CheckedKey, paint: Paint): string[] {
  return [
    `key ${printable(key.key)}`,
    ...[
      ...(key.resolved === null ? [] : [`version      ${printable(key.resolved)}`]),
      ...(key.fingerprint === null ? [] : [`public key   ${key.fingerprint}`]),
      ...checkLines(key.checks, paint),
      ...(key.permissions.length === 0 ? [] : ['it needs no more than:']),
      ...key.permissions.flatMap(({ operation, needs }) =>
        needs.map(need => `  ${operation.padEnd(12)}  ${printable(need)}`),
      ),
      ...(key.bench === null ? [] : benchLines(key.bench)),
    ].map(line => `  ${line}`),
  ]
}

function checkLines(checks: readonly Check[], paint: Paint): string[] {
  return checks.flatMap(({ check, outcome, detail, fix }) => [
    `${paint(STYLES[outcome], outcome.padEnd(7))}  ${check.padEnd(13)}  ${printable(detail)}`,
    ...(fix === null ? [] : [`           fix: ${printable(fix)}`]),
  ])
}

function benchLines({ signatures, concurrency, perSecond, p50Ms, p99Ms, throttles }: Bench): string[] {
  return [
    `${signatures} signatures, ${concurrency} at once: ${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${throttles} throttled`,
  ]
}
