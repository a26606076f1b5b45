import { SealwrightError } from '@sealwright/core'
import type { StoreCall } from '../artifact-store.ts'
import { verified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf, isDigest, parseDigest } from '../digest.ts'
import { MAX_MANIFEST_BYTES } from '../manifest.ts'
import { isManifestMediaType, manifestMediaTypes } from '../media-types.ts'
import type { RegistryClient } from './client.ts'
import { registryFaults, saysCode } from './http-error.ts'
import { explainMissing } from './missing-content.ts'
import type { Answer } from './transport.ts'

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
          expected: [200, 404, 405],
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
        why: `it is ${mediaType} and was served as ${served.descriptor.mediaType}`,
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
    return this.#client.retrying(call, async () => {
      const answer = await this.#client.request(
        {
          method: 'PUT',
          url: this.#client.url(`manifests/${reference}`),
          headers: { 'content-type': mediaType, ...conditions },
          body: bytes,
          action: 'push',
          what,
          expected: [200, 201, 400, 404, ...(Object.keys(conditions).length > 0 ? [412] : [])],
        },
        call,
      )
      if (answer.status === 400 || answer.status === 404) {
        const failed = await this.#client.read(answer)
        const pushed = { name: this.#name, reference, mediaType, digest, bytes }
        throw explainMissing(this.#client.errorOf(what, failed), registryFaults(failed), pushed)
      }
      await answer.cancel()
      if (answer.status === 412) return undefined
      const stored = answer.headers.get('docker-content-digest')
      if (stored !== null && isDigest(stored) && stored !== digest && sameAlgorithm(stored, digest)) {
        throw new SealwrightError('INTEGRITY', `${this.#name} stored something else than it was given`, {
          why: `it was given ${digest} and says it has ${stored}`,
        })
      }
      return answer.headers
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
    if (mediaType === undefined || !isManifestMediaType(mediaType)) {
      await answer.cancel()
      throw new SealwrightError(
        'UNSUPPORTED',
        `${this.#name} serves ${reference} as no manifest that is known here`,
        {
          why: `its Content-Type is ${mediaType ?? 'missing'}`,
        },
      )
    }
    const bytes = await readManifestBody(answer, reference, this.#name)
    const named = answer.headers.get('docker-content-digest')
    const asked = isDigest(reference) ? reference : undefined
    const expected = asked ?? (named !== null && isDigest(named) ? named : undefined)
    const digest = digestOf(expected === undefined ? 'sha256' : parseDigest(expected).algorithm, bytes)
    if (expected !== undefined && digest !== expected) {
      throw new SealwrightError('INTEGRITY', `${this.#name} gave other content than ${expected}`, {
        why: `its digest is ${digest}`,
      })
    }
    const etag = answer.headers.get('etag')
    return {
      descriptor: { mediaType, digest, size: bytes.byteLength },
      bytes,
      ...(etag === null ? {} : { etag }),
    }
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

async function readManifestBody(answer: Answer, reference: string, from: string): Promise<Uint8Array> {
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

function sameAlgorithm(one: string, other: string): boolean {
  return parseDigest(one).algorithm === parseDigest(other).algorithm
}
