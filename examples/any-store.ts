// Signs a file with a key of whatever store a configuration names: `node examples/any-store.ts CONFIGURATION FILE`
// writes FILE.dsse.json. To change stores, change the configuration; nothing here knows one. For instance:
//   { "package": "@sealwright/provider-aws-kms", "factory": "awsKms", "schemes": ["awskms"],
//     "options": { "region": "eu-central-1" }, "key": "awskms:///alias/release" }
import { readFile, writeFile } from 'node:fs/promises'
import { type KeyProvider, seal } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { createKeyring, emptyKeyLock } from '@sealwright/keyring'

interface Configuration {
  readonly package: string
  readonly factory: string
  readonly schemes: readonly string[]
  readonly options?: object
  readonly key: string
}

const [configurationFile = 'store.json', file = 'release.tgz'] = process.argv.slice(2)
const store: Configuration = JSON.parse(await readFile(configurationFile, 'utf8'))

async function load(): Promise<KeyProvider> {
  const factories: Record<string, (options?: object) => KeyProvider> = await import(store.package)
  const factory = factories[store.factory]
  if (factory === undefined) throw new Error(`${store.package} exports no ${store.factory}`)
  return factory(store.options)
}

const providers = [{ schemes: store.schemes, package: store.package, load }]
const keyring = createKeyring({ providers, keys: emptyKeyLock() })
const signer = await keyring.signer(store.key, {
  algorithm: ({ algorithms }) => {
    // One that the key has, and the same each time.
    const [first] = (['Ed25519', 'ES256', 'ES384', 'ES512', 'PS256', 'RS256'] as const).filter(
      id => algorithms[id],
    )
    if (first === undefined) throw new Error('the key has none of the algorithms of this example')
    return first
  },
})
const content = { payloadType: 'application/octet-stream', payload: await readFile(file) }
const envelope = await seal(dsse, content, signer, { attributes: {} })
await writeFile(`${file}.dsse.json`, envelope.bytes)
console.log(`${signer.key.reference}, ${signer.algorithm.id}`)
await signer[Symbol.asyncDispose]()
await keyring[Symbol.asyncDispose]()
