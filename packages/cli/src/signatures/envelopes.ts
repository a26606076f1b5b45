import { opendir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readRegularFileIfPresent } from '@sealwright/core/files'
import { notaryJws, type Report } from '@sealwright/notary'
import {
  type ArtifactStore,
  type Descriptor,
  digestOf,
  emptyConfig,
  formatManifest,
  MediaTypes,
  memory,
} from '@sealwright/oci'
import { readGiven } from '../runtime/read-all.ts'
import type { Session } from '../session/session.ts'

/** The media type of a detached envelope, by its first byte: JSON is JWS, everything else must be COSE. */
export function envelopeType(bytes: Uint8Array): 'application/jose+json' | 'application/cose' {
  const first = bytes.find(byte => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === 0x7b ? 'application/jose+json' : 'application/cose'
}

/** Detached envelopes as the signatures of an artifact. */
export interface EnvelopeStore {
  readonly store: ArtifactStore
  /** A report on this store, with the digests of the envelopes: their manifests are nowhere but here. */
  named(report: Report): Report
}

/**
 * Holds detached envelopes as the signatures of an artifact, so that they are judged as those from a registry would be,
 * whatever their bytes are.
 */
export async function envelopeStore(
  subject: Descriptor,
  envelopes: readonly Uint8Array[],
): Promise<EnvelopeStore> {
  const store = memory()
  const digests = new Map<string, string>()
  await store.push(emptyConfig, Buffer.from('{}'))
  for (const bytes of envelopes) {
    const layer = {
      mediaType: envelopeType(bytes),
      digest: digestOf('sha256', bytes),
      size: bytes.byteLength,
    }
    const manifest = formatManifest({
      kind: 'image',
      mediaType: MediaTypes.manifest,
      artifactType: notaryJws.artifactType,
      config: emptyConfig,
      layers: [layer],
      subject,
    })
    const digest = digestOf('sha256', manifest)
    await store.push(layer, bytes)
    await store.push({ mediaType: MediaTypes.manifest, digest, size: manifest.byteLength }, manifest)
    digests.set(digest, layer.digest)
  }
  return {
    store,
    named: report => ({
      ...report,
      signatures: report.signatures.map(signature => ({
        ...signature,
        digest: digests.get(signature.digest) ?? signature.digest,
      })),
    }),
  }
}

/** As much as is read of an envelope in a registry. */
export const MAX_ENVELOPE_BYTES: number = 32 * 1024 * 1024

/** Reads the envelope that was given: a file, which may be a pipe, or stdin for `-`. */
export function readGivenEnvelope({ io }: Pick<Session, 'io'>, path: string): Promise<Uint8Array> {
  return readGiven(io, path, MAX_ENVELOPE_BYTES)
}

/** Of a directory with more names, only the two usual ones are looked for. */
const MAX_NAMES = 10_000

/**
 * Names that the detached signatures of a file may have: `FILE.jws.sig`, `FILE.cose.sig`, then those of several signers,
 * such as `FILE.alice.jws.sig` and `FILE.alice.sig`, in the order of their names. That of `FILE.tgz` is not one of `FILE`.
 */
export async function envelopeNames(path: string): Promise<readonly string[]> {
  const usual = ['jws', 'cose'].map(format => `${path}.${format}.sig`)
  const [directory, file] = [dirname(path), basename(path)]
  const names = new Set<string>()
  try {
    for await (const { name } of await opendir(directory)) {
      if (names.size === MAX_NAMES) return usual
      names.add(name)
    }
  } catch {
    // What is wrong with the directory is said where the file itself is read.
    return usual
  }
  const others = [...names].filter(name => {
    if (!name.startsWith(`${file}.`)) return false
    const signer = SIGNED_BY.exec(name.slice(file.length))?.[1]
    return signer !== undefined && !names.has(`${file}.${signer}`)
  })
  return [...usual, ...others.sort().map(name => join(directory, name))]
}

const SIGNED_BY = /^\.(?!(?:jws|cose)\.sig$)([\w-]{1,64})(?:\.(?:jws|cose))?\.sig$/

/**
 * Reads the envelope in a file that nobody named, which whoever made the folder put next to another one: `undefined` if
 * there is none, and a regular file only, because a pipe would be waited for.
 */
export function readFoundEnvelope(path: string): Promise<Uint8Array | undefined> {
  return readRegularFileIfPresent(path, MAX_ENVELOPE_BYTES)
}
