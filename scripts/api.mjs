// npm run api: writes docs/api, one declaration file for each entry of each library, out of the built packages.
// With --check it writes nothing and fails when a file differs. Needs the build and runs on the workspace's Node.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { packages, root } from './workspace.mjs'

const target = join(root, 'docs', 'api')

/** Top level of one built .d.ts file: what it declares, brings in and hands on, each by its name in the file. */
class DeclarationFile {
  declared = new Map()
  imported = new Map()
  exported = new Map()

  constructor(path) {
    this.path = path
    const text = readFileSync(path, 'utf8')
    let end = 0
    for (const node of parseAst(text, { lang: 'ts' }, path).body) {
      const comment = text.slice(end, node.start)
      end = node.end
      this.add(node, `${documentation(comment)}${text.slice(node.start, node.end)}`)
    }
  }

  add(node, text) {
    const source = node.source?.value
    if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers) {
        this.imported.set(specifier.local.name, { source, name: specifier.imported?.name ?? '*' })
      }
    } else if (node.type === 'ExportNamedDeclaration' && node.declaration === null) {
      for (const { local, exported } of node.specifiers)
        this.exported.set(exported.name, { source, name: local.name })
    } else if (node.type === 'ExportAllDeclaration' || node.type === 'ExportDefaultDeclaration') {
      throw new Error(`${this.path}: ${node.type} is not used here`)
    } else {
      const declaration = node.declaration ?? node
      for (const name of namesOf(declaration)) {
        const known = this.declared.get(name)
        // Overloads of one function stand together.
        this.declared.set(name, {
          text: known ? `${known.text}\n${text}` : text,
          nodes: [...(known?.nodes ?? []), node],
        })
        if (node.type === 'ExportNamedDeclaration') this.exported.set(name, { name })
      }
    }
  }
}

/** The last documentation comment before a declaration. */
function documentation(comment) {
  const block = comment.match(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/)?.[0].trim()
  return block ? `${block}\n` : ''
}

function namesOf(declaration) {
  if (declaration.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => id.name)
  return declaration.id ? [declaration.id.name] : []
}

/** Names in type position: what else a reader of this declaration has to see. */
function* references(value) {
  if (typeof value !== 'object' || value === null) return
  const head =
    (value.type === 'TSTypeReference' && value.typeName) ||
    (value.type === 'TSTypeQuery' && value.exprName) ||
    (/^TS(InterfaceHeritage|ClassImplements)$/.test(value.type) && value.expression) ||
    (/^Class/.test(value.type) && value.superClass)
  if (head) yield leftmost(head)
  for (const child of Object.values(value)) yield* references(child)
}

function leftmost(name) {
  let left = name
  while (left.left ?? left.object) left = left.left ?? left.object
  return left.name
}

class Entry {
  files = new Map()
  /** By name: what the entry's file will hold. */
  statements = new Map()
  external = new Map()
  exported = []

  constructor(path) {
    const entry = this.file(path)
    for (const name of entry.exported.keys()) this.exported.push(name)
    for (const name of this.exported) this.include(entry, name, true)
  }

  file(path) {
    if (!this.files.has(path)) this.files.set(path, new DeclarationFile(path))
    return this.files.get(path)
  }

  /** Follows a name to its declaration, and what that declaration names. */
  include(from, name, isExported) {
    const origin = (isExported && from.exported.get(name)) || from.imported.get(name)
    if (origin?.source !== undefined) {
      if (!origin.source.startsWith('.')) {
        this.external.set(name, origin)
        return
      }
      if (origin.name !== name) throw new Error(`${from.path}: ${origin.name} is renamed to ${name}`)
      this.include(this.file(declarationPath(from.path, origin.source)), origin.name, true)
      return
    }
    const declaration = from.declared.get(name)
    // A global, or a type parameter.
    if (!declaration) return
    const known = this.statements.get(name)
    if (known && known.file !== from)
      throw new Error(`two declarations are called ${name}: ${known.file.path}, ${from.path}`)
    if (known) return
    this.statements.set(name, { file: from, text: declaration.text })
    for (const node of declaration.nodes)
      for (const other of references(node)) this.include(from, other, false)
  }

  imports() {
    const bySource = Object.groupBy(this.external, ([, { source }]) => source)
    return Object.entries(bySource)
      .sort()
      .map(([source, names]) => {
        const renamed = names.find(([name, origin]) => name !== origin.name)
        if (renamed) throw new Error(`${source}: ${renamed[1].name} is renamed to ${renamed[0]}`)
        return `import type { ${names
          .map(([name]) => name)
          .sort()
          .join(', ')} } from '${source}'`
      })
  }

  print(specifier) {
    const hidden = [...this.statements.keys()].filter(name => !this.exported.includes(name)).sort()
    const shown = this.exported.filter(name => this.statements.has(name)).sort()
    const text = name =>
      this.statements.get(name).text.replace(/^(\/\*\*[\s\S]*?\*\/\n)?(export )?(declare )?/, '$1')
    const handedOn = this.exported.filter(name => this.external.has(name))
    const lines = [
      `// The public declarations of ${specifier}. Written by \`npm run api\`; do not edit.`,
      ...this.imports(),
      ...(handedOn.length > 0 ? [`export { ${handedOn.join(', ')} }`] : []),
      ...shown.map(name => `\n${text(name).replace(/^(\/\*\*[\s\S]*?\*\/\n)?/, '$1export ')}`),
      ...(hidden.length > 0 ? ['\n// Named above, not exported:'] : []),
      ...hidden.map(name => `\n${text(name)}`),
    ]
    return `${lines.join('\n')}\n`
  }
}

function declarationPath(from, source) {
  return resolve(dirname(from), source.replace(/\.[jt]s$/, '.d.ts'))
}

const wanted = new Map()
for (const { folder, manifest } of packages()) {
  for (const [subpath, { types }] of Object.entries(manifest.exports ?? {})) {
    const specifier = manifest.name + subpath.slice(1)
    const file = `${specifier.replace('@sealwright/', '').replace('/', '.')}.d.ts`
    wanted.set(file, new Entry(join(folder, types)).print(specifier))
  }
}

mkdirSync(target, { recursive: true })
const present = new Map(readdirSync(target).map(file => [file, readFileSync(join(target, file), 'utf8')]))
const differing = [...new Set([...wanted.keys(), ...present.keys()])].filter(
  file => wanted.get(file) !== present.get(file),
)
for (const file of differing) console.log(`differs: ${relative(root, join(target, file))}`)
if (process.argv.includes('--check')) {
  process.exitCode = differing.length === 0 ? 0 : 1
} else {
  for (const file of differing) {
    if (wanted.has(file)) writeFileSync(join(target, file), wanted.get(file))
    else if (existsSync(join(target, file))) rmSync(join(target, file))
  }
}
