import { openSigner } from '@sealwright/core'
import { pkcs11 } from '@sealwright/provider-pkcs11'
import type { Pkcs11Module } from '../../../packages/provider-pkcs11/src/index.ts'
import { softHsmToken } from '../../services/softhsm.ts'
import type { Figure } from '../measure.ts'
import { timed } from '../measure.ts'
import { compare } from './compare.ts'
import { requireOf } from './sdk.ts'
import type { KeyName } from './served.ts'
import { algorithmOf, type Subject } from './subject.ts'

const TYPES = { 'RSA-3072': 'RSA-3072', 'RSA-2048': 'RSA-2048', 'P-256': 'EC-P256' } as const
const CKM_ECDSA = 0x1041
const CKM_RSA_PKCS_PSS = 0xd
/** CKM_SHA256, CKG_MGF1_SHA256 and the length of the salt, in the words of pkcs11js. */
const PSS = { type: 5, hashAlg: 0x250, mgf: 2, saltLen: 32 }
/** As many as the provider has by default. */
const SESSIONS = 4
const LONGEST = 1024

/** A module in this process, SoftHSM: what it does itself is a part of both sides. */
export async function pkcs11Figures(): Promise<readonly Figure[]> {
  const absent = {
    skip(reason: string): never {
      throw new Error(reason)
    },
  }
  const { modulePath, label, pin } = await softHsmToken(absent)
  const { PKCS11 } = requireOf('pkcs11')('pkcs11js')
  const api = new PKCS11() as Pkcs11Module & { load(path: string): void }
  api.load(modulePath)
  const provider = pkcs11({ module: api, pin: async () => pin })
  const reference = (name: KeyName) => `pkcs11:token=${encodeURIComponent(label)};object=${name}`
  const publicKeys = new Map<KeyName, Buffer>()
  for (const name of ['RSA-3072', 'P-256'] as const) {
    const call = { signal: AbortSignal.timeout(60_000) }
    await provider.admin!.create({ reference: reference(name), type: TYPES[name] }, call)
    await using signer = await openSigner(provider, reference(name), { algorithm: algorithmOf(name) })
    publicKeys.set(name, Buffer.from(signer.key.publicKey))
  }
  await using subject: Subject = {
    provider,
    reference,
    spki: name => publicKeys.get(name)!,
    bare: async name => bareOf(api, label, name),
    [Symbol.asyncDispose]: async () => provider[Symbol.asyncDispose]?.(),
  }
  const figures: Figure[] = []
  for (const concurrency of [1, 64]) {
    for (const key of ['RSA-3072', 'P-256'] as const) {
      const count = key === 'P-256' ? 600 : 120
      const options = { subject, store: 'pkcs11', key, concurrency, count, warmUp: 2 * count }
      figures.push(await compare(options, true, { atMost: 1.05 }))
    }
  }
  const rate = await compare(
    { subject, store: 'pkcs11', key: 'RSA-3072', concurrency: 64, count: 120, warmUp: 240 },
    true,
    { atLeast: 0.9 },
    timed,
    (ours, theirs) => theirs / ours,
  )
  return [...figures, { ...rate, name: 'pkcs11 RSA-3072 ×64, signatures a second / bare' }]
}

/** C_SignInit and C_SignAsync in sessions of our own, in the log-in of this process. */
function bareOf(api: Pkcs11Module, label: string, name: KeyName) {
  const slot = api.C_GetSlotList(true).find(each => api.C_GetTokenInfo(each).label.trimEnd() === label)!
  const sessions = Array.from({ length: SESSIONS }, () => api.C_OpenSession(slot, 4))
  const idle = [...sessions]
  const waiting: ((session: Buffer) => void)[] = []
  const [first] = sessions
  api.C_FindObjectsInit(first!, [
    { type: 0x0, value: 3 },
    { type: 0x3, value: name },
  ])
  const [object] = api.C_FindObjects(first!, 1)
  api.C_FindObjectsFinal(first!)
  const mechanism =
    algorithmOf(name) === 'PS256' ? { mechanism: CKM_RSA_PKCS_PSS, parameter: PSS } : { mechanism: CKM_ECDSA }
  const give = (session: Buffer) => {
    const next = waiting.shift()
    if (next === undefined) idle.push(session)
    else next(session)
  }
  return {
    encoding: 'ieee-p1363',
    sign: async (digest: Buffer): Promise<Uint8Array> => {
      const session = idle.pop() ?? (await new Promise<Buffer>(resolve => waiting.push(resolve)))
      api.C_SignInit(session, mechanism, object!)
      const signature = await api.C_SignAsync(session, digest, Buffer.alloc(LONGEST))
      give(session)
      return signature
    },
  } as const
}
