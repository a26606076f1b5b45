import { type AlgorithmId, algorithms, keyType } from '@sealwright/core'
import { encodePem, shellQuote } from '@sealwright/core/encoding'
import type { Certificate } from '@sealwright/x509'
import { certificateLines, describeCertificate } from '../certificates/describe.ts'
import type { KeyDocument } from '../documents/document.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { findChain } from '../keys/chain.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { describeKey, type Keys, openKeys, type SelectedKey } from '../keys/keys.ts'
import { keyLines } from '../keys/lines.ts'
import { schemeOf } from '../keys/reference.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface Shown {
  readonly key: KeyDocument
  readonly publicKey: Uint8Array
  readonly protection: string | null
  readonly algorithms: readonly string[]
  readonly chain: readonly Certificate[]
}

/** `sealwright key show [KEY] [--public]` */
export async function keyShow(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as KeyFlags & { readonly public?: true }
  if (flags.public && context.flags.output === 'json') {
    throw usageError('--public and -o json cannot be used together', {
      why: 'stdout is either the PEM or the document, which holds the PEM too',
      fix: 'leave --public out',
    })
  }
  await using keys = await openKeys(context, flags)
  const selected = await keys.select(text)
  const shown = fromLock(selected) ?? (await fromStore(context, keys, selected))
  const chain =
    shown.chain.length > 0
      ? shown.chain
      : ((await findChain(context, { kept: selected.kept, publicKey: shown.publicKey })) ?? [])
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

async function fromStore(context: Context, keys: Keys, selected: SelectedKey): Promise<Shown> {
  await using signer = await keys.open(selected, defaultAlgorithm)
  return {
    key: describeKey(selected, signer),
    publicKey: signer.key.publicKey,
    protection: signer.key.protection,
    algorithms: Object.keys(signer.key.algorithms),
    chain: (await findChain(context, { signer, kept: selected.kept })) ?? [],
  }
}
