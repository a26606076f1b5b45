import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { libraries } from './workspace.ts'

/** A function or constant at the top of a source. */
export interface Declared {
  /** Of a function; the value of a constant. */
  readonly body: unknown
  /** Its documentation comment. */
  readonly doc: string
  readonly module: Module
}

/** A source file: what it declares, and where the names that it imports or exports come from. */
export interface Module {
  readonly path: string
  readonly declared: Map<string, Declared>
  readonly imported: Map<string, { readonly source: string; readonly name: string }>
  readonly exported: Map<string, { readonly source: string | undefined; readonly name: string }>
}

const entries = new Map(
  libraries.flatMap(({ name, folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).map(([subpath, conditions]) => [
      name + subpath.slice(1),
      join(folder, conditions['@sealwright/source'] ?? ''),
    ]),
  ),
)

const modules = new Map<string, Module>()

// biome-ignore lint/suspicious/noExplicitAny: the syntax tree of the parser has no types here
export type Tree = any

function moduleAt(path: string): Module {
  const known = modules.get(path)
  if (known !== undefined) return known
  const module: Module = { path, declared: new Map(), imported: new Map(), exported: new Map() }
  modules.set(path, module)
  const text = readFileSync(path, 'utf8')
  let end = 0
  for (const node of parseAst(text, { lang: 'ts' }, path).body as Tree[]) {
    const doc = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text.slice(end, node.start))?.[0] ?? ''
    end = node.end
    const source: string | undefined = node.source?.value
    const declared = node.declaration ?? node
    for (const { local, imported, exported } of node.specifiers ?? []) {
      if (node.type === 'ImportDeclaration')
        module.imported.set(local.name, { source: source!, name: imported?.name ?? '*' })
      else module.exported.set(exported.name, { source, name: local.name })
    }
    for (const { id, body } of named(declared)) {
      module.declared.set(id.name, { body, doc, module })
      if (declared !== node) module.exported.set(id.name, { source: undefined, name: id.name })
    }
  }
  return module
}

/** The functions and constants of a declaration, of which a constant may be a function too. */
function named(declared: Tree): readonly { readonly id: Tree; readonly body: Tree }[] {
  if (declared.type === 'FunctionDeclaration') return [declared]
  if (declared.type !== 'VariableDeclaration') return []
  return declared.declarations.map(({ id, init }: Tree) => ({ id, body: init?.body ?? init }))
}

/** What a name means in a file. */
export function declaredAs(module: Module, name: string): Declared | undefined {
  const own = module.declared.get(name)
  const origin = own === undefined ? module.imported.get(name) : undefined
  return origin === undefined ? own : exportOf(sourceOf(module, origin.source), origin.name)
}

function exportOf(module: Module | undefined, name: string): Declared | undefined {
  const origin = module?.exported.get(name)
  if (module === undefined || origin === undefined) return undefined
  return origin.source === undefined
    ? declaredAs(module, origin.name)
    : exportOf(sourceOf(module, origin.source), origin.name)
}

function sourceOf(module: Module, specifier: string): Module | undefined {
  const path = specifier.startsWith('.') ? resolve(dirname(module.path), specifier) : entries.get(specifier)
  return path === undefined ? undefined : moduleAt(path)
}

/** Every function and constant that users can import. */
export const publicDeclarations: readonly {
  readonly specifier: string
  readonly name: string
  readonly found: Declared
}[] = [...entries].flatMap(([specifier, path]) =>
  [...moduleAt(path).exported.keys()].flatMap(name => {
    const found = exportOf(moduleAt(path), name)
    return found === undefined ? [] : [{ specifier, name, found }]
  }),
)
