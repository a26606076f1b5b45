import { type Fit, printable, type Style, table } from '../../runtime/text.ts'
import type { Bench, Check, CheckedKey, CheckedTarget, ShownSetting } from './document.ts'

const STYLES = { ok: 'green', warning: 'yellow', fault: 'red' } as const

/** The report as text. */
export function doctorLines(
  report: {
    readonly checks: readonly Check[]
    readonly settings: readonly ShownSetting[]
    readonly keys: readonly CheckedKey[]
    readonly targets: readonly CheckedTarget[]
  },
  style: Style,
  fit?: Fit,
): string[] {
  return [
    // What was asked about comes first.
    ...report.keys.flatMap(key => keyLines(key, style)),
    ...report.targets.flatMap(({ reference, checks }) => [
      printable(reference),
      ...checkLines(checks, style).map(line => `  ${line}`),
    ]),
    ...checkLines(report.checks, style),
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

function keyLines(key: CheckedKey, style: Style): string[] {
  return [
    `key ${printable(key.key)}`,
    ...[
      ...(key.resolved === null ? [] : [`version      ${printable(key.resolved)}`]),
      ...(key.fingerprint === null ? [] : [`public key   ${key.fingerprint}`]),
      ...checkLines(key.checks, style),
      ...(key.permissions.length === 0 ? [] : ['it needs no more than:']),
      ...key.permissions.flatMap(({ operation, needs }) =>
        needs.map(need => `  ${operation.padEnd(12)}  ${printable(need)}`),
      ),
      ...(key.bench === null ? [] : benchLines(key.bench)),
    ].map(line => `  ${line}`),
  ]
}

function checkLines(checks: readonly Check[], style: Style): string[] {
  return checks.flatMap(({ check, outcome, detail, fix }) => [
    `${style(STYLES[outcome], outcome.padEnd(7))}  ${check.padEnd(13)}  ${printable(detail)}`,
    ...(fix === null ? [] : [`           fix: ${printable(fix)}`]),
  ])
}

function benchLines({ signatures, concurrency, perSecond, p50Ms, p99Ms, throttles }: Bench): string[] {
  return [
    `${signatures} signatures, ${concurrency} at once: ${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${throttles} throttled`,
  ]
}
