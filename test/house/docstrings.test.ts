import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { errorCodes } from '@sealwright/core'
import { expect, it } from 'vitest'
import {
  type Declared,
  declaredAs,
  type Module,
  publicDeclarations,
  type Tree,
} from './public-declarations.ts'
import { libraries, root, sources } from './workspace.ts'

/** Functions that this test takes to throw, and that do not. */
const NEVER_THROWS: Readonly<Record<string, string>> = {
  checkTrustPolicy: 'what is wrong with a policy is a result',
  decryptPbes2: 'throws the reason of its signal alone',
  envelopeTypeOf: 'bytes that are not an envelope are a result',
  inspectEnvelope: 'what is wrong with an envelope is a result',
  isEqualSignature: 'passes over content that cannot be read',
  isIssuedBy: 'compares',
  isSealwrightPolicy: 'what is not a policy is a result',
  judgeNv2Signature: 'a bad signature is a result',
  listTrustStores: 'what is wrong with a store is a result',
  nv2TypeOf: 'bytes that are not a signature are a result',
  nv2SignerFault: 'what is wrong with a certificate is a result',
  openEnvelope: 'a bad envelope is a result',
  probeRevocation: 'a source that fails is a result',
  readTrustStore: 'what is wrong with a store is a result',
  unreachableScope: 'what is wrong with a scope is a result',
}

const answers = new Map<Declared, boolean>()

/** Whether a call of it can reach a `throw` by calls of named functions; methods and callbacks are not followed. */
function canThrow(found: Declared): boolean {
  const known = answers.get(found)
  if (known !== undefined) return known
  // A function that calls itself throws if the rest of it does.
  answers.set(found, false)
  const answer = throwsIn(found.body, found.module)
  answers.set(found, answer)
  return answer
}

function throwsIn(value: unknown, module: Module): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(item => throwsIn(item, module))
  const node: Tree = value
  if (node.type === 'ThrowStatement') return true
  // What a function within does is its own: it may be a method of what is returned.
  if (/Function/.test(node.type)) return false
  if (node.type === 'TryStatement' && node.handler !== null && !throwsIn(node.handler, module))
    return throwsIn(node.finalizer, module)
  if (node.type === 'CallExpression' && node.callee?.type === 'Identifier') {
    const called = declaredAs(module, node.callee.name)
    if (called !== undefined && canThrow(called)) return true
  }
  return Object.values(node).some(child => throwsIn(child, module))
}

/** The text of each `@throws` in a source or docstring, on one line. */
function throwsTags(text: string): string[] {
  return [...text.matchAll(/@throws((?:(?!\*\/|\* @)[\s\S])*)/g)].map(([, tag]) =>
    tag!.replace(/\s*\n\s*\*\s*/g, ' ').trim(),
  )
}

function codesIn(tag: string): string[] {
  return [...tag.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, code]) => code!)
}

it('an exported function that can throw says with which error codes', () => {
  expect(publicDeclarations.length).toBeGreaterThan(200)
  const throwing = publicDeclarations.filter(({ found }) => canThrow(found))
  const silent = throwing
    .filter(({ name }) => !(name in NEVER_THROWS))
    .filter(({ found }) => {
      const tags = throwsTags(found.doc).join(' ')
      const says = /\{@link SealwrightError\}/.test(tags) && codesIn(tags).length > 0
      // Or that of another, whose docstring says it.
      return !says && !/\{@link (?!SealwrightError\b)\w+\}/.test(tags)
    })
  expect(
    silent.map(({ specifier, name, found }) => `${specifier} ${name}: ${relative(root, found.module.path)}`),
  ).toEqual([])
  const unneeded = Object.keys(NEVER_THROWS).filter(name => !throwing.some(other => other.name === name))
  expect(unneeded, 'excuses that nothing needs').toEqual([])
})

it('every code in a @throws is an ErrorCode', () => {
  const codes: ReadonlySet<string> = new Set(errorCodes)
  const tags = libraries.flatMap(pkg =>
    sources(pkg).flatMap(file =>
      throwsTags(readFileSync(file, 'utf8')).map(tag => ({ file: relative(root, file), tag })),
    ),
  )
  expect(tags.length).toBeGreaterThan(200)
  expect(tags.filter(({ tag }) => codesIn(tag).some(code => !codes.has(code)))).toEqual([])
})
