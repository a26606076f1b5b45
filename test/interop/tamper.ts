import { certificatesOf } from './forge.ts'
import type { Format } from './ours.ts'

/**
 * The same envelope with one byte changed, once for every part that a signature must protect: its payload, its signed
 * attributes, the signature itself, each certificate; and the envelope cut short.
 */
export async function tamperings(
  format: Format,
  envelope: Uint8Array,
  digest: string,
  chainPath: string,
): Promise<Readonly<Record<string, Uint8Array>>> {
  const chain = await certificatesOf(chainPath)
  const parts = format === 'jws' ? inJws(envelope, digest) : inCose(envelope, digest, chain)
  return { ...parts, end: envelope.subarray(0, -1), half: envelope.subarray(0, envelope.length >> 1) }
}

function inJws(envelope: Uint8Array, digest: string): Record<string, Uint8Array> {
  interface Jws {
    payload: string
    protected: string
    signature: string
    header: { x5c: string[] }
  }
  const changed = (change: (jws: Jws) => void): Uint8Array => {
    const jws = JSON.parse(Buffer.from(envelope).toString()) as Jws
    change(jws)
    return Buffer.from(JSON.stringify(jws))
  }
  const flipText = (base64url: string, text: string) => {
    const bytes = Buffer.from(base64url, 'base64url')
    return flipped(bytes, lastByteOf(bytes, Buffer.from(text))).toString('base64url')
  }
  const flipEnd = (bytes: Buffer) => flipped(bytes, bytes.length - 1)
  return {
    payload: changed(jws => {
      jws.payload = flipText(jws.payload, digest)
    }),
    attributes: changed(jws => {
      jws.protected = flipText(jws.protected, 'io.cncf.notary.signingTime":"2')
    }),
    signature: changed(jws => {
      jws.signature = flipEnd(Buffer.from(jws.signature, 'base64url')).toString('base64url')
    }),
    leaf: changed(jws => {
      jws.header.x5c[0] = flipEnd(Buffer.from(jws.header.x5c[0]!, 'base64')).toString('base64')
    }),
    root: changed(jws => {
      jws.header.x5c[1] = flipEnd(Buffer.from(jws.header.x5c[1]!, 'base64')).toString('base64')
    }),
  }
}

function inCose(
  envelope: Uint8Array,
  digest: string,
  [leaf, root]: readonly Uint8Array[],
): Record<string, Uint8Array> {
  const at = (text: Uint8Array) => flipped(envelope, lastByteOf(envelope, text))
  const time = 5 // the tag and the head of the integer, then four bytes of seconds
  const signingTime = lastByteOf(envelope, Buffer.from('io.cncf.notary.signingTime')) + time
  return {
    payload: at(Buffer.from(digest)),
    attributes: flipped(envelope, signingTime),
    signature: flipped(envelope, envelope.length - 1),
    leaf: at(leaf!),
    root: at(root!),
  }
}

function lastByteOf(bytes: Uint8Array, part: Uint8Array): number {
  const start = Buffer.from(bytes).indexOf(part)
  if (start < 0) throw new Error('the envelope lacks the part to change')
  return start + part.length - 1
}

function flipped(bytes: Uint8Array, index: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[index]! ^= 1
  return copy
}
