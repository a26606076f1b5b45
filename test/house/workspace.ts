import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'

/** Absolute path of the checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url))

interface Conditions {
  readonly '@sealwright/source'?: string
  readonly types: string
  readonly default: string
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly sideEffects?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly man?: readonly string[]
  readonly exports?: Readonly<Record<string, Conditions>>
  readonly publishConfig: { readonly exports?: Readonly<Record<string, Conditions>> }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  readonly name: string
  /** Absolute. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package of packages/. */
export const packages: readonly Package[] = readdirSync(join(root, 'packages'))
  .sort()
  .map(name => {
    const folder = join(root, 'packages', name)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    return { name: manifest.name, folder, manifest }
  })

export const libraries: readonly Package[] = packages.filter(({ manifest }) => manifest.exports)

/** What a user can import: `@sealwright/core`, `@sealwright/core/dsse`, … */
export function specifiers({ name, manifest }: Package): string[] {
  return Object.keys(manifest.exports ?? {}).map(subpath => name + subpath.slice(1))
}

/** Absolute paths of a package's sources. */
export function sources({ folder }: Package): string[] {
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, 'src', file))
}

type Node = { readonly type: string } & Readonly<Record<string, unknown>>

/** Every node of a TypeScript file's syntax tree. */
export function* nodes(file: string): Generator<Node> {
  const pending: unknown[] = [parseAst(readFileSync(file, 'utf8'), { lang: 'ts' }, file)]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null) continue
    if ('type' in value && typeof value.type === 'string') yield value as Node
    pending.push(...Object.values(value))
  }
}

/** What a file imports, types and dynamic imports included: module specifiers. */
export function imports(file: string): string[] {
  return specifiersIn(file, /^(Import|Export)\w*Declaration$|^ImportExpression$|^TSImportType$/)
}

/** The same without dynamic imports: what must be there before the file runs, and the types. */
export function staticImports(file: string): string[] {
  return specifiersIn(file, /^(Import|Export)\w*Declaration$|^TSImportType$/)
}

function specifiersIn(file: string, types: RegExp): string[] {
  const found: string[] = []
  for (const node of nodes(file)) {
    if (!types.test(node.type)) continue
    const source = (node.source ?? node.argument) as { value?: unknown } | null | undefined
    if (typeof source?.value === 'string') found.push(source.value)
  }
  return found
}

/** The package of a bare specifier: `@sealwright/core` of `@sealwright/core/dsse`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
