import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createVerifier, trustDirectory } from '@sealwright/notary'
import { type ArtifactStore, copyGraph, layoutArchive, layoutDirectory, walkGraph } from '@sealwright/oci'
import { describe, expect, test } from 'vitest'
import { type LayoutIndex, readLayoutIndex } from '../services/image.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import type { Skips } from '../services/tool.ts'
import { registryPeers } from './registry-peers.ts'
import { REGISTRIES, startWithClientCertificates } from './registry-worlds.ts'
import { blobsIn, makeShipment, SBOM, type Shipment } from './shipment.ts'

const timeout = 900_000 // the first run builds the registries

/** Of two referrers that oras pushes together olareg 0.1.2 may lose one; what oras brings is to be whole. */
const ONE_BY_ONE = ['--concurrency', '1']

const shipment = shared(makeShipment)

describe.for(REGISTRIES)('%s', { timeout }, ([, start]) => {
  const running = shared(start)

  async function setting(context: Skips) {
    const made = await shipment(context)
    const { entry, store } = await running(context)
    const repository = `app-${crypto.randomUUID()}`
    return {
      ...made,
      ...(await registryPeers(context, entry, made.trust)),
      store: store(repository),
      target: `${entry.host}/${repository}`,
      skopeoFlag: (side: 'src-' | 'dest-' | '') => `--${side}tls-verify=${entry.caPath !== undefined}`,
    }
  }

  /** What we bring there from a layout. */
  async function brought(context: Skips) {
    const all = await setting(context)
    const { layout, store } = all
    const report = await copyGraph(await layoutDirectory(layout), 'v1', store)
    expect(report.left).toEqual([])
    return all
  }

  /** What oras brings there. Of an index it does not take along what refers to its images: each is copied by itself. */
  async function broughtByOras(context: Skips) {
    const all = await setting(context)
    const { oras, layout, target, images } = all
    await oras('cp', '-r', ...ONE_BY_ONE, '--from-oci-layout', `${layout}:v1`, `${target}:v1`)
    for (const image of images)
      await oras('cp', '-r', ...ONE_BY_ONE, '--from-oci-layout', `${layout}@${image}`, `${target}@${image}`)
    return all
  }

  test('oras discovers all that we copied, and copies it on', async context => {
    const { oras, cwd, target, images, index, sbom, signatures, linked } = await brought(context)
    const discovered = async (digest: string) =>
      digestsIn(JSON.parse(await oras('discover', '--format', 'json', `${target}@${digest}`)))
    expect(await discovered(index)).toEqual([index, sbom, ...of(signatures, index, sbom)].toSorted())
    for (const image of images)
      expect(await discovered(image)).toEqual([image, ...of(signatures, image)].toSorted())
    for (const digest of [index, ...images])
      await oras('cp', '-r', '--to-oci-layout', `${target}@${digest}`, `copied@${digest}`)
    expect(await blobsIn(join(cwd, 'copied'))).toEqual(linked)
    await oras('pull', '-o', 'pulled', `${target}@${sbom}`)
    expect(await readFile(join(cwd, 'pulled', 'sbom.json'), 'utf8')).toBe(SBOM)
  })

  test('crane finds what we copied whole, the tag of cosign too', async context => {
    const { crane, cwd, target, images, index, signatures, tagged, linked } = await brought(context)
    const signed = [...signatures.values()].flat()
    for (const digest of [index, ...images, ...signed])
      expect(sha256(await crane('manifest', `${target}@${digest}`))).toBe(digest)
    for (const image of images) await crane('validate', '--remote', `${target}@${image}`)
    expect((await crane('digest', `${target}:${tagged.tag}`)).trim()).toBe(tagged.digest)
    await crane('pull', '--format=oci', `${target}:v1`, 'pulled')
    const pulled = await blobsIn(join(cwd, 'pulled'))
    expect(pulled).toHaveLength(1 + images.length * 3)
    expect(linked).toEqual(expect.arrayContaining([...pulled]))
  })

  test('skopeo inspects what we copied, and copies it into a directory', async context => {
    const { skopeo, skopeoFlag, cwd, target, index, images } = await brought(context)
    const inspected = JSON.parse(await skopeo('inspect', skopeoFlag(''), `docker://${target}:v1`))
    expect(inspected).toMatchObject({ Digest: index, Os: 'linux' })
    const flags = ['--all', '--preserve-digests', skopeoFlag('src-')]
    await skopeo('copy', ...flags, `docker://${target}:v1`, 'dir:copied')
    const manifest = await readFile(join(cwd, 'copied', 'manifest.json'), 'utf8')
    expect(sha256(manifest)).toBe(index)
    const names = await readdir(join(cwd, 'copied'))
    for (const image of images) expect(names).toContain(`${image.slice('sha256:'.length)}.manifest.json`)
  })

  test('notation lists and verifies every signature that we copied', async context => {
    const { notation, target, signatures } = await brought(context)
    for (const [digest, expected] of signatures) {
      const listed = await notation('ls', `${target}@${digest}`)
      for (const signature of expected) expect(listed).toContain(signature)
      await notation('verify', `${target}@${digest}`)
    }
  })

  test('what oras copied from a layout we find whole, verify, and copy on', async context => {
    const { store, trust, linked, signatures } = await broughtByOras(context)
    await expectWhole(store, 'v1', { linked, signatures, trust })
  })

  test('what oras copied on within the registry we find whole and verify', async context => {
    const { oras, target, images, index, linked, signatures, trust } = await broughtByOras(context)
    const { store } = await running(context)
    const onward = `${target}-onward`
    for (const digest of [index, ...images])
      await oras('cp', '-r', ...ONE_BY_ONE, `${target}@${digest}`, `${onward}@${digest}`)
    const name = onward.slice(onward.indexOf('/') + 1)
    await expectWhole(store(name), index, { linked, signatures, trust })
  })

  test('what oras copied into a layout we find whole and verify', async context => {
    const { oras, cwd, target, images, linked, signatures, trust } = await broughtByOras(context)
    await oras('cp', '-r', '--to-oci-layout', `${target}:v1`, 'layout:v1')
    for (const digest of images)
      await oras('cp', '-r', '--to-oci-layout', `${target}@${digest}`, `layout@${digest}`)
    const store = await layoutDirectory(join(cwd, 'layout'))
    await expectWhole(store, 'v1', { linked, signatures, trust })
  })

  test('what oras backed up into an archive we find whole and verify', async context => {
    const { oras, cwd, target, linked, signatures, trust } = await broughtByOras(context)
    await oras('backup', '--include-referrers', '--output', 'backup.tar', `${target}:v1`)
    await expectWhole(layoutArchive(join(cwd, 'backup.tar')), 'v1', { linked, signatures, trust })
  })
})

describe('a registry that demands a client certificate', { timeout }, () => {
  const running = shared(startWithClientCertificates)

  /** What we bring there, and how others say who they are. */
  async function brought(context: Skips) {
    const made = await shipment(context)
    const { entry, store, certificates } = await running(context)
    const peers = await registryPeers(context, { host: entry.host }, made.trust)
    const repository = `app-${crypto.randomUUID()}`
    const report = await copyGraph(await layoutDirectory(made.layout), 'v1', store(repository))
    expect(report.left).toEqual([])
    const { caPath, client } = certificates
    return {
      ...made,
      ...peers,
      target: `${entry.host}/${repository}`,
      files: { ca: caPath, cert: client.certPath, key: client.keyPath },
    }
  }

  test('has all that we copied, by what oras reads back', async context => {
    const { oras, cwd, target, files, index, images, linked } = await brought(context)
    const shown = (side: string) =>
      Object.entries(files).flatMap(([name, path]) => [`--${side}${name}-file`, path])
    for (const digest of [index, ...images]) {
      const to = ['--to-oci-layout', `${target}@${digest}`, `copied@${digest}`]
      await oras('cp', '-r', ...shown('from-'), ...to)
    }
    expect(await blobsIn(join(cwd, 'copied'))).toEqual(linked)
    await oras('manifest', 'fetch', ...shown(''), `${target}:v1`)
    // Its authority alone is not enough: there is no answer, whatever ends the connection first (TLS 1.3).
    const unknown = oras('manifest', 'fetch', '--ca-file', files.ca, `${target}:v1`)
    await expect(unknown).rejects.toThrow(/failed to fetch .*: Get "https:/)
  })

  test('has the image that we copied, by what skopeo reads back', async context => {
    const { skopeo, cwd, target, files, index, images } = await brought(context)
    const shown = join(cwd, 'shown')
    await mkdir(shown)
    await copyFile(files.ca, join(shown, 'ca.crt'))
    await copyFile(files.cert, join(shown, 'client.cert'))
    await copyFile(files.key, join(shown, 'client.key'))
    const flags = ['--all', '--preserve-digests', '--src-cert-dir', shown]
    await skopeo('copy', ...flags, `docker://${target}:v1`, 'dir:copied')
    expect(sha256(await readFile(join(cwd, 'copied', 'manifest.json'), 'utf8'))).toBe(index)
    const names = await readdir(join(cwd, 'copied'))
    for (const image of images) expect(names).toContain(`${image.slice('sha256:'.length)}.manifest.json`)
  })
})

describe('a layout that we copied into', { timeout }, () => {
  async function setting(context: Skips) {
    const made = await shipment(context)
    return { ...made, ...(await registryPeers(context, { host: 'localhost' }, made.trust)) }
  }

  test('is whole to oras, skopeo and notation', async context => {
    const { oras, skopeo, notation, cwd, layout, index, sbom, linked, signatures } = await setting(context)
    const copied = join(cwd, 'copied')
    const to = await layoutDirectory(copied, { create: true })
    expect((await copyGraph(await layoutDirectory(layout), 'v1', to)).left).toEqual([])
    const tree = await oras('discover', '--oci-layout', '--format', 'json', 'copied:v1')
    expect(digestsIn(JSON.parse(tree))).toEqual([index, sbom, ...of(signatures, index, sbom)].toSorted())
    await oras('cp', '-r', '--from-oci-layout', '--to-oci-layout', 'copied:v1', 'by-oras:v1')
    expect(linked).toEqual(expect.arrayContaining([...(await blobsIn(join(cwd, 'by-oras')))]))
    await skopeo('copy', '--all', '--preserve-digests', 'oci:copied:v1', 'dir:by-skopeo')
    expect(sha256(await readFile(join(cwd, 'by-skopeo', 'manifest.json'), 'utf8'))).toBe(index)
    for (const digest of signatures.keys())
      await notation('verify', '--oci-layout', '--scope', 'registry.example/app', `${copied}@${digest}`)
  })

  test('is whole to oras and skopeo in a tar', async context => {
    const { oras, skopeo, cwd, layout, index, sbom, signatures } = await setting(context)
    const to = layoutArchive(join(cwd, 'copied.tar'), { create: true })
    expect((await copyGraph(await layoutDirectory(layout), 'v1', to)).left).toEqual([])
    const tree = await oras('discover', '--oci-layout', '--format', 'json', 'copied.tar:v1')
    expect(digestsIn(JSON.parse(tree))).toEqual([index, sbom, ...of(signatures, index, sbom)].toSorted())
    await skopeo('copy', '--all', '--preserve-digests', 'oci-archive:copied.tar:v1', 'dir:by-skopeo')
    expect(sha256(await readFile(join(cwd, 'by-skopeo', 'manifest.json'), 'utf8'))).toBe(index)
  })
})

/** What we copy on is all there is, and each signature in it is valid. */
async function expectWhole(
  store: ArtifactStore,
  reference: string,
  { linked, signatures, trust }: Pick<Shipment, 'linked' | 'signatures' | 'trust'>,
): Promise<void> {
  for await (const { descriptor, fault } of walkGraph(store, await store.resolve(reference)))
    expect(fault, descriptor.digest).toBeUndefined()
  const directory = join(await scratch('whole'), 'layout')
  const report = await copyGraph(store, reference, await layoutDirectory(directory, { create: true }))
  expect(report.left).toEqual([])
  // Our layouts keep lists of referrers besides, for those who look for these.
  const lists = (await readLayoutIndex(directory)).manifests.filter(isList).map(({ digest }) => digest)
  expect((await blobsIn(directory)).filter(digest => !lists.includes(digest))).toEqual(linked)
  const verifier = await createVerifier({ trust: await trustDirectory(trust) })
  for (const [digest, expected] of signatures) {
    const report = await verifier.verify(
      { artifacts: store, reference: digest, scope: 'registry.example/app' },
      { all: true },
    )
    const valid = report.signatures.filter(({ verdict }) => verdict === 'verified')
    expect(valid.map(each => each.digest).toSorted()).toEqual([...expected].toSorted())
  }
}

function isList({ annotations }: LayoutIndex['manifests'][number]): boolean {
  return /^sha256-[0-9a-f]{64}$/.test(annotations?.['org.opencontainers.image.ref.name'] ?? '')
}

function of(signatures: Shipment['signatures'], ...digests: readonly string[]): readonly string[] {
  return digests.flatMap(digest => signatures.get(digest) ?? [])
}

interface Discovered {
  readonly digest: string
  readonly referrers?: readonly Discovered[]
}

/** Of the tree that oras prints; sorted. */
function digestsIn(tree: Discovered): readonly string[] {
  const below = ({ digest, referrers = [] }: Discovered): string[] => [digest, ...referrers.flatMap(below)]
  return below(tree).toSorted()
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
