import { isSealwrightError } from '@sealwright/core'
import { isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { predicateTypeOf, predicateTypes } from '../attestation/predicate-type.ts'
import { type Members, type PolicyFaults, type PolicyPath, quoted } from '../trust/policy-faults.ts'
import type { AttestationLeaf, Requirement, RequirementLeaf, SignerLeaf } from './policy.ts'
import { readDuration, readText, readTextMembers, readTexts } from './policy-values.ts'

/** Most leaves of a tree. */
const MAX_LEAVES = 64
/** Most levels of a tree; a single leaf has one. */
const MAX_DEPTH = 8
const MAX_METADATA = 64
const MAX_VERIFIERS = 64

/** The members that each kind of node has; the first names it. */
const NODES = {
  all: ['all'],
  any: ['any'],
  atLeast: ['atLeast', 'of'],
  signer: ['signer', 'maxAge', 'metadata'],
  attestation: ['attestation', 'by', 'where', 'verifier', 'maxAge'],
} as const
type NodeKind = keyof typeof NODES
const KINDS = Object.keys(NODES) as NodeKind[]

/** A condition of a policy, and where it stands. */
interface PlacedCondition {
  readonly text: string
  readonly path: PolicyPath
}

/** A requirement of a policy file, and what it names. */
export interface ReadRequirement {
  readonly requirement: Requirement
  readonly leaves: readonly RequirementLeaf[]
  readonly conditions: readonly PlacedCondition[]
}

/** In place of a node that cannot be read: the policy is refused. */
export const UNREADABLE: Requirement = { kind: 'all', of: [] }

/** Reads a tree. What it returns is of use only if no fault is an error. */
export function readRequirement(
  value: JsonValue,
  path: PolicyPath,
  signers: ReadonlySet<string>,
  faults: PolicyFaults,
): ReadRequirement {
  const reader = new RequirementReader(signers, faults)
  return { requirement: reader.read(value, path, 1), leaves: reader.leaves, conditions: reader.conditions }
}

class RequirementReader {
  readonly leaves: RequirementLeaf[] = []
  readonly conditions: PlacedCondition[] = []
  readonly #signers: ReadonlySet<string>
  readonly #faults: PolicyFaults
  readonly #placed = new Set<string>()

  constructor(signers: ReadonlySet<string>, faults: PolicyFaults) {
    this.#signers = signers
    this.#faults = faults
  }

  read(value: JsonValue, path: PolicyPath, depth: number): Requirement {
    const faults = this.#faults
    if (depth > MAX_DEPTH) {
      faults.error(path, `the requirement has more than ${MAX_DEPTH} levels`)
      return UNREADABLE
    }
    const given = KINDS.filter(kind => isJsonObject(value) && Object.hasOwn(value, kind))
    const [kind] = given
    const known = given.length === 1 ? NODES[kind!] : KINDS.flatMap(each => NODES[each])
    const members = faults.object(value, path, [...new Set(known)], 'a requirement')
    if (members === undefined) return UNREADABLE
    if (kind === undefined || given.length > 1) {
      const found = kind === undefined ? 'none of them' : given.join(' and ')
      faults.error(path, `a requirement has one of ${KINDS.join(', ')}; this one has ${found}`)
      return UNREADABLE
    }
    if (kind === 'signer' || kind === 'attestation') return this.#leaf(kind, members, path)
    if (kind !== 'atLeast') return { kind, of: this.#children(members, path, kind, depth) }
    const of = this.#children(members, path, 'of', depth)
    return { kind, count: this.#count(members.atLeast!, path, of.length), of }
  }

  #children(members: Members, path: PolicyPath, name: string, depth: number): readonly Requirement[] {
    const at = [...path, name]
    const list = this.#faults.array(members, path, name)
    if (list === undefined) {
      if (members[name] === undefined) this.#faults.error(path, `${name} is missing`)
      return []
    }
    if (list.length === 0) this.#faults.error(at, `${name} is empty`)
    const children: Requirement[] = []
    for (const [index, value] of list.entries()) {
      if (this.leaves.length > MAX_LEAVES) break
      children.push(this.read(value, [...at, index], depth + 1))
    }
    return children
  }

  #count(value: JsonValue, path: PolicyPath, size: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= size) return value
    if (size > 0)
      this.#faults.error(
        [...path, 'atLeast'],
        `atLeast is a whole number from 1 to ${size}: "of" has ${size}`,
      )
    return 1
  }

  #leaf(kind: RequirementLeaf['kind'], members: Members, path: PolicyPath): RequirementLeaf {
    const leaf = kind === 'signer' ? this.#signerLeaf(members, path) : this.#attestationLeaf(members, path)
    this.leaves.push(leaf)
    if (this.leaves.length === MAX_LEAVES + 1)
      this.#faults.error(path, `the requirement has more than ${MAX_LEAVES} leaves`)
    return leaf
  }

  #signerLeaf(members: Members, path: PolicyPath): SignerLeaf {
    const place = { members, path, faults: this.#faults }
    const signer = readText(place, 'signer') ?? ''
    if (signer !== '') this.#assertDefined(signer, [...path, 'signer'])
    if (signer !== '' && this.#placed.has(signer))
      this.#faults.error(
        [...path, 'signer'],
        `signer ${quoted(signer)} is in another signature leaf of this requirement; one signer fills one place`,
      )
    this.#placed.add(signer)
    return {
      kind: 'signer',
      signer,
      maxAgeMs: readDuration(members, path, 'maxAge', this.#faults),
      metadata: readTextMembers(place, 'metadata', MAX_METADATA),
    }
  }

  #attestationLeaf(members: Members, path: PolicyPath): AttestationLeaf {
    const place = { members, path, faults: this.#faults }
    const predicateType = this.#predicateType(readText(place, 'attestation'), [...path, 'attestation'])
    const by = readTexts(place, 'by', MAX_LEAVES)
    for (const [index, signer] of by.entries())
      if (signer !== '') this.#assertDefined(signer, [...path, 'by', index])
    const where = members.where === undefined ? undefined : this.#condition(members, path)
    const isSummary = predicateType === predicateTypes.vsa
    if (!isSummary && members.verifier !== undefined)
      this.#faults.error([...path, 'verifier'], 'verifier is for attestations of type vsa')
    const verifiers = isSummary ? readTexts(place, 'verifier', MAX_VERIFIERS) : undefined
    const maxAgeMs = readDuration(members, path, 'maxAge', this.#faults)
    return { kind: 'attestation', predicateType, by, where, verifiers, maxAgeMs }
  }

  #condition(members: Members, path: PolicyPath): string | undefined {
    const text = this.#faults.text(members, path, 'where')
    if (text === undefined) return undefined
    const at = [...path, 'where']
    if (text.trim() === '') this.#faults.error(at, 'where is empty')
    else this.conditions.push({ text, path: at })
    return text
  }

  #predicateType(text: string | undefined, path: PolicyPath): string {
    if (text === undefined) return ''
    try {
      return predicateTypeOf(text)
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      this.#faults.error(path, `${error.message}: ${error.why}`)
      return ''
    }
  }

  #assertDefined(signer: string, path: PolicyPath): void {
    if (this.#signers.has(signer)) return
    const names = [...this.#signers].slice(0, 10).join(', ')
    this.#faults.error(
      path,
      `signer ${quoted(signer)} is not defined${names === '' ? '' : `; defined are ${names}${this.#signers.size > 10 ? ', …' : ''}`}`,
    )
  }
}
