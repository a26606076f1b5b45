// A small container image as an OCI image layout: `node scripts/layout.mjs DIR [TAG]` makes one and prints its digest.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/**
 * Makes an image of one file in a new layout directory.
 *
 * @param options.tag - Its name in the layout; `v1` by default.
 * @param options.text - What the image's one file says.
 * @returns The digest of its manifest.
 */
export function writeLayout(directory, { tag = 'v1', text = 'Hello from a sealed image.\n' } = {}) {
  mkdirSync(join(directory, 'blobs', 'sha256'), { recursive: true })
  const layer = tar('hello.txt', Buffer.from(text))
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['cat', '/hello.txt'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: addJson(directory, config, 'application/vnd.oci.image.config.v1+json'),
    layers: [addBlob(directory, layer, 'application/vnd.oci.image.layer.v1.tar')],
  }
  const descriptor = addJson(directory, manifest, MANIFEST)
  const annotations = { 'org.opencontainers.image.ref.name': tag }
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations }] }),
  )
  return descriptor.digest
}

/** The digest that a layout's index gives for a tag. */
export function digestOfTag(directory, tag) {
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))
  return manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag)
    ?.digest
}

/** Where a layout keeps a blob. */
export function blobPath(directory, digest) {
  return join(directory, 'blobs', ...digest.split(':'))
}

function addJson(directory, value, mediaType) {
  return addBlob(directory, Buffer.from(JSON.stringify(value)), mediaType)
}

function addBlob(directory, bytes, mediaType) {
  const digest = digestOf(bytes)
  writeFileSync(blobPath(directory, digest), bytes)
  return { mediaType, digest, size: bytes.length }
}

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A tar of one file, the same bytes every time: POSIX ustar. */
function tar(name, content) {
  const header = Buffer.alloc(512)
  const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(name, 0)
  header.write(octal(0o644, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(content.length, 12), 124)
  header.write(octal(0, 12), 136)
  // The checksum is taken with its own field full of spaces.
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return Buffer.concat([
    header,
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
    Buffer.alloc(1024),
  ])
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [directory, tag] = process.argv.slice(2)
  if (directory === undefined) {
    console.error('usage: node scripts/layout.mjs DIR [TAG]')
    process.exitCode = 2
  } else {
    console.log(writeLayout(directory, tag === undefined ? {} : { tag }))
  }
}
