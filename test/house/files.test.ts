import { relative } from 'node:path'
import { expect, it } from 'vitest'
import { nodes, packages, root, sources } from './workspace.ts'

/** Reads that fill the memory from a device and wait for a pipe: docs/decisions/0010. */
const REFUSED = ['readFile', 'readFileSync', 'createReadStream']

const OWN = 'packages/core/src/files/'

/** Who may call them all the same, and why. */
const allowed: Readonly<Record<string, string>> = {
  'packages/cli/src/runtime/read-all.ts':
    'a path that the user gives as an argument may be a pipe; the bytes are counted',
}

it('files are read by @sealwright/core/files alone', () => {
  const found = packages
    .flatMap(sources)
    .filter(file => readsPlainly(file))
    .map(file => relative(root, file))
    .filter(file => !file.startsWith(OWN))
  expect(found).toEqual(Object.keys(allowed))
})

/** Whether a file imports one of those functions, or the whole of `node:fs`, where they cannot be seen. */
function readsPlainly(file: string): boolean {
  return [...nodes(file)].some(node => {
    const { value } = (node.source ?? {}) as { value?: unknown }
    if (typeof value !== 'string' || !/^(?:node:)?fs(?:\/promises)?$/.test(value)) return false
    if (node.type !== 'ImportDeclaration') return true
    const specifiers = node.specifiers as readonly { type: string; imported?: { name?: string } }[]
    return specifiers.some(
      ({ type, imported }) => type !== 'ImportSpecifier' || REFUSED.includes(imported?.name ?? ''),
    )
  })
}
