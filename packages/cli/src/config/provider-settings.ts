import type { JsonObject, JsonValue } from '@sealwright/core/encoding'
import type { Place } from './shape.ts'
import { storePackages } from './store-packages.ts'

/** What a configuration says of one provider. */
export interface ProviderSettings {
  /** Of a package that is not one of ours: the schemes it is for. */
  readonly schemes?: readonly string[] | undefined
  /** Of such a package: the export that makes the provider; where there is one function alone, it is that. */
  readonly factory?: string | undefined
  readonly options: Readonly<Record<string, unknown>>
  /** Of such a package: options that are secrets, by where they are read when the provider is made. */
  readonly secrets?: Readonly<Record<string, SecretPlace>> | undefined
}

/** Where a secret is: the first line of a file, or an environment variable. */
export type SecretPlace = { readonly file: string } | { readonly variable: string }

const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const SCHEME = /^[a-z][a-z0-9+.-]*$/
const SECRET = /token|secret|pass(?:word|phrase)|^pin$|credential|private|jwt/i

/** Reads the member `providers`: by the npm name of a package, what is said to it. */
export function readProviders(place: Place): Record<string, ProviderSettings> {
  return place.record((provider, name) => {
    const store = storePackages.find(each => each.package === name)
    return store === undefined ? readForeign(provider, name) : { options: provider.object(store.settings) }
  })
}

/** A package of others says itself what its options are; only secrets are refused whatever it says. */
function readForeign(place: Place, name: string): ProviderSettings {
  if (!PACKAGE.test(name)) place.fail(`${JSON.stringify(name)} is not a name of an npm package`)
  let schemes: readonly string[] | undefined
  let factory: string | undefined
  const options = new Map<string, JsonValue | undefined>()
  const secrets = new Map<string, SecretPlace>()
  place.record((member, option) => {
    if (option === 'schemes') schemes = member.list(readScheme)
    else if (option === 'factory') factory = member.text()
    else if (SECRET.test(option) && isObject(member.value)) secrets.set(option, readSecretPlace(member))
    else {
      refuseSecrets(member, option)
      options.set(option, member.value)
    }
  })
  if (schemes === undefined || schemes.length === 0) {
    return place.fail(
      `${place.name} does not say which references it is for`,
      'add "schemes": ["SCHEME"], what its references begin with',
    )
  }
  return {
    schemes,
    factory,
    options: Object.fromEntries(options),
    ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
  }
}

function readSecretPlace(place: Place): SecretPlace {
  const { file, variable } = place.object({
    file: member => member.file(),
    variable: member => member.text(),
  })
  if (file !== undefined && variable === undefined) return { file }
  if (variable !== undefined && file === undefined) return { variable }
  return place.fail(
    `${place.name} must have either file or variable`,
    `write { "variable": "NAME" } or { "file": "PATH" }`,
  )
}

function readScheme(place: Place): string {
  const scheme = place.text()
  const owner = storePackages.find(({ schemes }) => schemes.includes(scheme))
  if (owner !== undefined) return place.fail(`the scheme ${scheme} is that of ${owner.package}`)
  return SCHEME.test(scheme) ? scheme : place.fail(`${JSON.stringify(scheme)} is not a scheme of a reference`)
}

function refuseSecrets(place: Place, name: string): void {
  if (SECRET.test(name) && typeof place.value === 'string' && !/(?:file|path|variable)$/i.test(name)) {
    place.fail(
      `${place.name} would hold a secret, and a configuration holds none`,
      `name where it is: "${name}": { "variable": "NAME" } or { "file": "PATH" }`,
    )
  }
  if (isObject(place.value)) place.record(refuseSecrets)
  else if (Array.isArray(place.value)) place.list(item => refuseSecrets(item, name))
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
