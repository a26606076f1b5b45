import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { readTrustStore, storeCertificateFault, storeFault } from '@sealwright/notary'
import { type Certificate, chainRules, checkChain, orderChain } from '@sealwright/x509'
import {
  certificateLines,
  describeCertificate,
  readCertificates,
  unmatchableSubject,
} from '../../certificates/certificate.ts'
import type { KeyFlags } from '../../flags/common-flags.ts'
import { requestCommand } from '../../keys/advice.ts'
import { openKeys } from '../../keys/keys.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { faultsOf, isStore, parseStore } from '../../trust/store.ts'
import type { ShownChain } from './document.ts'

/** `sealwright cert show FILE|KEY|STORE…` */
export async function certShow(
  session: Session,
  sources: readonly string[],
  flags: KeyFlags,
): Promise<Outcome> {
  const chains: ShownChain[] = []
  for (const source of sources) chains.push(...(await chainsOf(session, source, flags)))
  return { exitCode: 0, document: { chains }, lines: chains.flatMap(chainLines) }
}

async function chainsOf(session: Session, source: string, flags: KeyFlags): Promise<readonly ShownChain[]> {
  if (isStore(source)) return storeChains(session, source)
  const { cwd } = session.io
  const isFile = await access(resolve(cwd, source)).then(
    () => true,
    () => false,
  )
  if (isFile && !source.includes(':'))
    return inChains(await readCertificates(source, cwd)).map(chain => shown(session, source, chain))
  await using keys = await openKeys(session, flags)
  const key = await keys.select(source)
  const chain = await keys.chainOf(key)
  if (chain === undefined) {
    throw usageError(`key ${key.label} has no certificate`, {
      why: 'neither its store nor the configuration holds one',
      fix: requestCommand(key.label),
    })
  }
  return [shown(session, source, chain)]
}

async function storeChains(session: Session, text: string): Promise<readonly ShownChain[]> {
  const { type, name } = parseStore(text)
  const store = await readTrustStore((await session.settings()).paths.trust, { type, name })
  const faults = store.entries.length === 0 ? [storeFault(store)!.message] : faultsOf(store)
  const chains = store.entries.flatMap(entry =>
    entry.certificates.map((certificate): ShownChain => {
      const unfit = storeCertificateFault(certificate, type)
      return {
        source: text,
        certificates: [describeCertificate(certificate)],
        acceptable: unfit === undefined,
        faults: unfit === undefined ? [] : [{ rule: 'trust-store', certificate: 0, message: unfit }],
        warning: null,
      }
    }),
  )
  if (faults.length === 0) return chains
  const broken = faults.map(message => ({ rule: 'trust-store', certificate: null, message }))
  return [...chains, { source: text, certificates: [], acceptable: false, faults: broken, warning: null }]
}

/** One chain, or, where the certificates are none, each by itself. */
function inChains(certificates: readonly Certificate[]): readonly (readonly Certificate[])[] {
  try {
    return [orderChain(certificates)]
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return certificates.map(certificate => [certificate])
  }
}

function shown({ io }: Session, source: string, chain: readonly Certificate[]): ShownChain {
  const faults = checkChain(chain, { purpose: 'codeSigning', at: io.now() })
  return {
    source,
    certificates: chain.map(describeCertificate),
    acceptable: faults.length === 0,
    notation: faults.every(({ stricter }) => stricter !== undefined),
    faults: [...faults],
    warning: (chain[0] && unmatchableSubject(chain[0])) ?? null,
  }
}

const STRICTER = {
  specification: 'signature-specification.md, "Certificate Requirements"',
  rfc5280: 'RFC 5280',
  limit: 'a limit of Sealwright',
} as const

function chainLines(shownChain: ShownChain): string[] {
  const { source, certificates, acceptable, notation = acceptable, faults, warning } = shownChain
  const stricter = [...new Set(faults.flatMap(fault => fault.stricter ?? []))].map(rule => STRICTER[rule])
  const rules = Object.entries(chainRules).filter(([rule]) => rule !== 'timestamping-extended-key-usage')
  const inStore = isStore(source)
  return [
    printable(source),
    ...certificates.flatMap((certificate, index) => [
      `  certificate ${index + 1} of ${certificates.length}`,
      ...certificateLines(certificate, '    '),
    ]),
    inStore
      ? `  fit for the store  ${acceptable ? 'yes' : 'no'}`
      : `  accepted by Notation for signing  ${notation ? 'yes' : 'no'}`,
    ...(notation && !acceptable ? [`  accepted here for signing         no: ${stricter.join('; ')}`] : []),
    ...(warning === null ? [] : [`  warning  ${printable(warning)}`]),
    ...(inStore
      ? faults.map(({ message }) => `    failed  ${message}`)
      : rules.flatMap(([rule, text]) => ruleLines(rule, text, faults))),
  ]
}

function ruleLines(rule: string, text: string, faults: ShownChain['faults']): string[] {
  const broken = faults.filter(fault => fault.rule === rule)
  if (broken.length === 0) return [`    passed  ${rule.padEnd(24)}  ${text}`]
  return broken.map(
    ({ certificate, message, stricter }) =>
      `    failed  ${rule.padEnd(24)}  ${certificate === null ? '' : `certificate ${certificate + 1}: `}${printable(message)}${
        stricter === undefined ? '' : ` (by ${STRICTER[stricter]}; Notation accepts it)`
      }`,
  )
}
