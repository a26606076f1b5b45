import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { JsonObject } from '@sealwright/core/encoding'
import { decodeJson } from '@sealwright/core/encoding'
import {
  type Descriptor,
  digestOf,
  isDigest,
  isManifestMediaType,
  MAX_MANIFEST_BYTES,
  MediaTypes,
  manifestMediaTypes,
  parseDigest,
  type StoreCall,
} from '@sealwright/oci'
import { readObject, verified } from '@sealwright/oci/store'
import type { RegistryClient } from './http/client.ts'
import { registryFaults, saysCode } from './http/http-error.ts'
import type { HttpResponse } from './http/transport.ts'
import { explainMissing } from './missing-content.ts'

/** A manifest as a registry gave it: checked against its digest, not yet read. */
export interface ServedManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly etag?: string
}

/** The manifests of a repository (distribution-spec, "Pulling manifests", "Pushing Manifests"). */
export class RegistryManifests {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string

  constructor(client: RegistryClient, repository: string, name: string) {
    this.#client = client
    this.#repository = repository
    this.#name = name
  }

  /** By HEAD; by GET where the headers say too little. Nothing if there is no such manifest. */
  resolve(reference: string, call: StoreCall): Promise<Descriptor | undefined> {
    return this.#client.retrying(call, async () => {
      const answer = await this.#client.request(
        {
          method: 'HEAD',
          url: this.#client.url(`manifests/${reference}`),
          headers: { accept: manifestMediaTypes.join(', ') },
          action: 'pull',
          what: `to resolve ${reference} in ${this.#repository}`,
          expected: [200, 400, 404, 405, 406, 501],
        },
        call,
      )
      await answer.cancel()
      if (answer.status === 404) return undefined
      const descriptor = answer.status === 200 ? descriptorFrom(answer.headers) : undefined
      if (descriptor === undefined) return (await this.#get(reference, call))?.descriptor
      this.#assertSame(reference, descriptor.digest)
      return descriptor
    })
  }

  /**
   * As {@link get}, of a tag that is made of a digest which is there. Artifactory denies what does not exist: where the
   * same login reads the manifest that the tag is about, the tag does not exist.
   */
  async getAbout(subject: string, tag: string, call: StoreCall): Promise<ServedManifest | undefined> {
    try {
      return await this.get(tag, call)
    } catch (error) {
      if (!isSealwrightError(error) || error.code !== 'ACCESS_DENIED') throw error
      const isReadable = await this.resolve(subject, call).catch(() => undefined)
      if (isReadable === undefined) throw error
      return undefined
    }
  }

  /** The manifest under a tag or a digest, whole. */
  get(reference: string, call: StoreCall): Promise<ServedManifest | undefined> {
    return this.#client.retrying(call, () => this.#get(reference, call))
  }

  /** The content of a descriptor, checked as it comes, its media type before. */
  async *read(descriptor: Descriptor, call: StoreCall): AsyncGenerator<Uint8Array> {
    const { digest, mediaType, size } = descriptor
    if (size > MAX_MANIFEST_BYTES) throw tooLarge(digest, this.#name)
    const served = await this.get(digest, call)
    if (served === undefined)
      throw new SealwrightError('NOT_FOUND', `${this.#name} has no manifest ${digest}`)
    if (served.descriptor.mediaType !== mediaType) {
      throw new SealwrightError('INTEGRITY', `${this.#name} gave ${digest} as another kind of manifest`, {
        why: `it is listed as ${mediaType} and was served as ${served.descriptor.mediaType}`,
      })
    }
    yield* verified(descriptor, served.bytes, this.#name)
  }

  /**
   * Stores a manifest under its digest or a tag.
   *
   * @returns The headers of the answer; nothing if the registry would not overwrite what `conditions` does not expect.
   */
  put(
    reference: string,
    {
      mediaType,
      digest,
      bytes,
    }: { readonly mediaType: string; readonly digest: string; readonly bytes: Uint8Array },
    call: StoreCall,
    conditions: Readonly<Record<string, string>> = {},
  ): Promise<Headers | undefined> {
    const what = `the push to ${this.#repository}`
    const url = this.#client.url(`manifests/${reference}`)
    const { algorithm } = parseDigest(digest)
    // Without it a registry would keep what it gets under a tag by SHA-256.
    if (algorithm !== 'sha256' && !isDigest(reference)) url.searchParams.set('digest', digest)
    return this.#client.retrying(call, async () => {
      const answer = await this.#client.request(
        {
          method: 'PUT',
          url,
          headers: { 'content-type': mediaType, ...conditions },
          body: bytes,
          action: 'push',
          what,
          expected: [200, 201, 204, 400, 404, ...(Object.keys(conditions).length > 0 ? [412] : [])],
        },
        call,
      )
      if (answer.status === 400 || answer.status === 404) {
        const failed = await this.#client.read(answer)
        const pushed = { name: this.#name, reference, mediaType, digest, bytes }
        throw explainMissing(this.#client.errorOf(what, failed), registryFaults(failed), pushed)
      }
      if (answer.status === 412) {
        const failed = await this.#client.read(answer)
        // Harbor says so of what a rule forbids, whatever the conditions were.
        if (/immutable/i.test(Buffer.from(failed.body).toString())) throw this.#client.errorOf(what, failed)
        return undefined
      }
      await answer.cancel()
      await this.#assertStored(reference, digest, answer.headers, call)
      return answer.headers
    })
  }

  /** A registry says under which digest it has what it was given; of a digest that not all know it is asked. */
  async #assertStored(reference: string, digest: string, headers: Headers, call: StoreCall): Promise<void> {
    const { algorithm } = parseDigest(digest)
    const told = headers.get('docker-content-digest')
    let stored = told !== null && isDigest(told) ? told : undefined
    if (stored === undefined && algorithm !== 'sha256') stored = (await this.resolve(reference, call))?.digest
    if (stored === undefined || stored === digest) return
    if (parseDigest(stored).algorithm === algorithm) {
      throw new SealwrightError('INTEGRITY', `${this.#name} stored something else than it was given`, {
        why: `it was given ${digest} and says it has ${stored}`,
        fix: 'check for a proxy in front of the registry that modifies content, and push again',
      })
    }
    throw new SealwrightError('UNSUPPORTED', `${this.#name} does not keep ${algorithm} digests`, {
      why: `it was given ${digest}, and has it as ${stored}: signatures of the one are not found by the other`,
      fix: 'use a registry that keeps such digests, or build and sign the artifact with sha256 digests',
    })
  }

  async delete(digest: string, call: StoreCall): Promise<boolean> {
    const { deleted, inUse } = await this.deleteUnused(digest, call)
    if (inUse !== undefined) throw inUse
    return deleted
  }

  /**
   * Removes a manifest. `inUse` is the refusal of a registry that deletes nothing that an index names: zot says so with
   * 405 and `DENIED`.
   */
  async deleteUnused(
    digest: string,
    call: StoreCall,
  ): Promise<{ readonly deleted: boolean; readonly inUse?: SealwrightError }> {
    const what = `to delete ${digest} from ${this.#repository}`
    return deleteAt(this.#client, `manifests/${digest}`, what, call)
  }

  async #get(reference: string, call: StoreCall): Promise<ServedManifest | undefined> {
    const answer = await this.#client.request(
      {
        method: 'GET',
        url: this.#client.url(`manifests/${reference}`),
        headers: { accept: manifestMediaTypes.join(', ') },
        action: 'pull',
        what: `the pull of ${reference} from ${this.#repository}`,
        expected: [200, 404],
      },
      call,
    )
    if (answer.status === 404) {
      await answer.cancel()
      return undefined
    }
    const mediaType = contentType(answer.headers)
    if (mediaType !== undefined && !isManifestMediaType(mediaType) && !VAGUE.includes(mediaType)) {
      await answer.cancel()
      throw this.#unknownType(reference, mediaType)
    }
    const bytes = await readManifestBody(answer, reference, this.#name)
    const named = answer.headers.get('docker-content-digest')
    const asked = isDigest(reference) ? reference : undefined
    const expected = asked ?? (named !== null && isDigest(named) ? named : undefined)
    const digest = digestOf(expected === undefined ? 'sha256' : parseDigest(expected).algorithm, bytes)
    if (expected !== undefined && digest !== expected) {
      throw new SealwrightError('INTEGRITY', `${this.#name} returned other content than ${expected}`, {
        why: `its digest is ${digest}`,
      })
    }
    const etag = answer.headers.get('etag')
    // As a file server or a cache says it: then what it is stands in the manifest itself.
    const type = mediaType !== undefined && isManifestMediaType(mediaType) ? mediaType : typeWithin(bytes)
    if (type === undefined) throw this.#unknownType(reference, mediaType)
    return {
      descriptor: { mediaType: type, digest, size: bytes.byteLength },
      bytes,
      ...(etag === null ? {} : { etag }),
    }
  }

  #unknownType(reference: string, mediaType: string | undefined): SealwrightError {
    return new SealwrightError(
      'UNSUPPORTED',
      `${this.#name} serves ${reference} as a kind of manifest that is not known here`,
      {
        why: `its Content-Type is ${mediaType === undefined ? 'missing' : this.#client.shown(mediaType)}, expected one of an OCI or Docker manifest`,
        fix: 'check that the repository holds container images or OCI artifacts, and that no proxy changes the Content-Type',
      },
    )
  }

  #assertSame(reference: string, digest: string): void {
    if (isDigest(reference) && reference !== digest) {
      throw new SealwrightError('INTEGRITY', `${this.#name} answers for ${reference} with another manifest`, {
        why: `it says that its digest is ${digest}`,
      })
    }
  }
}

/** Removes something. @throws {@link SealwrightError} `UNSUPPORTED` where nothing may be. */
export async function deleteAt(
  client: RegistryClient,
  path: string,
  what: string,
  call: StoreCall,
): Promise<{ readonly deleted: boolean; readonly inUse?: SealwrightError }> {
  const answer = await client.retrying(call, () =>
    client.request(
      {
        method: 'DELETE',
        url: client.url(path),
        action: 'delete',
        what,
        expected: [200, 202, 204, 400, 404, 405],
      },
      call,
    ),
  )
  if (answer.status === 400 || answer.status === 405) {
    const failed = await client.read(answer)
    const unsupported = saysCode(failed, 'UNSUPPORTED')
    const refusal = client.errorOf(what, unsupported ? { ...failed, status: 405 } : failed)
    if (answer.status === 405 && saysCode(failed, 'DENIED')) return { deleted: false, inUse: refusal }
    throw refusal
  }
  await answer.cancel()
  return { deleted: answer.status !== 404 }
}

/** What is said of anything. */
const VAGUE: readonly string[] = [
  'application/json',
  'application/octet-stream',
  'binary/octet-stream',
  'text/json',
  'text/plain',
]

/** What a manifest says of itself: its `mediaType`, which images may lack (image-spec), else by its members. */
function typeWithin(bytes: Uint8Array): string | undefined {
  let members: JsonObject
  try {
    members = readObject(decodeJson(bytes, { label: 'the manifest' }), 'the manifest')
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
  const { mediaType, schemaVersion, manifests, config, layers } = members
  if (typeof mediaType === 'string') return isManifestMediaType(mediaType) ? mediaType : undefined
  if (mediaType !== undefined || schemaVersion !== 2) return undefined
  if (Array.isArray(manifests)) return MediaTypes.index
  return config !== undefined && layers !== undefined ? MediaTypes.manifest : undefined
}

/** Without parameters, which a registry may add (distribution-spec, "Pulling manifests"). */
export function contentType(headers: Headers): string | undefined {
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase() || undefined
}

function descriptorFrom(headers: Headers): Descriptor | undefined {
  const mediaType = contentType(headers)
  const digest = headers.get('docker-content-digest')
  const length = headers.get('content-length')
  const encoding = headers.get('content-encoding')
  if (mediaType === undefined || !isManifestMediaType(mediaType)) return undefined
  if (digest === null || !isDigest(digest) || encoding !== null) return undefined
  if (length === null || !/^\d{1,9}$/.test(length)) return undefined
  return { mediaType, digest, size: Number(length) }
}

async function readManifestBody(answer: HttpResponse, reference: string, from: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of answer.chunks()) {
    total += chunk.byteLength
    if (total > MAX_MANIFEST_BYTES) throw tooLarge(reference, from)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(reference: string, from: string): SealwrightError {
  return new SealwrightError('VALIDATION', `the manifest ${reference} in ${from} is too large`, {
    why: `at most ${MAX_MANIFEST_BYTES} bytes are read`,
  })
}
