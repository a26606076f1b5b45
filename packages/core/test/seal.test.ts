import { describe, expect, it } from 'vitest'
import {
  type AlgorithmId,
  type EnvelopeFormat,
  type Evidence,
  openSigner,
  type SealOptions,
  SealwrightError,
  type Signature,
  type SignerIdentity,
  seal,
} from '../src/index.ts'
import { fakeStore } from './fake-store.ts'

type Call = { identity: SignerIdentity; onto?: Uint8Array | undefined; attributes: string }

/** A format that notes how it was called. */
function fakeFormat(prescribed?: AlgorithmId) {
  const calls: Call[] = []
  const closed: { signature: Signature; evidence: Evidence }[] = []
  const format: EnvelopeFormat<string, string> = {
    mediaType: 'text/fake',
    algorithmFor: () => {
      if (prescribed) return prescribed
      throw new SealwrightError('VALIDATION', 'nothing is prescribed; choose one of …')
    },
    prepare: (content, attributes, identity, onto) => {
      calls.push({ identity, onto, attributes })
      return {
        toBeSigned: Buffer.from(content),
        close: (signature, evidence) => {
          closed.push({ signature, evidence })
          return Buffer.from(`sealed ${content}`)
        },
      }
    },
    open: () => {
      throw new Error('not called')
    },
  }
  return { format, calls, closed }
}

const accepts = { Ed25519: { message: 100 } } as const
const stored = [Uint8Array.of(1)]
const open = (handle = {}) => openSigner(fakeStore({ type: 'Ed25519', accepts, handle }), 'fake:key')
const options = (more: Partial<SealOptions<string>> = {}): SealOptions<string> => ({
  attributes: 'a',
  ...more,
})

describe('seal', () => {
  it('has the format prepare, the signer sign and the format close', async () => {
    const { format, calls, closed } = fakeFormat()
    await using signer = await open()
    const onto = Uint8Array.of(7)
    const envelope = await seal(format, 'content', signer, options({ keyId: 'k', onto }))
    expect(envelope).toEqual({ mediaType: 'text/fake', bytes: Buffer.from('sealed content') })
    expect(calls).toEqual([
      { attributes: 'a', onto, identity: { key: signer.key, algorithm: 'Ed25519', keyId: 'k' } },
    ])
    expect(closed).toMatchObject([{ signature: { algorithm: 'Ed25519' }, evidence: {} }])
  })

  it('refuses a signer of another algorithm than the format prescribes, before anything is signed', async () => {
    const store = fakeStore({
      type: 'RSA-2048',
      accepts: { RS256: { message: 100 }, PS256: { message: 100 } },
    })
    await using signer = await openSigner(store, 'fake:key', { algorithm: 'RS256' })
    await expect(seal(fakeFormat('PS256').format, 'c', signer, options())).rejects.toMatchObject({
      code: 'VALIDATION',
      fix: 'open the signer with the algorithm PS256',
    })
    expect(store.requests).toEqual([])
  })

  it('passes on that a format cannot be signed by this kind of key', async () => {
    const { format } = fakeFormat()
    const unable = new SealwrightError('UNSUPPORTED', 'no Ed25519')
    format.algorithmFor = () => {
      throw unable
    }
    await using signer = await open()
    await expect(seal(format, 'c', signer, options())).rejects.toBe(unable)
  })

  it('asks the store for certificates when none are given, and does not when some are', async () => {
    let asked = 0
    const certificates = async () => {
      asked++
      return stored
    }
    await using signer = await open({ certificates })
    const { format, calls } = fakeFormat()
    await seal(format, 'c', signer, options())
    const given = [Uint8Array.of(2)]
    await seal(format, 'c', signer, options({ certificates: given }))
    expect(calls.map(({ identity }) => identity.certificates)).toEqual([stored, given])
    expect(asked).toBe(1)
  })

  it('says nothing of certificates when the store has none after all', async () => {
    await using signer = await open({ certificates: async () => [] })
    const { format, calls } = fakeFormat()
    await seal(format, 'c', signer, options())
    expect(calls[0]!.identity.certificates).toBeUndefined()
  })

  it('has the signature countersigned before the envelope is closed', async () => {
    await using signer = await open()
    const { format, closed } = fakeFormat()
    const evidence = { timestamps: [Uint8Array.of(9)] }
    await seal(format, 'c', signer, options({ countersign: async () => evidence }))
    expect(closed[0]!.evidence).toBe(evidence)
  })

  it('ends with TIMEOUT when a countersignature takes too long', async () => {
    await using signer = await open()
    const { format, closed } = fakeFormat()
    let signal: AbortSignal | undefined
    const countersign: SealOptions<string>['countersign'] = (_, call) => {
      signal = call.signal
      return new Promise(() => {})
    }
    const sealing = seal(format, 'c', signer, options({ countersign, timeoutMs: 500 }))
    await expect(sealing).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(signal?.aborted).toBe(true)
    expect(closed).toEqual([])
  })

  it('has one deadline for certificates, signature and countersignature', async () => {
    const slow = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
    await using signer = await open({
      certificates: async () => {
        await slow(30)
        return stored
      },
    })
    let left = 0
    const countersign: SealOptions<string>['countersign'] = async (_, call) => {
      left = call.timeoutMs!
      return {}
    }
    await seal(fakeFormat().format, 'c', signer, options({ countersign, timeoutMs: 5_000 }))
    expect(left).toBeLessThan(4_980)
  })

  it('names a countersigner that fails, without its text', async () => {
    await using signer = await open()
    const countersign = () => Promise.reject(new Error('token canary'))
    const error = await seal(fakeFormat().format, 'c', signer, options({ countersign })).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(String(error)).not.toContain('canary')
  })

  it.each([{}, { countersign: async () => ({}) }])('passes the abort of its caller on %#', async more => {
    await using signer = await open()
    const sealing = seal(fakeFormat().format, 'c', signer, options({ ...more, signal: AbortSignal.abort() }))
    await expect(sealing).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
