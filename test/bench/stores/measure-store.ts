import type { Figure } from '../measure.ts'
import { compare } from './compare.ts'
import { pkcs11Figures } from './pkcs11.ts'
import type { Served, StoreName } from './served.ts'
import { soakFigures } from './soak.ts'
import { SUBJECTS } from './subjects.ts'

// `node measure-store.ts STORE [soak]`, with what serve.ts said on stdin: prints figures as JSON. A process of its own for
// each store, so that no other SDK is in its memory.

/** Our pipeline and adapter, above what a careful caller of the SDK needs anyway. */
const OWN_COST = { atMost: 1.05 }
/** What a verified signature costs, against a bare call of the SDK that nobody verifies: by a leaner transport, where one fits. */
const AIMS: Readonly<Record<StoreName, Figure['bound']>> = {
  'aws-kms': { atMost: 1 },
  'azure-key-vault': { atMost: 1 },
  'gcp-kms': undefined,
  'hashicorp-vault': { atMost: 0.6 },
}
const CONCURRENCY = [1, 64] as const
/** Signatures of one measurement. gRPC leaves so much behind that few would measure on which side it is collected. */
const GRPC_COUNT = 1_536
const COUNT = 384
const WARM_UP = 2_500

async function storeFigures(store: StoreName, isSoak: boolean): Promise<readonly Figure[]> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const served: Served = JSON.parse(Buffer.concat(chunks).toString())
  await using subject = await SUBJECTS[store](served)
  if (isSoak) return await soakFigures(store, subject)
  const figures: Figure[] = []
  for (const concurrency of CONCURRENCY) {
    const common = {
      subject,
      store,
      concurrency,
      count: store === 'gcp-kms' ? GRPC_COUNT : COUNT,
      warmUp: WARM_UP,
    }
    for (const key of ['RSA-3072', 'P-256'] as const) {
      figures.push(await compare({ ...common, key }, true, OWN_COST))
    }
    for (const key of ['RSA-2048', 'P-256'] as const) {
      figures.push(await compare({ ...common, key }, false, AIMS[store]))
    }
  }
  return figures
}

const [store, mode] = process.argv.slice(2) as [StoreName | 'pkcs11', string | undefined]
const figures = store === 'pkcs11' ? await pkcs11Figures() : await storeFigures(store, mode === 'soak')
console.log(JSON.stringify(figures))
