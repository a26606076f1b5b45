import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws } from '@sealwright/core/notary-jws'
import {
  notaryJws as binding,
  createVerifier,
  requestTimestamp,
  revocationCache,
  signArtifact,
  trustDirectory,
  type Verifier,
} from '@sealwright/notary'
import { type ArtifactStore, layoutDirectory } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'
import type { Identity } from '../services/certificates.ts'
import { addToStore, notationHome, trustEverywhere } from '../services/notation.ts'
import { startRevocationAuthority } from '../services/revocation-authority.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { startTimestampAuthority } from '../services/timestamp-authority.ts'
import { largeCrlFigures } from './large-crl.ts'
import { cpu, type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'
import { putImage, signerOf } from './signed-image.ts'

const OURS = 200
const THEIRS = 5
const FEW = 100
const MANY = 1000
const PAIRS_OF_MANY = 7
const SCOPE = 'local/app'

/**
 * Signatures that outlive their certificates: the signer's certificate names a CRL, which is cached where notation keeps it
 * too, and a timestamp authority vouches for the time.
 */
export async function verifyLastingFigures(): Promise<readonly Figure[]> {
  await using authority = await startRevocationAuthority()
  const signer = await authority.issue('signer', ['crl'])
  const figures = [
    await againstNotation(authority.root.certificatePath, signer),
    await manyOnOne(authority.root.certificatePath, signer),
    ...(await largeCrlFigures()),
  ]
  return figures
}

async function againstNotation(root: string, key: Identity): Promise<Figure> {
  await using time = await startTimestampAuthority()
  const directory = await scratch('bench')
  const cache = join(directory, 'cache')
  const notation = await notationHome(mustHave, { env: { NOTATION_CACHE: cache } })
  await addToStore(notation.config, 'acme', [root])
  const authorities = join(notation.config, 'truststore', 'x509', 'tsa', 'time')
  await mkdir(authorities, { recursive: true })
  await cp(time.rootPath, join(authorities, 'root.crt'))
  await notation.writePolicy({ ...trustEverywhere('acme'), trustStores: ['ca:acme', 'tsa:time'] })

  const layout = join(directory, 'layout')
  const artifacts = await layoutDirectory(layout, { create: true })
  const { digest } = await putImage(artifacts, 'v1', { layers: 1, layerBytes: 64 })
  await signWithTimestamp(artifacts, digest, key, time)
  const verifyByNotation = async () => {
    const args = ['verify', '--oci-layout', '--scope', SCOPE, `${layout}@${digest}`]
    const { code, stderr } = await notation.run(args)
    if (code !== 0) throw new Error(stderr)
  }
  await verifyByNotation() // It fetches the CRL, and both use it from then on.

  const verifier = await createVerifier({
    trust: await trustDirectory(notation.config),
    revocation: { cache: revocationCache({ crl: join(cache, 'crl') }) },
  })
  const figure = await pairs(
    () => timed(() => repeat(OURS, () => verified(verifier, artifacts, digest))),
    () => timed(() => repeat(THEIRS, verifyByNotation)),
    (ours, theirs) => OURS / ours / (THEIRS / theirs),
  )
  await removeScratch(directory)
  return {
    name: 'verifications with timestamp and cached CRL / notation verify',
    ...figure,
    bound: { atLeast: 10 },
    unit: '×',
  }
}

/** All signatures of an artifact are judged: what one of many costs against one of few. */
async function manyOnOne(root: string, key: Identity): Promise<Figure> {
  const directory = await scratch('bench')
  const notation = await notationHome(mustHave, { trust: { acme: [root] } })
  await notation.writePolicy({
    ...trustEverywhere('acme'),
    signatureVerification: { level: 'strict', override: { revocation: 'skip' } },
  })
  const artifacts = await layoutDirectory(join(directory, 'layout'), { create: true })
  await using signer = await signerOf(key)
  const signed = (count: number) =>
    artifacts.batch!(async store => {
      const image = await putImage(store, `v${count}`, { layers: 1, layerBytes: 64 })
      for (let index = 0; index < count; index++) await signer.sign(store, image)
      return image.digest
    })
  const [few, many] = [await signed(FEW), await signed(MANY)]
  const verifier = await createVerifier({ trust: await trustDirectory(notation.config) })
  const figure = await pairs(
    () => cpu(() => verified(verifier, artifacts, many, MANY)),
    () => cpu(() => repeat(MANY / FEW, () => verified(verifier, artifacts, few, FEW))),
    (ours, theirs) => ours / theirs,
    PAIRS_OF_MANY,
  )
  await removeScratch(directory)
  return {
    name: 'one of 1,000 signatures on an artifact / one of 100',
    ...figure,
    bound: { atMost: 1.5 },
    unit: '×',
  }
}

async function verified(
  verifier: Verifier,
  artifacts: ArtifactStore,
  reference: string,
  signatures = 1,
): Promise<void> {
  const report = await verifier.verify(
    { artifacts, reference, scope: SCOPE },
    { all: true, maxSignatures: signatures },
  )
  const count = report.signatures.filter(({ verdict }) => verdict === 'verified').length
  if (report.verdict !== 'verified' || count !== signatures)
    throw new Error(`we say ${report.verdict}, with ${count} of ${signatures} signatures`)
}

async function signWithTimestamp(
  artifacts: ArtifactStore,
  reference: string,
  { keyPath, chainPath }: Identity,
  time: { readonly url: string; readonly rootPath: string },
): Promise<void> {
  const chain = parseCertificates(await readFile(chainPath), chainPath)
  const roots = parseCertificates(await readFile(time.rootPath), time.rootPath)
  await using signer = await openSigner(fileKeys(), `file:${keyPath}`, {
    algorithm: notaryJws.algorithmFor,
  })
  await signArtifact({ artifacts }, reference, binding, content =>
    seal(notaryJws, content, signer, {
      attributes: { signingTime: new Date() },
      certificates: chain.map(({ der }) => der),
      countersign: async ({ bytes }) => {
        const { token } = await requestTimestamp(bytes, {
          fetch,
          urls: [time.url],
          roots,
          algorithm: signer.algorithm.id,
        })
        return { timestamps: [token] }
      },
    }),
  )
}

async function repeat(count: number, work: () => Promise<void>): Promise<void> {
  for (let round = 0; round < count; round++) await work()
}
