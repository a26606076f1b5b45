import { createTarPacker } from 'modern-tar'

/** A file to be written into a tar. */
export interface TarContent {
  readonly name: string
  /** Bytes; exactly as many must come. */
  readonly size: number
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** The bytes of a tar with these files, in this order; the same files always give the same bytes. */
export async function* packTar(files: Iterable<TarContent>): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker()
  const writing = (async () => {
    try {
      for (const { name, size, read } of files) {
        const entry = controller.add({ name, size, mode: 0o644, mtime: new Date(0), type: 'file' })
        const writer = entry.getWriter()
        for await (const chunk of read()) await writer.write(chunk)
        await writer.close()
      }
      controller.finalize()
    } catch (error) {
      controller.error(error)
      throw error
    }
  })()
  // The stream carries the error; this only keeps it from being reported as unhandled before it is awaited below.
  writing.catch(() => {})
  for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) yield chunk
  await writing
}
