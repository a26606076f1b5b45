import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const EMPTY = 'application/vnd.oci.empty.v1+json'

interface Described {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

interface Attaching {
  readonly artifactType?: string
  readonly layers?: readonly {
    readonly mediaType: string
    readonly content: string
    readonly annotations?: object
  }[]
  readonly config?: { readonly mediaType: string; readonly content: string }
  readonly annotations?: Record<string, string>
  /** Stored under this tag, and referring to nothing. */
  readonly tag?: string
}

/** Stores a manifest in a layout as other tools do, without our own code. */
async function attach({ path }: Program, subject: Described, what: Attaching): Promise<Described> {
  const put = async (mediaType: string, content: string): Promise<Described> => {
    const bytes = Buffer.from(content)
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(path('image'), 'blobs', 'sha256', hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const { artifactType, layers = [], config, annotations, tag } = what
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: await put(config?.mediaType ?? EMPTY, config?.content ?? '{}'),
    layers: await Promise.all(
      layers.map(async layer => ({
        ...(await put(layer.mediaType, layer.content)),
        ...(layer.annotations === undefined ? {} : { annotations: layer.annotations }),
      })),
    ),
    ...(tag === undefined ? { subject } : {}),
    ...(annotations === undefined ? {} : { annotations }),
  }
  const described = await put(MANIFEST, JSON.stringify(manifest))
  const index = JSON.parse(await readFile(join(path('image'), 'index.json'), 'utf8'))
  const name = tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }
  index.manifests.push({ ...described, ...name })
  await writeFile(join(path('image'), 'index.json'), JSON.stringify(index))
  return described
}

async function image(): Promise<{ self: Program; subject: Described; tag: string }> {
  const self = await program()
  const { digest } = await makeLayout(self.path('image'), 'v1')
  const { size } = await readFile(join(self.path('image'), 'blobs', digest.replace(':', '/'))).then(
    bytes => ({
      size: bytes.length,
    }),
  )
  return { self, subject: { mediaType: MANIFEST, digest, size }, tag: digest.replace(':', '-') }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A DSSE as in-toto's own tools write it. */
function dsse(statement: object): object {
  const payloadType = 'application/vnd.in-toto+json'
  const payload = Buffer.from(JSON.stringify(statement))
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ])
  const sig = sign('sha256', encoded, privateKey).toString('base64')
  return { payloadType, payload: payload.toString('base64'), signatures: [{ keyid: 'build-1', sig }] }
}

const statementOf = (subject: Described, predicate: object, predicateType: string): object => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  subject: [{ name: 'app', digest: { sha256: subject.digest.slice('sha256:'.length) } }],
  predicateType,
  predicate,
})

describe('list', () => {
  it('shows all that refers to an image, what refers to that, and old tags', async () => {
    const { self, subject, tag } = await image()
    const bom = await attach(self, subject, {
      artifactType: 'application/spdx+json',
      layers: [{ mediaType: 'application/spdx+json', content: '{"spdxVersion":"SPDX-2.3"}' }],
      annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
    })
    const signature = await attach(self, bom, { artifactType: 'application/vnd.cncf.notary.signature' })
    const old = await attach(self, subject, {
      tag: `${tag}.att`,
      layers: [{ mediaType: 'application/vnd.dsse.envelope.v1+json', content: JSON.stringify(dsse({})) }],
    })
    const document = await self.json(0, ['list', 'oci:image:v1'])
    expect(document.referrers).toMatchObject([
      {
        digest: bom.digest,
        kind: 'sbom',
        tag: null,
        fault: null,
        referrers: [{ digest: signature.digest, kind: 'signature' }],
      },
      { digest: old.digest, kind: 'attestation', tag: `${tag}.att`, referrers: [] },
    ])
    const { stdout } = await self.expect(0, ['list', 'oci:image:v1'])
    expect(stdout.split('\n')).toEqual([
      `oci:image@${subject.digest}`,
      `├── ${bom.digest}  sbom         application/spdx+json  2026-01-02T03:04:05Z  -`,
      `│   └── ${signature.digest}  signature    application/vnd.cncf.notary.signature  -  -`,
      `└── ${old.digest}  attestation  ${EMPTY}  -  ${tag}.att`,
      '',
    ])
    const shallow = await self.json(0, ['list', '--depth', '1', 'oci:image:v1'])
    expect(shallow.referrers[0].referrers).toEqual([])
    const signatures = await self.json(0, ['list', '--type', 'signature', 'oci:image:v1'])
    expect(signatures.referrers).toMatchObject([
      { digest: bom.digest, referrers: [{ digest: signature.digest }] },
    ])
    const boms = await self.json(0, ['list', '--type', 'application/spdx+json', 'oci:image:v1'])
    expect(boms.referrers).toMatchObject([{ digest: bom.digest, referrers: [] }])
  })

  it('shows text of others as text, in columns that nothing can break', async () => {
    const { self, subject } = await image()
    await attach(self, subject, {
      artifactType: 'application/vnd.example; a="b  c"',
      annotations: { 'org.opencontainers.image.created': '\u001b[31m red \u202e' },
    })
    const { stdout } = await self.expect(0, ['list', 'oci:image:v1'])
    expect(stdout).not.toContain('\u001b')
    expect(stdout.split('\n')[1]!.split(/ {2,}/).slice(1)).toEqual([
      'other',
      'application/vnd.example;a="bc"',
      '\\u{1b}[31mred\\u{202e}',
      '-',
    ])
  })

  it('shows of an index the images that something refers to', async () => {
    const { self, subject } = await image()
    const content = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...subject, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }],
    })
    const hex = createHash('sha256').update(content).digest('hex')
    await writeFile(join(self.path('image'), 'blobs', 'sha256', hex), content)
    const path = join(self.path('image'), 'index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.manifests.push({
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: `sha256:${hex}`,
      size: content.length,
      annotations: { 'org.opencontainers.image.ref.name': 'all' },
    })
    await writeFile(path, JSON.stringify(index))
    expect(await self.json(0, ['list', 'oci:image:all'])).toMatchObject({ referrers: [], manifests: [] })
    const signature = await attach(self, subject, { artifactType: 'application/vnd.cncf.notary.signature' })
    expect(await self.json(0, ['list', 'oci:image:all'])).toMatchObject({
      referrers: [],
      manifests: [
        { digest: subject.digest, platform: 'linux/arm64/v8', referrers: [{ digest: signature.digest }] },
      ],
    })
  })
})

describe('inspect', () => {
  it('shows a Sigstore bundle of an old version, its certificate claims and its log entries', async () => {
    const { self, subject } = await image()
    const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1'
    const bundle = {
      mediaType,
      verificationMaterial: { publicKey: { hint: 'build key' }, tlogEntries: [{ logIndex: '7' }] },
      dsseEnvelope: dsse(
        statementOf(subject, { builder: { id: 'https://ci.example' } }, 'https://slsa.dev/provenance/v0.2'),
      ),
    }
    const { digest } = await attach(self, subject, {
      artifactType: mediaType,
      layers: [{ mediaType, content: JSON.stringify(bundle) }],
    })
    const { signatures } = await self.json(0, ['inspect', 'oci:image:v1'])
    expect(signatures).toMatchObject([
      {
        digest,
        kind: 'attestation',
        format: 'sigstore-bundle',
        version: '0.1',
        keys: ['build key', 'build-1'],
        logEntries: 1,
        payloadType: 'application/vnd.in-toto+json',
        statement: {
          predicateType: 'https://slsa.dev/provenance/v0.2',
          subjects: [{ name: 'app', digest: { sha256: subject.digest.slice(7) } }],
          summary: { builder: 'https://ci.example' },
          predicate: { builder: { id: 'https://ci.example' } },
        },
        fault: null,
      },
    ])
    const raw = await self.expect(0, ['inspect', '--raw', 'oci:image:v1'])
    expect(JSON.parse(raw.stdout)).toEqual(bundle)
  })

  it('shows a bundle around a message signature, from a file too', async () => {
    const { self, subject } = await image()
    const digest = Buffer.from(subject.digest.slice(7), 'hex').toString('base64')
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: '' } },
      messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature: 'c2ln' },
    }
    await writeFile(self.path('file.sigstore.json'), JSON.stringify(bundle))
    const { signatures } = await self.json(0, ['inspect', './file.sigstore.json'])
    expect(signatures).toMatchObject([
      { kind: 'signature', format: 'sigstore-bundle', version: '0.3', signs: subject.digest, keys: [] },
    ])
    expect((await self.expect(0, ['inspect', '-'], { stdin: JSON.stringify(bundle) })).stdout).toContain(
      subject.digest,
    )
  })

  it("shows cosign's old signatures, of which one layer may be several", async () => {
    const { self, subject, tag } = await image()
    const content = JSON.stringify({
      critical: {
        identity: { 'docker-reference': 'registry.example/app' },
        image: { 'docker-manifest-digest': subject.digest },
        type: 'cosign container image signature',
      },
      optional: { team: 'release', build: 7 },
    })
    const mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json'
    const layer = (signature: string) => ({
      mediaType,
      content,
      annotations: { 'dev.cosignproject.cosign/signature': signature, 'dev.sigstore.cosign/bundle': '{}' },
    })
    await attach(self, subject, { tag: `${tag}.sig`, layers: [layer('b25l'), layer('dHdv')] })
    const { signatures } = await self.json(0, ['inspect', 'oci:image:v1'])
    expect(signatures).toHaveLength(2)
    expect(signatures[0]).toMatchObject({
      kind: 'signature',
      format: 'simple-signing',
      tag: `${tag}.sig`,
      signs: subject.digest,
      references: ['registry.example/app'],
      metadata: { team: 'release', build: '7' },
      logEntries: 1,
    })
    expect((await self.expect(0, ['inspect', '--raw', 'oci:image:v1'])).stdout).toBe(content)
  })

  it.each([
    [
      'spdx',
      'application/spdx+json',
      { spdxVersion: 'SPDX-2.3', name: 'app', packages: [{}, {}] },
      'SPDX-2.3',
      2,
    ],
    [
      'cyclonedx',
      'application/vnd.cyclonedx+json',
      {
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
        metadata: { component: { name: 'app' } },
        components: [{}],
      },
      '1.6',
      1,
    ],
  ])('names a bill of materials as such: %s', async (format, mediaType, bom, version, parts) => {
    const { self, subject } = await image()
    await attach(self, subject, {
      artifactType: mediaType,
      layers: [{ mediaType, content: JSON.stringify(bom) }],
    })
    const expected = [{ kind: 'sbom', format, version, bom: { name: 'app', parts }, fault: null }]
    expect((await self.json(0, ['inspect', 'oci:image:v1'])).signatures).toMatchObject(expected)
    await writeFile(self.path('bom.json'), JSON.stringify(bom))
    expect((await self.json(0, ['inspect', './bom.json'])).signatures).toMatchObject(expected)
  })

  it("shows a signature of Notary v2's prototype, in a file and in its artifact", async () => {
    const { self, subject } = await image()
    const signed = {
      exp: 1628587119,
      nbf: 1597051119,
      iat: 1597051119,
      mediaType: subject.mediaType,
      digest: subject.digest,
      size: subject.size,
      references: ['registry.example/app:v1'],
    }
    const content = JSON.stringify({
      signed,
      signature: {
        typ: 'x509',
        sig: sign('sha256', Buffer.from(JSON.stringify(signed)), privateKey).toString('base64'),
        alg: 'ES256',
        kid: 'RQGT:OPJI:IABT:DFXB:52VS:FNOJ:4XBS:H4KY:WHGM:HQMC:WWMN:LKXM',
      },
    })
    const mediaType = 'application/vnd.cncf.notary.config.v2+json'
    await attach(self, subject, { config: { mediaType, content } })
    await writeFile(self.path('app.nv2'), content)
    for (const target of ['oci:image:v1', './app.nv2']) {
      expect((await self.json(0, ['inspect', target])).signatures).toMatchObject([
        {
          kind: 'signature',
          format: 'nv2-json',
          fault: null,
          target: { digest: subject.digest },
          references: ['registry.example/app:v1'],
          signingTime: '2020-08-10T09:18:39Z',
          keys: ['RQGT:OPJI:IABT:DFXB:52VS:FNOJ:4XBS:H4KY:WHGM:HQMC:WWMN:LKXM'],
        },
      ])
    }
  })

  it('shows the first of many certificates, each no longer than any fact, and counts the rest', async () => {
    const { expect: run, json, path } = await program()
    await writeFile(path('file'), 'x')
    await run(0, ['init', 'me', '--scope', '*'])
    await run(0, ['sign', '--signature', 'one.sig', './file'])
    const envelope = JSON.parse(await readFile(path('one.sig'), 'utf8'))
    const subject = `/O=Acme${`/OU=${'x'.repeat(60)}`.repeat(20)}`
    const args = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    const pem = execFileSync('openssl', [...args, '-keyout', path('k'), '-subj', subject], { stdio: 'pipe' })
    const long = new X509Certificate(pem).raw.toString('base64')
    envelope.header.x5c = [...envelope.header.x5c, ...Array(599).fill(long)]
    await writeFile(path('many.sig'), JSON.stringify(envelope))
    const { stdout } = await run(0, ['inspect', './many.sig'])
    const lines = stdout.split('\n')
    expect(lines.filter(line => /^ {4}certificate \d+$/.test(line))).toHaveLength(8)
    expect(lines.filter(line => /^ {6}fingerprint /.test(line))).toHaveLength(8)
    expect(lines).toContain('    certificates and 592 more')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(500)
    const { signatures } = await json(0, ['inspect', './many.sig'])
    expect(signatures[0].certificates).toHaveLength(600)
    expect(signatures[0].certificates[599].subject.length).toBeGreaterThan(1000)
  })

  it('says what cannot be read, shows no more than fits, and passes over what is not a signature', async () => {
    const { self, subject } = await image()
    const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    const long = `https://ci.example/${'x'.repeat(5000)}\u001b[2J`
    const predicate = { runDetails: { builder: { id: long } }, padding: 'x'.repeat(70_000) }
    await attach(self, subject, {
      artifactType: mediaType,
      layers: [{ mediaType, content: '{"mediaType":1}' }],
    })
    await attach(self, subject, {
      artifactType: mediaType,
      layers: [
        {
          mediaType,
          content: JSON.stringify({
            mediaType,
            verificationMaterial: { publicKey: { hint: 'x' } },
            dsseEnvelope: dsse(statementOf(subject, predicate, 'https://slsa.dev/provenance/v1')),
          }),
        },
      ],
    })
    await attach(self, subject, {
      artifactType: 'application/vnd.example.readme',
      layers: [{ mediaType: 'text/markdown', content: '# hello' }],
    })
    const { signatures } = await self.json(0, ['inspect', 'oci:image:v1'])
    expect(signatures).toMatchObject([
      { format: 'sigstore-bundle', fault: expect.stringContaining('Sigstore bundle') },
      { format: 'sigstore-bundle', fault: null, statement: { predicate: null, summary: { builder: long } } },
    ])
    const { stdout } = await self.expect(0, ['inspect', 'oci:image:v1'])
    expect(stdout).toContain('cannot be read: Sigstore bundle')
    expect(stdout).not.toContain('\u001b')
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThan(500)
    const { error } = await self.json(2, ['inspect', '--max-signatures', '1', 'oci:image:v1'])
    expect(error).toMatchObject({ code: 'UNSUPPORTED', fix: expect.stringContaining('--max-signatures') })
  })

  it.each([
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'is not a Notary Project envelope',
    ],
    ['nothing', '', 'it is empty'],
    ['some JSON', '{"a":1}', 'is not a Notary Project envelope'],
    ['half an envelope', '{"payload":"', 'is not a Notary Project envelope'],
    ['a broken JWS', '{"payload":"x","protected":"y","signature":"z"}', 'JWS'],
    ['a broken COSE', Buffer.from([0xd2, 0x84, 0x43]), 'COSE'],
    ['text', 'hello', 'is not a Notary Project envelope'],
  ])('refuses a file that holds %s, and does not say what it is not', async (_, content, why) => {
    const self = await program()
    await writeFile(self.path('file'), content)
    for (const args of [['./file'], ['-']]) {
      const stdin = args[0] === '-' ? { stdin: content } : {}
      const { error } = await self.json(2, ['inspect', ...args], stdin)
      expect(error.message).toContain('is not a signature')
      expect(error.why).toContain(why)
    }
  })

  it('lists who says to have signed, and when, and that nobody has verified it', async () => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    const now = new Date('2026-03-04T05:06:07Z')
    await self.json(0, ['init', 'me', '--no-passphrase', '--scope', '*'], { now })
    await self.json(0, ['sign', 'oci:image:v1'], { now })
    const { referrers } = await self.json(0, ['list', 'oci:image:v1'])
    expect(referrers).toMatchObject([{ signer: 'me', signingTime: '2026-03-04T05:06:07Z' }])
    const { stdout } = await self.expect(0, ['list', 'oci:image:v1'])
    expect(stdout).toContain('2026-03-04T05:06:07Z')
    expect(stdout).toContain('by me (not verified)')
  })
})
