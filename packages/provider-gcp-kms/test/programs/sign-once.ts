import { isSealwrightError, openSigner } from '@sealwright/core'
import { gcpKms } from '../../src/index.ts'

/** What is said of a key by a process of its own, which finds credentials as any program does. */
const [transport, endpoint, reference] = process.argv.slice(2) as ['grpc' | 'rest', string, string]
const keys = gcpKms({ transport, endpoint, proxyEnv: process.env })
try {
  const signer = await openSigner(keys, reference)
  const { bytes } = await signer.sign(Buffer.from('hello'))
  await signer[Symbol.asyncDispose]()
  const identity = await keys.identify!({ signal: new AbortController().signal })
  console.log(JSON.stringify({ ...identity, signature: bytes.length }))
} catch (error) {
  if (!isSealwrightError(error)) throw error
  const { code, message, why, fix } = error
  console.log(JSON.stringify({ code, message, why, fix }))
} finally {
  await keys[Symbol.asyncDispose]?.()
}
