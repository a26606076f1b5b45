import { createHash } from 'node:crypto'
import { opendir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { decodeBase64, encodeBase64 } from '@sealwright/core/encoding'
import { isAbsent, readRegularFileIfPresent, writeFileAtomic } from '@sealwright/core/files'
import { MAX_CRL_BYTES, MAX_OCSP_RESPONSE_BYTES } from '@sealwright/x509'

/** A CRL with the delta CRL that belongs to it, both DER. */
export interface CrlFiles {
  readonly base: Uint8Array
  readonly delta?: Uint8Array | undefined
}

/**
 * Keeps CRLs and OCSP answers from one run to the next. Nothing of it is trusted: whatever comes out is checked like an
 * answer of the network. A cache that throws is passed over, and the report says so.
 */
export interface RevocationCache {
  /** @param url - Of the base CRL, as the certificate spells it. */
  crl(url: string): Promise<CrlFiles | undefined>
  storeCrl(url: string, crl: CrlFiles): Promise<void>
  /**
   * @param url - Of the responder, as the certificate spells it.
   * @param request - DER OCSPRequest without a nonce: it names the certificate.
   */
  ocsp(url: string, request: Uint8Array): Promise<Uint8Array | undefined>
  storeOcsp(url: string, request: Uint8Array, response: Uint8Array): Promise<void>
}

/** Where nothing is named, nothing is kept. */
export interface RevocationDirectories {
  /** For CRLs, in the format and under the names of notation: `$XDG_CACHE_HOME/notation/crl` serves both programs. */
  readonly crl?: string | undefined
  /** For OCSP answers. */
  readonly ocsp?: string | undefined
}

/** A directory that grows beyond this loses its oldest files. */
const MAX_FILES = 4096
const MAX_TOTAL_BYTES = 512 * 1024 * 1024
/** Looking at every file of a full directory takes longer than storing one. */
const STORED_BEFORE_PRUNING = 32

/**
 * Keeps CRLs and OCSP responses in two directories, which are created on the first write. Files are written whole and
 * renamed, so any number of processes may share them; the oldest are removed when there are more than 4096 files or
 * 512 MiB.
 *
 * A CRL is a file named by the SHA-256 of its URL, as notation writes it: `{"baseCRL": base64, "deltaCRL": base64}`.
 *
 * @example
 * ```ts
 * import { createVerifier, revocationCache, trustDirectory } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const verifier = await createVerifier({
 *   trust: await trustDirectory('/etc/notation'),
 *   revocation: { fetch: httpFetch(), cache: revocationCache({ crl: 'cache/crl', ocsp: 'cache/ocsp' }) },
 * })
 * ```
 */
export function revocationCache({ crl, ocsp }: RevocationDirectories): RevocationCache {
  let stored = 0
  const store = async (directory: string | undefined, name: string, content: Uint8Array): Promise<void> => {
    if (directory === undefined) return
    // A link would lead the write to a file that nobody named.
    await writeFileAtomic(join(directory, name), content, { replaceLink: true })
    if (stored++ % STORED_BEFORE_PRUNING === 0) await prune(directory, name)
  }
  return {
    async crl(url) {
      if (crl === undefined) return undefined
      const path = join(crl, nameOf(url))
      const bytes = await readRegularFileIfPresent(path, MAX_FILE_BYTES)
      return bytes && parseCrlFile(bytes, path)
    },
    async storeCrl(url, { base, delta }) {
      const content = { baseCRL: encodeBase64(base), ...(delta && { deltaCRL: encodeBase64(delta) }) }
      await store(crl, nameOf(url), Buffer.from(JSON.stringify(content)))
    },
    async ocsp(url, request) {
      if (ocsp === undefined) return undefined
      return readRegularFileIfPresent(join(ocsp, nameOf(url, request)), MAX_OCSP_RESPONSE_BYTES)
    },
    storeOcsp: (url, request, response) => store(ocsp, nameOf(url, request), response),
  }
}

/** Two CRLs in base64, and the JSON around them. */
const MAX_FILE_BYTES = Math.ceil((2 * MAX_CRL_BYTES * 4) / 3) + 1024

function parseCrlFile(bytes: Uint8Array, path: string): CrlFiles {
  const { baseCRL, deltaCRL } = parsedObject(bytes, path)
  if (typeof baseCRL !== 'string') throw unusable(path, 'it has no "baseCRL"')
  if (deltaCRL !== undefined && deltaCRL !== null && typeof deltaCRL !== 'string')
    throw unusable(path, 'its "deltaCRL" is not text')
  return {
    base: decodeBase64(baseCRL, path),
    delta: deltaCRL ? decodeBase64(deltaCRL, path) : undefined,
  }
}

/** Read leniently, because it is large and notation's: what counts is the CA's signature within. */
function parsedObject(bytes: Uint8Array, path: string): { baseCRL?: unknown; deltaCRL?: unknown } {
  try {
    // Of a view: the bytes may be tens of MiB.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw unusable(path, 'it is not a JSON object')
}

function unusable(path: string, why: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} is not a cached CRL`, { why, fix: `remove ${path}` })
}

function nameOf(url: string, request?: Uint8Array): string {
  const hash = createHash('sha256').update(url)
  return (request === undefined ? hash : hash.update('\0').update(request)).digest('hex')
}

/** Only what has a name of ours is counted and removed. */
const NAME = /^[0-9a-f]{64}$/
/** Names that are looked at; a directory with more is left to its owner. */
const MAX_NAMES = 4 * MAX_FILES

async function prune(directory: string, kept: string): Promise<void> {
  const files: { readonly path: string; readonly size: number; readonly changed: number }[] = []
  let names = 0
  for await (const { name } of await opendir(directory)) {
    if (++names > MAX_NAMES) break
    if (!NAME.test(name) || name === kept) continue
    const path = join(directory, name)
    // Another process may have removed it.
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile()) files.push({ path, size: found.size, changed: found.mtimeMs })
  }
  files.sort((one, other) => other.changed - one.changed)
  let total = 0
  for (const [index, { path, size }] of files.entries()) {
    total += size
    if (index + 1 < MAX_FILES && total <= MAX_TOTAL_BYTES) continue
    await unlink(path).catch((error: unknown) => {
      if (!isAbsent(error)) throw error
    })
  }
}
