// Runs in a thread of its own, where it can be ended: reads and evaluates one CEL expression for each message. It imports
// nothing of ours, so that it starts from the sources and from each package without a resolver.
import { parentPort } from 'node:worker_threads'
import { CelScalar, celEnv, celFunc, celListConcat, isCelError, listType, parse, plan } from '@bufbuild/cel'

/** What the thread is asked. Without `bindings` the condition is only read. */
export interface ConditionMessage {
  readonly where: string
  /** JSON text of an object: the value of each variable. */
  readonly bindings?: string | undefined
}

/** `fault` is why the condition has no value; a condition that is only read has none either. */
export interface ConditionReply {
  readonly value?: boolean | undefined
  readonly fault?: string | undefined
}

const VARIABLES = ['predicate', 'predicateType', 'subject', 'signer']
/** Names that CEL itself defines: types as values, and the namespace of its timestamps and durations. */
const TYPES = 'bool bytes double google int list map null_type string type uint'.split(' ')

/** Elements or bytes: what is joined is bounded, since one allocation beyond the heap's limit ends the whole process. */
const MAX_JOINED = 2 * 1024 * 1024

const { STRING, BYTES, DYN } = CelScalar
const LIST = listType(DYN)

const env = celEnv({
  funcs: [
    celFunc('_+_', [STRING, STRING], STRING, (one, other) => {
      assertJoinable(one.length + other.length)
      return one + other
    }),
    celFunc('_+_', [BYTES, BYTES], BYTES, (one, other) => {
      assertJoinable(one.length + other.length)
      return Buffer.concat([one, other])
    }),
    celFunc('_+_', [LIST, LIST], LIST, (one, other) => {
      assertJoinable(one.size + other.size)
      return celListConcat(one, other)
    }),
  ],
})

function assertJoinable(size: number): void {
  if (size > MAX_JOINED) throw new Error(`a text or list of more than ${MAX_JOINED} elements`)
}

function answer({ where, bindings }: ConditionMessage): ConditionReply {
  const parsed = parse(where)
  const run = plan(env, parsed)
  const fault = unknownName(parsed.expr, new Set([...VARIABLES, ...TYPES]))
  if (fault !== undefined) return { fault }
  if (bindings === undefined) return {}
  const value = run(JSON.parse(bindings))
  if (isCelError(value)) return { fault: value.message }
  return typeof value === 'boolean' ? { value } : { fault: 'its value is neither true nor false' }
}

type Expression = NonNullable<ReturnType<typeof parse>['expr']>

/** The first name that nothing defines: a variable that is not bound by a macro around it either, or a function. */
function unknownName(expression: Expression | undefined, known: ReadonlySet<string>): string | undefined {
  if (expression === undefined) return undefined
  const { case: kind, value } = expression.exprKind
  switch (kind) {
    case 'identExpr':
      return known.has(value.name)
        ? undefined
        : `${JSON.stringify(value.name)} is not a variable; there are ${VARIABLES.join(', ')}`
    case 'selectExpr':
      return unknownName(value.operand, known)
    case 'callExpr':
      // Operators have names of their own, such as `_&&_`.
      return /^[a-z]/i.test(value.function) && env.funcs.find(value.function) === undefined
        ? `${JSON.stringify(value.function)} is not a function of CEL`
        : firstOf([value.target, ...value.args], known)
    case 'listExpr':
      return firstOf(value.elements, known)
    case 'structExpr':
      return firstOf(
        value.entries.flatMap(entry => [
          entry.value,
          ...(entry.keyKind.case === 'mapKey' ? [entry.keyKind.value] : []),
        ]),
        known,
      )
    case 'comprehensionExpr': {
      const within = new Set([...known, value.iterVar, value.iterVar2, value.accuVar])
      return (
        firstOf([value.iterRange, value.accuInit], known) ??
        firstOf([value.loopCondition, value.loopStep, value.result], within)
      )
    }
    default:
      return undefined
  }
}

function firstOf(
  expressions: readonly (Expression | undefined)[],
  known: ReadonlySet<string>,
): string | undefined {
  for (const expression of expressions) {
    const unknown = unknownName(expression, known)
    if (unknown !== undefined) return unknown
  }
  return undefined
}

// The first evaluation takes many times as long as the next: it is not part of anybody's deadline.
answer({ where: 'predicate.warm.exists(each, each == "up")', bindings: '{"predicate":{"warm":["up"]}}' })

parentPort?.on('message', (message: ConditionMessage) => {
  let reply: ConditionReply
  try {
    reply = answer(message)
  } catch (error) {
    reply = { fault: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(reply)
})
parentPort?.postMessage({} satisfies ConditionReply)
