import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { SealwrightError } from '@sealwright/core'
import type { ConditionMessage, ConditionReply } from './condition-worker.ts'

/** A condition is written by hand; the parser's time and stack grow with its length. */
const MAX_CONDITION_CHARACTERS = 4096
/** JSON text. */
const MAX_PREDICATE_BYTES = 1024 * 1024
const DEADLINE_MS = 200
/** For a thread to start: more than a busy machine takes. */
const START_MS = 20_000
/** Then an unused thread ends; starting one takes 150 ms. */
const IDLE_MS = 2_000
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** What a condition may speak of. Plain data, as JSON has it: numbers are doubles. */
export interface ConditionVariables {
  readonly predicate: object
  readonly predicateType: string
  /** The subjects of the statement, as they are signed. */
  readonly subject: readonly object[]
  readonly signer: {
    /** As the policy calls it. */
    readonly name: string
    /** Of its certificate; empty for a key. */
    readonly subject: string
    /** `sha256:<hex>` of its SubjectPublicKeyInfo. */
    readonly fingerprint: string
  }
}

/** Whether a condition is true; where it is not, why: it is false, or has no value. */
export type ConditionResult = { readonly met: true } | { readonly met: false; readonly why: string }

/**
 * Why a text is not a condition: it is not CEL, calls a function that CEL does not have, or names a variable other than
 * `predicate`, `predicateType`, `subject` and `signer`. `undefined` if nothing is wrong with it. It is read in a thread with
 * a deadline and a memory limit.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread does not start.
 */
export async function conditionFault(where: string): Promise<string | undefined> {
  if (where.length > MAX_CONDITION_CHARACTERS)
    return `it is longer than ${MAX_CONDITION_CHARACTERS} characters`
  const { fault } = await thread.run({ where })
  return fault?.replace(/^<input>:(\d+):(\d+): /, 'line $1, column $2: ')
}

/**
 * Evaluates a condition in a thread that is ended after 200 ms, or at its memory limit. What has no value is not met.
 *
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread does not start.
 */
export async function evaluateCondition(
  where: string,
  variables: ConditionVariables,
): Promise<ConditionResult> {
  if (Buffer.byteLength(JSON.stringify(variables.predicate)) > MAX_PREDICATE_BYTES)
    return { met: false, why: 'the predicate is larger than 1 MiB' }
  const { value, fault } = await thread.run({ where, bindings: JSON.stringify(variables) })
  if (value === true) return { met: true }
  return {
    met: false,
    why: fault === undefined ? 'the condition is false' : `the condition has no value: ${fault}`,
  }
}

/** One thread for the conditions of the whole process, one after the other. It does not keep the process running. */
class ConditionThread {
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  run(message: ConditionMessage): Promise<ConditionReply> {
    const turn = this.#last.then(() => this.#ask(message))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #ask(message: ConditionMessage): Promise<ConditionReply> {
    clearTimeout(this.#idle)
    this.#worker ??= await this.#start()
    const worker = this.#worker
    const reply = await exchange(worker, message)
    if (reply === undefined) {
      this.#worker = undefined
      await worker.terminate()
      return { fault: `it took longer than ${DEADLINE_MS} ms` }
    }
    if ('ended' in reply) {
      this.#worker = undefined
      return { fault: reply.ended }
    }
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref()
    return reply
  }

  async #start(): Promise<Worker> {
    const worker = await startWorker()
    return worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
  }

  #end(): void {
    void this.#worker?.terminate()
    this.#worker = undefined
  }
}

const thread = /* @__PURE__ */ new ConditionThread()

async function startWorker(): Promise<Worker> {
  const worker = new Worker(new URL('./condition-worker.ts', import.meta.url), {
    name: 'sealwright-condition',
    // Nothing of the process is handed on.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: LIMITS,
  })
  // Whoever waits for a reply is told of an error; one that comes at another time must not end the process.
  worker.on('error', () => undefined)
  const first = await next(worker, START_MS)
  if (first !== undefined && !('ended' in first)) {
    worker.unref()
    return worker
  }
  await worker.terminate()
  throw new SealwrightError('UNAVAILABLE', 'the conditions of the policy cannot be evaluated', {
    why:
      first === undefined
        ? `no thread started within ${START_MS} ms`
        : `the thread did not start: ${first.ended}`,
    fix: 'run again; if it persists, install the package again: a file of it may be missing',
  })
}

function exchange(worker: Worker, message: ConditionMessage): Promise<Told | undefined> {
  const told = next(worker, DEADLINE_MS)
  worker.postMessage(message)
  return told
}

type Told = ConditionReply | { readonly ended: string }

/** The next message of a thread, or why it ended; `undefined` if there is neither in time. */
async function next(worker: Worker, limitMs: number): Promise<Told | undefined> {
  const { promise, resolve } = Promise.withResolvers<Told | undefined>()
  const onMessage = (reply: ConditionReply): void => resolve(reply)
  const onError = (error: unknown): void => resolve({ ended: endOf(error) })
  const onExit = (): void => resolve({ ended: 'the thread ended' })
  worker.once('message', onMessage).once('error', onError).once('exit', onExit)
  const timer = setTimeout(async () => {
    // A reply that waits because this thread was busy counts.
    await setImmediate()
    await setImmediate()
    resolve(undefined)
  }, limitMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    worker.off('message', onMessage).off('error', onError).off('exit', onExit)
  }
}

function endOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? `it took more memory than ${LIMITS.maxOldGenerationSizeMb} MB`
    : error.message
}
