import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * How a server answers. `hang` never does; `slow` sends a byte of the answer each second; `garbage` sends text; `huge` sends
 * 1 GiB of zeros; `other` sends an answer that is whole, and about something else.
 */
export type ServerBehaviour = 'good' | 'hang' | 'slow' | 'garbage' | 'huge' | 'other'

const GIB = 1024 ** 3
const CHUNK = Buffer.alloc(64 * 1024)

/** Sends an answer with status 200 as a behaviour says; `other` is for the caller to make. */
export async function answerAs(
  behaviour: ServerBehaviour,
  response: ServerResponse,
  answer: { readonly contentType: string; bytes(): Promise<Uint8Array> },
): Promise<void> {
  if (behaviour === 'hang') return
  response.writeHead(200, { 'content-type': answer.contentType })
  if (behaviour === 'garbage') response.end('<html>not what was asked for</html>')
  else if (behaviour === 'huge') await sendHuge(response)
  else if (behaviour === 'slow') sendSlowly(response, await answer.bytes())
  else response.end(await answer.bytes())
}

async function sendHuge(response: ServerResponse): Promise<void> {
  const chunks = Readable.from(Array.from({ length: GIB / CHUNK.length }, () => CHUNK))
  // Whoever reads bounded ends the connection early: that is what it is for.
  await pipeline(chunks, response).catch(() => undefined)
}

function sendSlowly(response: ServerResponse, bytes: Uint8Array): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < bytes.length) response.write(bytes.subarray(at, ++at))
    else response.end()
  }, 1000)
  response.once('close', () => clearInterval(timer))
}
