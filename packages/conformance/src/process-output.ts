type Write = typeof process.stdout.write

/** What `task` writes to standard output and standard error; it is still written. */
export async function outputOf(task: () => Promise<unknown>): Promise<string> {
  let output = ''
  const streams = [process.stdout, process.stderr]
  const originals = streams.map(stream => stream.write)
  for (const [index, stream] of streams.entries()) {
    const original = originals[index]!
    stream.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      return original.call(stream, chunk, ...rest)
    }) as Write
  }
  try {
    await task()
  } finally {
    for (const [index, stream] of streams.entries()) stream.write = originals[index]!
  }
  return output
}
