/** A call that nobody aborts, bounded so that a test ends. */
export function call(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(10_000) }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Runs `task` with variables of the environment set, or unset, and puts them back. */
export async function withEnv<T>(
  variables: Readonly<Record<string, string | undefined>>,
  task: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const)
  assign(Object.entries(variables))
  try {
    return await task()
  } finally {
    assign(before)
  }
}

function assign(entries: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of entries) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
