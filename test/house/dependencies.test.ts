import { isBuiltin } from 'node:module'
import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imports, libraries, nodes, type Package, packageOf, packages, root, sources } from './workspace.ts'

const CORE = '@sealwright/core'

/** Which packages of ours a package may import. */
const inward: Readonly<Record<string, readonly string[]>> = {
  [CORE]: [],
  '@sealwright/conformance': [CORE],
  '@sealwright/x509': [CORE],
  '@sealwright/oci': [CORE],
  '@sealwright/keyring': [CORE],
  '@sealwright/notary': [CORE, '@sealwright/x509', '@sealwright/oci'],
  sealwright: packages.map(({ name }) => name).filter(name => name !== 'sealwright'),
}

function allowed(name: string): readonly string[] {
  if (name.startsWith('@sealwright/provider-')) return [CORE]
  const list = inward[name]
  if (!list) throw new Error(`say in this file which packages ${name} may import`)
  return list
}

/** No files, no network, no processes, no threads: what core needs of Node is arithmetic. */
const coreBuiltins = [
  'node:buffer',
  'node:crypto',
  'node:diagnostics_channel',
  'node:timers',
  'node:timers/promises',
  'node:util',
]

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
    const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = pkg.manifest
    const imported = new Set(
      external.filter(({ specifier }) => !isBuiltin(specifier)).map(({ specifier }) => packageOf(specifier)),
    )
    // The command line is one bundle: what it imports is needed to build it, not to run it.
    const declared = pkg.manifest.bin ? devDependencies : { ...dependencies, ...peerDependencies }
    expect([...imported].sort()).toEqual(Object.keys(declared).sort())
  })

  it('names builtins of Node with their prefix', () => {
    expect(
      external.filter(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith('node:')),
    ).toEqual([])
  })
})

describe('@sealwright/core', () => {
  const core = packages.find(({ name }) => name === CORE)!

  it('uses no part of Node that does input or output', () => {
    const builtins = bareImports(core).filter(({ specifier }) => isBuiltin(specifier))
    expect(builtins.filter(({ specifier }) => !coreBuiltins.includes(specifier))).toEqual([])
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

describe.each(libraries)('$name', pkg => {
  it('reads neither the environment nor the arguments of the process', () => {
    const readers = sources(pkg).filter(file =>
      [...nodes(file)].some(node => isMember(node, 'process', 'env') || isMember(node, 'process', 'argv')),
    )
    expect(readers.map(file => relative(root, file))).toEqual([])
  })
})

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
