import {
  type HarnessKey,
  type ProviderCase,
  type ProviderHarness,
  providerCases,
} from '@sealwright/conformance'
import type { KeyProvider, KeyType } from '@sealwright/core'
import { type Attribute, type Pkcs11Module, pkcs11 } from '../src/index.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken } from './fake-token.ts'
import { declared, fakeHarness } from './harness.ts'

/** pkcs11js's module, with the functions that only tests use. */
interface RealModule extends Pkcs11Module {
  load(path: string): void
  C_SetAttributeValue(session: Buffer, object: Buffer, template: Attribute[]): void
}

export interface RealToken {
  readonly modulePath: string
  readonly label: string
  readonly pin: string
  readonly libraryParameters?: string
}

export interface RealHarnessOptions {
  readonly name: string
  readonly types: readonly KeyType[]
  readonly deviations?: Readonly<Record<string, string>>
  /** Ready when a case runs. */
  token(): RealToken
  /** Hooks that this module refuses, and why is said where they are left out. */
  readonly without?: readonly ('disable' | 'moveAlias')[]
}

/** A module in use by tests: its calls are counted. */
export interface CountedModule {
  readonly module: RealModule
  count(name: keyof RealModule): number
}

export async function loadCounted(modulePath: string): Promise<CountedModule> {
  const { default: pkcs11js } = await import('pkcs11js')
  const api = new pkcs11js.PKCS11()
  api.load(modulePath)
  const counts = new Map<PropertyKey, number>()
  const module = new Proxy(api as unknown as RealModule, {
    get(target, name: keyof RealModule) {
      const member = target[name] as unknown
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        counts.set(name, (counts.get(name) ?? 0) + 1)
        return member.apply(target, args)
      }
    },
  })
  return { module, count: name => counts.get(name) ?? 0 }
}

/** The cases of every key store, over keys that the token made for us. */
export function realCases(
  options: RealHarnessOptions,
  counted: () => CountedModule,
): readonly ProviderCase[] {
  const { name, types, deviations = {}, token, without = [] } = options
  const provider = (pin?: string): KeyProvider => {
    const { libraryParameters, pin: right } = token()
    return pkcs11({
      module: counted().module,
      pin: async () => pin ?? right,
      ...(libraryParameters === undefined ? {} : { libraryParameters }),
    })
  }
  const made = new Map<string, Promise<string>>()
  const reference = (label: string) =>
    `pkcs11:token=${encodeURIComponent(token().label)};object=${encodeURIComponent(label)}`
  const create = (type: KeyType, label: string): Promise<string> => {
    const known = made.get(label)
    if (known !== undefined) return known
    const creating = (async () => {
      await using keys = provider() as KeyProvider & AsyncDisposable
      await keys.admin!.create({ reference: reference(label), type }, idle())
      return reference(label)
    })()
    made.set(label, creating)
    return creating
  }
  const changing = async (change: (label: string) => Promise<void>) => {
    const label = `Changing ${made.size}`
    return { reference: await create('EC-P256', label), change: () => change(label) }
  }
  const fakeToken = new FakeToken({ tries: 10 })
  const harness: ProviderHarness = {
    name,
    open: () => provider(),
    keys: types.map(
      (type): HarnessKey => ({
        type,
        reference: () => create(type, `Key ${type}`),
        algorithms: declared(type),
      }),
    ),
    missing: () => reference('No such key'),
    spellings: [{ given: 'pkcs11:object=Rel;token=ACME', canonical: 'pkcs11:token=ACME;object=Rel' }],
    refused: ['pkcs11:token=ACME;object=k?pin-value=12345678'],
    // Read when a case runs, not when the harness is made.
    get secrets() {
      return [token().pin]
    },
    ...(without.includes('moveAlias')
      ? {}
      : {
          moveAlias: () =>
            changing(async label => {
              inToken(label, (module, session, object) =>
                module.C_SetAttributeValue(session, object, [{ type: 0x3, value: `Former ${label}` }]),
              )
              made.delete(label)
              await create('EC-P256', label)
            }),
        }),
    ...(without.includes('disable')
      ? {}
      : {
          disable: () =>
            changing(async label =>
              inToken(label, (module, session, object) =>
                module.C_SetAttributeValue(session, object, [{ type: 0x108, value: false }]),
              ),
            ),
        }),
    remove: () =>
      changing(async label =>
        inToken(label, (module, session, object) => module.C_DestroyObject(session, object)),
      ),
    wrongPin: () => {
      const before = counted().count('C_Login')
      return {
        provider: provider('pin-that-is-wrong'),
        reference: reference(`Key ${types[0]}`),
        attempts: () => counted().count('C_Login') - before,
        secret: 'pin-that-is-wrong',
      }
    },
    signCalls: () => counted().count('C_SignAsync'),
    resources: () => counted().count('C_OpenSession') - counted().count('C_CloseSession'),
    deviations,
    fake: fakeHarness(new FakeModule(fakeToken), fakeToken),
  }
  return providerCases(harness)

  /** Does something to the private key of a label as another program would, in the log-in of this process. */
  function inToken(
    label: string,
    change: (module: RealModule, session: Buffer, object: Buffer) => void,
  ): void {
    const { module } = counted()
    const wanted = token().label
    const slot = module
      .C_GetSlotList(true)
      .find(each => module.C_GetTokenInfo(each).label.trimEnd() === wanted)!
    const session = module.C_OpenSession(slot, 6)
    try {
      module.C_FindObjectsInit(session, [
        { type: 0x0, value: 3 },
        { type: 0x3, value: label },
      ])
      const [object] = module.C_FindObjects(session, 1)
      module.C_FindObjectsFinal(session)
      change(module, session, object!)
    } finally {
      module.C_CloseSession(session)
    }
  }
}

function idle(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal }
}
