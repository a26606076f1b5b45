import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { registry } from '@sealwright/oci-registry'
import { describe, expect, test } from 'vitest'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { notationHome } from '../services/notation.ts'
import { orasProgram } from '../services/peers.ts'
import { startDistribution, startDockerRegistry } from '../services/registries.ts'
import { run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import type { Server } from '../services/server.ts'
import { need, type Skips } from '../services/tool.ts'
import { programHome } from './program.ts'

const SIGNERS = 50
const PROCESSES = 5
const PROGRAM = join(import.meta.dirname, 'sign-when-told.ts')

describe.for([
  ['distribution 3', (context: Skips) => startDistribution(context)],
  ['docker-registry 2.8', (context: Skips) => startDockerRegistry(context)],
] as const)('fifty signers at once on %s, which has no referrers API', { timeout: 900_000 }, ([, start]) => {
  test('lose no signature to our readers, and after `doctor --fix` none to others', async context => {
    const oras = need(context, await orasProgram())
    await using server = await start(context)
    const folder = await scratch('fifty')
    const leaf = await makeLeaf(folder, 'release', await makeAuthority(folder, 'root'), { type: 'EC-P256' })
    const image = makeImage()
    await pushImage(server.url, 'app', image, 'v1')
    const reference = `${server.host}/app@${image.digest}`

    const signers = await Promise.all(
      Array.from({ length: PROCESSES }, () => signerProcess(reference, leaf, SIGNERS / PROCESSES)),
    )
    for (const signer of signers) signer.go()
    const signed = (await Promise.all(signers.map(signer => signer.done))).flat().sort()
    expect(new Set(signed).size).toBe(SIGNERS)

    const subject = await registry(`${server.host}/app`).resolve(image.digest)
    const found = async () => {
      const digests: string[] = []
      for await (const { digest } of registry(`${server.host}/app`).referrers(subject)) digests.push(digest)
      return digests.sort()
    }
    expect(await found()).toEqual(signed)
    // And a client that knows of no others, and wrote last.
    await writeList(server, image.digest, [])
    expect(await found()).toEqual(signed)

    const program = await programHome(context)
    const { stdout: broken } = await program.expect(1, ['doctor', reference])
    expect(broken).toContain(`${SIGNERS} found; ${SIGNERS} (`)
    const { stdout: mended } = await program.expect(0, ['doctor', '--fix', reference])
    expect(mended).toContain(`mended: ${SIGNERS} found`)
    await program.expect(0, ['doctor', reference])
    const env = { ...process.env, DOCKER_CONFIG: join(folder, 'docker') }
    const discovered = await run(oras, ['discover', '--plain-http', '--format', 'json', reference], { env })
    const { referrers: listed } = JSON.parse(discovered.stdout) as {
      referrers: readonly { digest: string }[]
    }
    expect(listed.map(({ digest }) => digest).sort()).toEqual(signed)
    const notation = await notationHome(context)
    const { stdout } = await notation.run(['ls', '--max-signatures', '100', reference])
    expect(stdout.match(/sha256:[0-9a-f]{64}/g)?.filter(digest => signed.includes(digest))).toHaveLength(
      SIGNERS,
    )
  })
})

async function writeList(server: Server, subject: string, manifests: readonly object[]): Promise<void> {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const answer = await fetch(`${server.url}/v2/app/manifests/${subject.replace(':', '-')}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
  })
  expect(answer.status).toBe(201)
}

interface SignerProcess {
  go(): void
  /** Digests of the signature manifests. */
  readonly done: Promise<readonly string[]>
}

/** A program that has opened its key and waits for the word. */
async function signerProcess(
  reference: string,
  { keyPath, chainPath }: { readonly keyPath: string; readonly chainPath: string },
  count: number,
): Promise<SignerProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@sealwright/source', PROGRAM, reference, keyPath, chainPath, String(count)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const errors: Buffer[] = []
  child.stderr.on('data', chunk => errors.push(chunk))
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const ready = once(reader, 'line')
  const done = ended(child, reader, lines, errors)
  done.catch(() => {})
  await Promise.race([ready, done])
  reader.on('line', line => lines.push(line))
  return { go: () => void child.stdin.end('go\n'), done }
}

async function ended(
  child: ChildProcess,
  reader: ReturnType<typeof createInterface>,
  lines: readonly string[],
  errors: readonly Buffer[],
): Promise<readonly string[]> {
  const closed = once(reader, 'close')
  const [code] = await once(child, 'close')
  await closed
  if (code !== 0) throw new Error(`a signer ended with ${code}: ${Buffer.concat(errors)}`)
  return lines
}
