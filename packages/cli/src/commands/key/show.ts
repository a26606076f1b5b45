import { type AlgorithmId, algorithms, keyType } from '@sealwright/core'
import { encodePem, shellQuote } from '@sealwright/core/encoding'
import type { Certificate } from '@sealwright/x509'
import { certificateLines, describeCertificate } from '../../certificates/certificate.ts'
import { findChain } from '../../keys/chain.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { describeKey, type Keys, keyLines, openKeys, type SelectedKey } from '../../keys/keys.ts'
import { schemeOf } from '../../keys/reference.ts'
import type { KeyDocument } from '../../runtime/document.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { KeyShowFlags } from './spec.ts'

interface Shown {
  readonly key: KeyDocument
  readonly publicKey: Uint8Array
  readonly protection: string | null
  readonly algorithms: readonly string[]
  readonly chain: readonly Certificate[]
}

/** `sealwright key show [KEY] [--public]` */
export async function keyShow(
  session: Session,
  [text]: readonly [string?],
  flags: KeyShowFlags,
): Promise<Outcome> {
  if (flags.public && session.flags.output === 'json') {
    throw usageError('--public and -o json cannot be used together', {
      why: 'stdout is either the PEM or the document, which holds the PEM too',
      fix: 'leave --public out',
    })
  }
  await using keys = await openKeys(session, flags)
  const selected = await keys.select(text)
  const shown = fromLock(selected) ?? (await fromStore(session, keys, selected))
  const chain =
    shown.chain.length > 0
      ? shown.chain
      : ((await findChain(session, { kept: selected.kept, publicKey: shown.publicKey })) ?? [])
  const certificates = chain.map(describeCertificate)
  const publicKeyPem = encodePem('PUBLIC KEY', shown.publicKey)
  const history = (selected.lock?.history ?? []).map(({ resolved, fingerprint }) => ({
    resolved,
    fingerprint,
  }))
  const { key, protection } = shown
  const prepared = preparedKey(selected)
  return {
    exitCode: 0,
    document: {
      key,
      protection,
      algorithms: shown.algorithms,
      publicKeyPem,
      certificates,
      prepared,
      history,
    },
    lines: flags.public
      ? []
      : [
          selected.label,
          ...keyLines(key),
          ...(protection === null ? [] : [`  protection  ${protection}`]),
          `  signs with  ${shown.algorithms.join(', ')}`,
          ...certificates.flatMap((certificate, index) => [
            `  certificate ${index + 1}`,
            ...certificateLines(certificate, '    '),
          ]),
          ...(prepared === null
            ? []
            : [
                `  prepared    ${prepared.resolved}  ${prepared.fingerprint}`,
                `              when it has a certificate: sealwright key rotate ${shellQuote(selected.label)} --cert-chain FILE`,
              ]),
          ...history.map(({ resolved, fingerprint }) => `  formerly    ${resolved}  ${fingerprint}`),
        ],
    ...(flags.public ? { raw: publicKeyPem } : {}),
  }
}

/** What a rotation has prepared, once the store has made it. */
function preparedKey({ name, lock }: SelectedKey): KeyDocument | null {
  const { reference, pin } = lock?.next ?? {}
  if (name === undefined || reference === undefined || pin === undefined) return null
  const { resolved, algorithm = '-', fingerprint } = pin
  return { name, reference, resolved, algorithm, fingerprint }
}

/** A named file key as the lock has it: to be shown, it need not be opened. */
function fromLock({ name, reference, lock }: SelectedKey): Shown | undefined {
  if (name === undefined || lock?.publicKey === undefined || schemeOf(reference) !== 'file') return undefined
  const publicKey = Buffer.from(lock.publicKey, 'base64')
  const type = keyType(publicKey)
  const fitting = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  const algorithm: AlgorithmId = lock.algorithm ?? (fitting[0] as (typeof fitting)[number]).id
  return {
    key: { name, reference, resolved: lock.resolved, algorithm, fingerprint: lock.fingerprint },
    publicKey,
    protection: 'software',
    algorithms: fitting.map(({ id }) => id),
    chain: [],
  }
}

async function fromStore(session: Session, keys: Keys, selected: SelectedKey): Promise<Shown> {
  await using signer = await keys.open(selected, defaultAlgorithm)
  return {
    key: describeKey(selected, signer),
    publicKey: signer.key.publicKey,
    protection: signer.key.protection,
    algorithms: Object.keys(signer.key.algorithms),
    chain: (await findChain(session, { signer, kept: selected.kept })) ?? [],
  }
}
