import { isBuiltin } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  imports,
  libraries,
  nodes,
  type Package,
  packageOf,
  packages,
  root,
  sources,
  staticImports,
} from './workspace.ts'

const CORE = '@sealwright/core'

/** Which packages of ours a package may import. */
const inward: Readonly<Record<string, readonly string[]>> = {
  [CORE]: [],
  '@sealwright/conformance': [CORE],
  '@sealwright/x509': [CORE],
  '@sealwright/oci': [CORE],
  '@sealwright/oci-registry': [CORE, '@sealwright/oci'],
  '@sealwright/keyring': [CORE],
  '@sealwright/sigstore': [CORE, '@sealwright/x509', '@sealwright/oci'],
  '@sealwright/notary': [CORE, '@sealwright/x509', '@sealwright/oci', '@sealwright/sigstore'],
  '@sealwright/nv2': [CORE, '@sealwright/x509', '@sealwright/oci'],
  sealwright: packages.map(({ name }) => name).filter(name => name !== 'sealwright'),
}

function allowed(name: string): readonly string[] {
  if (name.startsWith('@sealwright/provider-')) return [CORE]
  const list = inward[name]
  if (!list) throw new Error(`say in this file which packages ${name} may import`)
  return list
}

/** No processes, no threads, files in one folder, HTTP in one file: what else core needs of Node is arithmetic. */
const coreBuiltins = [
  'node:buffer',
  'node:crypto',
  'node:diagnostics_channel',
  'node:timers',
  'node:timers/promises',
  'node:util',
]

/** What the folder src/files needs more: docs/decisions/0010. */
const fileBuiltins = ['node:fs', 'node:fs/promises', 'node:path']

/** What the HTTP client of adapters needs more: docs/decisions/0014. */
const httpBuiltins = ['node:http', 'node:https', 'node:tls']

function bareImports(pkg: Package) {
  return sources(pkg).flatMap(file =>
    imports(file)
      .filter(specifier => !specifier.startsWith('.'))
      .map(specifier => ({ file: relative(root, file), specifier })),
  )
}

describe.each(packages)('$name', pkg => {
  const external = bareImports(pkg)

  it('imports only packages that lie further in', () => {
    const outward = external.filter(({ specifier }) => {
      const name = packageOf(specifier)
      const ours = packages.some(other => other.name === name)
      return (ours && !allowed(pkg.name).includes(name)) || (!ours && name.startsWith('@sealwright/'))
    })
    expect(outward).toEqual([])
  })

  it('declares exactly the dependencies that it imports', () => {
    const { dependencies, optionalDependencies, peerDependencies = {}, devDependencies = {} } = pkg.manifest
    const imported = new Set(
      external.filter(({ specifier }) => !isBuiltin(specifier)).map(({ specifier }) => packageOf(specifier)),
    )
    if (pkg.manifest.bin) {
      // The command line is one bundle: what it imports is needed to build it, not to run it. Key stores are not in it;
      // it imports them by the names in its list, where they are installed.
      for (const name of Object.keys(peerDependencies)) if (mentions(pkg, name)) imported.add(name)
      expect([...imported].sort()).toEqual(Object.keys(devDependencies).sort())
      return
    }
    // `@bufbuild/cel` leaves this one to whoever depends on it.
    if (imported.has('@bufbuild/cel')) imported.add('@bufbuild/protobuf')
    const declared = { ...dependencies, ...optionalDependencies, ...peerDependencies }
    expect([...imported].sort()).toEqual(Object.keys(declared).sort())
  })

  it('names builtins of Node with their prefix', () => {
    expect(
      external.filter(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith('node:')),
    ).toEqual([])
  })
})

/**
 * A file that imports what imports it, types included: one of the two has something that belongs elsewhere. A dynamic
 * import closes no circle: by it a command's flags load the code that takes them.
 */
it('no files import each other in a circle', () => {
  const graph = new Map(
    packages.flatMap(sources).map(file => {
      const relatives = staticImports(file).filter(specifier => specifier.startsWith('.'))
      return [file, relatives.map(specifier => resolve(dirname(file), specifier))] as const
    }),
  )
  expect(circles(graph).map(files => files.map(file => relative(root, file)))).toEqual([])
  const [a, b, c] = ['a', 'b', 'c'].map(name => resolve(name)) as [string, string, string]
  expect(
    circles(
      new Map([
        [a, [b]],
        [b, [c]],
        [c, [b]],
      ]),
    ),
  ).toEqual([[b, c]])
})

/** Each circle that a walk along the imports meets, from its first file on. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push(path.slice(at))
    if (at >= 0 || done.has(file)) return
    for (const next of graph.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return found
}

describe('@sealwright/core', () => {
  const core = packages.find(({ name }) => name === CORE)!

  it('uses no part of Node that does input or output, but for src/files and the HTTP client of adapters', () => {
    const builtins = bareImports(core).filter(({ specifier }) => isBuiltin(specifier))
    const refused = builtins.filter(
      ({ file, specifier }) =>
        !coreBuiltins.includes(specifier) &&
        !(file.startsWith('packages/core/src/files/') && fileBuiltins.includes(specifier)) &&
        !(file === 'packages/core/src/adapter/http-client.ts' && httpBuiltins.includes(specifier)),
    )
    expect(refused).toEqual([])
  })

  it('reads no wall clock', () => {
    const clocks = sources(core).flatMap(file =>
      [...nodes(file)]
        .filter(
          node =>
            (node.type === 'NewExpression' && isGlobal(node.callee, 'Date') && isEmpty(node.arguments)) ||
            isMember(node, 'Date', 'now'),
        )
        .map(() => relative(root, file)),
    )
    expect(clocks).toEqual([])
  })
})

/**
 * A vendor's own variables are read inside its provider: by the SDK, or, where the SDK reads only some of them, by us.
 * node-vault knows no `VAULT_CACERT_BYTES`, no `VAULT_TLS_SERVER_NAME`, and obeys `VAULT_SKIP_VERIFY`. The SDK of AWS puts
 * line breaks into requests, and passes by `AWS_DEFAULT_REGION`; Google's names neither variable nor file of bad credentials.
 */
const readersOfTheEnvironment: readonly string[] = [
  'packages/provider-aws-kms/src/environment.ts',
  'packages/provider-gcp-kms/src/environment.ts',
  'packages/provider-hashicorp-vault/src/connect.ts',
  // What credential helpers are started with: less than they would inherit.
  'packages/oci-registry/src/credentials/helper-environment.ts',
  // Where they are found: in the directories of PATH.
  'packages/oci-registry/src/credentials/program-path.ts',
]

describe.each(libraries)('$name', pkg => {
  it('reads neither the environment nor the arguments of the process', () => {
    const readers = sources(pkg).filter(file =>
      [...nodes(file)].some(node => isMember(node, 'process', 'env') || isMember(node, 'process', 'argv')),
    )
    const found = readers.map(file => relative(root, file))
    expect(found.filter(file => !readersOfTheEnvironment.includes(file))).toEqual([])
  })
})

it('a provider reads no variable that is not of its vendor', () => {
  const vault = packages.find(({ name }) => name === '@sealwright/provider-hashicorp-vault')!
  const names = sources(vault).flatMap(file =>
    [...nodes(file)]
      // `env[name]` gets its name, a string, from elsewhere in the package.
      .filter(node => node.type === 'MemberExpression' && isGlobal(node.object, 'env') && !node.computed)
      .map(node => (node.property as { name?: string }).name),
  )
  expect(names.length).toBeGreaterThan(0)
  // The last is cosign's, for its own references to Vault.
  expect(names.filter(name => !/^(?:VAULT|BAO)_|^TRANSIT_SECRET_ENGINE_PATH$/.test(name ?? ''))).toEqual([])
})

/** Whether a package's sources hold a name as a string. */
function mentions(pkg: Package, name: string): boolean {
  return sources(pkg).some(file => [...nodes(file)].some(node => node.value === name))
}

function isGlobal(node: unknown, name: string): boolean {
  const { type, name: found } = node as { type?: string; name?: string }
  return type === 'Identifier' && found === name
}

function isMember(
  node: { type: string; object?: unknown; property?: unknown },
  object: string,
  property: string,
) {
  return (
    node.type === 'MemberExpression' && isGlobal(node.object, object) && isGlobal(node.property, property)
  )
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}
