// npm start: installs, builds, and does the main job before the reader's eyes. Keys and configuration are made in one
// temporary folder that is removed at the end. What stays is an unsigned image in the checkout, for the README's quick start.
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobPath, digestOfTag, writeLayout } from './layout.mjs'
import { build, install, program, root, run } from './workspace.mjs'

const SCOPE = 'registry.example/app'
/** The quick start of the README. */
const QUICK_START = [`init me --scope ${SCOPE}`, 'sign oci:image:v1', `verify --scope ${SCOPE} oci:image:v1`]

class StepFailed extends Error {}

async function prepare(title, work) {
  process.stdout.write(`${title} … `)
  const { code, output } = await work()
  console.log(code === 0 ? 'done' : `failed\n${output}`)
  if (code !== 0) throw new StepFailed(title)
}

/** Shows a command, runs it in `folder` and shows what it prints. */
async function show(folder, args, { expected = 0 } = {}) {
  console.log(`\n$ sealwright ${args.map(quote).join(' ')}`)
  const { code } = await run(program('sealwright'), args, {
    cwd: folder,
    show: true,
    env: {
      SEALWRIGHT_CONFIG: join(folder, 'config.json'),
      SEALWRIGHT_TRUST: join(folder, 'trust'),
      SEALWRIGHT_PASSPHRASE_FILE: join(folder, 'passphrase.txt'),
    },
  })
  if (code !== 0) console.log(`(exit code ${code})`)
  if (code !== expected) throw new StepFailed(`expected exit code ${expected}`)
}

function quote(argument) {
  return /^[\w./:=@,-]+$/.test(argument) ? argument : `'${argument}'`
}

function say(text) {
  console.log(`\n── ${text}`)
}

function sameDigest(folder, digest) {
  const now = digestOfTag(join(folder, 'image'), 'v1')
  console.log(`\ntag v1 is ${now}: ${now === digest ? 'unchanged' : 'CHANGED'}`)
  if (now !== digest) throw new StepFailed('the digest of the tag changed')
}

/** What an attacker with write access to a store can do: keep names and signatures, exchange what they stand for. */
function tamper(folder, digest) {
  const copy = join(folder, 'tampered')
  cpSync(join(folder, 'image'), copy, { recursive: true })
  const path = blobPath(copy, digest)
  writeFileSync(path, readFileSync(path, 'utf8').replace('"schemaVersion":2', '"schemaVersion":3'))
}

async function demonstrate(folder) {
  say('a real OCI image layout, and a passphrase in a file as in CI')
  const digest = writeLayout(join(folder, 'image'))
  const passphrase = randomBytes(24).toString('base64url')
  writeFileSync(join(folder, 'passphrase.txt'), passphrase, { mode: 0o600 })
  console.log(`oci:image:v1 is ${digest}`)

  say('one command makes key, certificate, trust store and policy')
  await show(folder, ['init', 'vendor', '--scope', SCOPE])

  say('one command signs; the signature is stored next to the image')
  await show(folder, ['sign', '-k', 'vendor', 'oci:image:v1'])
  sameDigest(folder, digest)

  say('verified under the policy, as the repository it will be published in')
  await show(folder, ['verify', '--scope', SCOPE, 'oci:image:v1'])

  say('a copy in which one byte of the manifest was changed is refused')
  tamper(folder, digest)
  await show(folder, ['verify', '--scope', SCOPE, 'oci:tampered:v1'], { expected: 1 })

  say('a second signer, with another key; both signatures stand')
  await show(folder, ['init', 'auditor', '--scope', SCOPE])
  await show(folder, ['sign', '-k', 'auditor', 'oci:image:v1'])
  await show(folder, ['list', 'oci:image:v1'])
  await show(folder, ['verify', '--all', '--scope', SCOPE, 'oci:image:v1'])
  sameDigest(folder, digest)
}

let folder
const clear = () => folder && rmSync(folder, { recursive: true, force: true })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clear()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

try {
  await prepare('installing what the lockfile names', install)
  await prepare('building', build)
  folder = mkdtempSync(join(tmpdir(), 'sealwright-start-'))
  await demonstrate(folder)
  const image = join(root, 'image')
  if (!existsSync(image)) writeLayout(image)
  console.log(`\nYour turn: ${image} holds an image with the tag v1. In ${root}:\n`)
  for (const args of QUICK_START) console.log(`  npx sealwright ${args}`)
} catch (error) {
  if (!(error instanceof StepFailed)) throw error
  console.error(`\nstopped: ${error.message}`)
  process.exitCode = 1
} finally {
  clear()
}
