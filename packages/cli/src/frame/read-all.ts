import { usageError } from './usage.ts'

/** The whole of a stream that may have at most `maxBytes`. `label` names it in messages. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  label: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > maxBytes)
      throw usageError(`${label} has more than ${maxBytes} bytes`, { fix: 'check what is given' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
