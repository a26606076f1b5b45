/** A leaf, by its index, or a group of which `need` children must be fulfilled. */
export type Tree =
  | { readonly leaf: number }
  | { readonly leaf?: undefined; readonly need: number; readonly of: readonly Tree[] }

/** One way to fulfil a leaf. */
export interface Choice<By> {
  /** 0, or {@link MISSING} and a preference below it. */
  readonly cost: number
  /** What identifies the principal; two choices of different leaves that share a mark exclude each other. */
  readonly marks: readonly string[]
  readonly by: By
}

/** The cost of a leaf that is not met. What is below it only prefers one cheapest plan to another. */
export const MISSING = 1000

/** A way to fulfil a tree: a choice for each leaf that it needs, by index, no two of which share a mark. */
export interface Plan<By> {
  readonly cost: number
  readonly chosen: ReadonlyMap<number, Choice<By>>
}

export interface Search<By> {
  /** The best plan that was found; absent if none was. */
  readonly plan: Plan<By> | undefined
  /** The search was complete: no plan leaves fewer leaves missing, or none exists. */
  readonly complete: boolean
  /** Work done, counted in turns of the inner loops. */
  readonly steps: number
}

/**
 * Finds a way to fulfil a tree that leaves as few leaves missing as possible, with pairwise different principals.
 *
 * Without shared marks, one pass over the tree finds it. Where leaves contend for principals, it is branch and bound:
 * the bound is a pass over the tree that knows, for each group, how many of its leaves can have principals of their own
 * at the same time (a maximum matching).
 */
export function cheapestPlan<By>(
  tree: Tree,
  choices: readonly (readonly Choice<By>[])[],
  budget: number,
): Search<By> {
  const search = new PlanSearch(tree, reduce(choices), budget)
  const complete = search.visit()
  return { plan: search.best, complete, steps: search.steps }
}

/** A choice whose marks are numbers, and only those that another leaf has too. */
interface Contended<By> {
  readonly cost: number
  readonly marks: readonly number[]
  /** The mark of it that excludes most: a matching counts it alone. */
  readonly main: number
  readonly original: Choice<By>
}

interface ReducedLeaf<By> {
  /** The cheapest choice that excludes no other. */
  readonly free: Choice<By> | undefined
  /** All that cost less, cheapest first. */
  readonly contended: readonly Contended<By>[]
}

/** Dropping a choice can make a mark exclude nothing, and the reverse; what remains after this many rounds does no harm. */
const ROUNDS = 3

/** Drops choices that another of the same leaf makes needless, and marks that exclude nothing. */
function reduce<By>(choices: readonly (readonly Choice<By>[])[]): readonly ReducedLeaf<By>[] {
  let leaves = choices.map(of => of.map(choice => ({ choice, marks: [...new Set(choice.marks)] })))
  for (let round = 0; round < ROUNDS; round++) {
    const shared = leavesByMark(leaves)
    leaves = leaves.map(of =>
      needed(of.map(({ choice, marks }) => ({ choice, marks: marks.filter(mark => shared.get(mark)! > 1) }))),
    )
  }
  const counts = new Map<string, number>()
  for (const { marks } of leaves.flat())
    for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  const numbers = new Map([...counts.keys()].sort().map((mark, index) => [mark, index]))
  return leaves.map(of => ({
    free: of.find(({ marks }) => marks.length === 0)?.choice,
    contended: of
      .filter(({ marks }) => marks.length > 0)
      .map(({ choice, marks }) => {
        const main = marks.reduce((most, mark) => (counts.get(mark)! > counts.get(most)! ? mark : most))
        return {
          cost: choice.cost,
          marks: marks.map(mark => numbers.get(mark)!),
          main: numbers.get(main)!,
          original: choice,
        }
      }),
  }))
}

type Marked<By> = readonly { readonly choice: Choice<By>; readonly marks: readonly string[] }[]

/** In how many leaves each mark stands. */
function leavesByMark<By>(leaves: readonly Marked<By>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const of of leaves) {
    const own = new Set(of.flatMap(({ marks }) => marks))
    for (const mark of own) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  }
  return counts
}

/** Keeps the cheapest of the choices that exclude the same, or more than another; of equal ones, the first. */
function needed<By>(of: Marked<By>): { choice: Choice<By>; marks: string[] }[] {
  const sorted = of
    .map(({ choice, marks }) => ({ choice, marks: marks.toSorted() }))
    .sort((a, b) => a.choice.cost - b.choice.cost || a.marks.length - b.marks.length)
  const keys = new Set<string>()
  const alone = new Set<string>()
  let free = false
  return sorted.filter(({ marks }) => {
    const key = JSON.stringify(marks)
    if (free || keys.has(key) || marks.some(mark => alone.has(mark))) return false
    free = marks.length === 0
    keys.add(key)
    if (marks.length === 1) alone.add(marks[0]!)
    return true
  })
}

/** Leaves that a pass over the tree picks: a leaf with a contended choice, `~leaf` with its free one, or two sets of them. */
type Picked = undefined | number | readonly [Picked, Picked]

/** The cheapest way to fulfil a node with a given number of contended choices. */
interface Way {
  readonly cost: number
  readonly picked: Picked
}

class PlanSearch<By> {
  best: Plan<By> | undefined
  steps = 0
  readonly #tree: Tree
  readonly #leaves: readonly ReducedLeaf<By>[]
  readonly #budget: number
  readonly #taken = new Set<number>()
  /** What is decided: the choice of a leaf, or that it has no contended one. */
  readonly #decided = new Map<number, Contended<By> | 'free'>()

  constructor(tree: Tree, leaves: readonly ReducedLeaf<By>[], budget: number) {
    this.#tree = tree
    this.#leaves = leaves
    this.#budget = budget
  }

  /** Looks for a better plan within what is decided; returns false when the budget ended. */
  visit(): boolean {
    if (this.steps > this.#budget) return false
    const open = this.#leaves.map((_, leaf) => this.#open(leaf))
    const bound = this.#bound(open)
    if (bound === undefined || !this.#improves(bound.cost)) return true
    const needed = flatten(bound.picked).filter(leaf => leaf >= 0 && open[leaf]!.length > 0)
    const given = this.#giveOut(open, needed)
    this.#keep(given)
    if (!this.#improves(bound.cost)) return true
    const leaf = this.#branchAt(open, needed, given)
    for (const choice of open[leaf]!) {
      this.#decided.set(leaf, choice)
      for (const mark of choice.marks) this.#taken.add(mark)
      const complete = this.visit()
      for (const mark of choice.marks) this.#taken.delete(mark)
      this.#decided.delete(leaf)
      if (!complete) return false
      if (!this.#improves(bound.cost)) return true
    }
    this.#decided.set(leaf, 'free')
    const complete = this.visit()
    this.#decided.delete(leaf)
    return complete
  }

  #improves(cost: number): boolean {
    return this.best === undefined || Math.floor(cost / MISSING) < Math.floor(this.best.cost / MISSING)
  }

  /** The contended choices that an undecided leaf still has. */
  #open(leaf: number): readonly Contended<By>[] {
    if (this.#decided.has(leaf)) return []
    return this.#leaves[leaf]!.contended.filter(choice => this.#isPossible(choice))
  }

  #isPossible({ marks }: Contended<By>): boolean {
    this.steps++
    return !marks.some(mark => this.#taken.has(mark))
  }

  /** What a leaf costs without a choice that is still contended. */
  #settled(leaf: number): Choice<By> | undefined {
    const decided = this.#decided.get(leaf)
    return decided === undefined || decided === 'free' ? this.#leaves[leaf]!.free : decided.original
  }

  /** The cheapest that any plan within what is decided can be, or less. */
  #bound(open: readonly (readonly Contended<By>[])[]): Way | undefined {
    const ways = this.#ways(
      this.#tree,
      leaf => {
        const settled = this.#settled(leaf)
        const without = settled === undefined ? undefined : { cost: settled.cost, picked: ~leaf }
        const cheapest = open[leaf]![0]
        return cheapest === undefined ? [without] : [without, { cost: cheapest.cost, picked: leaf }]
      },
      open,
    )
    return cheapestOf(ways)
  }

  /** The cheapest ways to fulfil a node, by the number of contended choices. */
  #ways(
    node: Tree,
    ofLeaf: (leaf: number) => readonly (Way | undefined)[],
    open: readonly (readonly Contended<By>[])[] | undefined,
  ): readonly (Way | undefined)[] {
    if (node.leaf !== undefined) return ofLeaf(node.leaf)
    // By the number of children that are fulfilled, then by that of contended choices.
    const table: (Way | undefined)[][] = Array.from({ length: node.need + 1 }, () => [])
    table[0]!.push({ cost: 0, picked: undefined })
    for (const child of node.of) {
      const ways = this.#ways(child, ofLeaf, open)
      for (let count = node.need - 1; count >= 0; count--) this.#join(table[count]!, ways, table[count + 1]!)
    }
    const result = table[node.need]!
    return open === undefined || result.length <= 2 ? result : result.slice(0, this.#rank(node, open) + 1)
  }

  /** Where it makes no difference, the leaves that come first get contended choices. */
  #join(some: readonly (Way | undefined)[], more: readonly (Way | undefined)[], into: (Way | undefined)[]) {
    for (let slots = some.length - 1; slots >= 0; slots--) {
      const way = some[slots]
      if (way === undefined) continue
      for (const [others, other] of more.entries()) {
        this.steps++
        if (other === undefined) continue
        const cost = way.cost + other.cost
        const known = into[slots + others]
        if (known !== undefined && known.cost <= cost) continue
        while (into.length < slots + others) into.push(undefined)
        into[slots + others] = { cost, picked: [way.picked, other.picked] }
      }
    }
  }

  /** How many leaves below a node can have contended choices at the same time, at most. */
  #rank(node: Tree, open: readonly (readonly Contended<By>[])[]): number {
    return this.#match(open, leavesOf(node)).size
  }

  /** A maximum matching of leaves with main marks; leaves that come first are matched before others. */
  #match(open: readonly (readonly Contended<By>[])[], leaves: readonly number[]): Map<number, Contended<By>> {
    const holders = new Map<number, number>()
    const held = new Map<number, Contended<By>>()
    const place = (leaf: number, tried: Set<number>): boolean => {
      for (const choice of open[leaf]!) {
        this.steps++
        if (tried.has(choice.main)) continue
        tried.add(choice.main)
        const holder = holders.get(choice.main)
        if (holder !== undefined && !place(holder, tried)) continue
        holders.set(choice.main, leaf)
        held.set(leaf, choice)
        return true
      }
      return false
    }
    for (const leaf of leaves) place(leaf, new Set())
    return held
  }

  /** Gives as many leaves as it can a choice of their own, those that are needed first. */
  #giveOut(
    open: readonly (readonly Contended<By>[])[],
    needed: readonly number[],
  ): ReadonlyMap<number, Contended<By>> {
    const order = [...new Set([...needed, ...open.keys()])]
    const matched = this.#match(open, order)
    const given = new Map<number, Contended<By>>()
    const taken = new Set<number>()
    const give = (leaf: number, choice: Contended<By> | undefined) => {
      if (choice === undefined || given.has(leaf)) return
      this.steps++
      if (choice.marks.some(mark => taken.has(mark))) return
      given.set(leaf, choice)
      for (const mark of choice.marks) taken.add(mark)
    }
    for (const leaf of order) give(leaf, matched.get(leaf))
    for (const leaf of order) for (const choice of open[leaf]!) give(leaf, choice)
    return given
  }

  /** Keeps the cheapest plan with what was given out, if it is the best until now. */
  #keep(given: ReadonlyMap<number, Contended<By>>): void {
    const choiceOf = (leaf: number) => given.get(leaf)?.original ?? this.#settled(leaf)
    const ways = this.#ways(
      this.#tree,
      leaf => {
        const choice = choiceOf(leaf)
        return [choice === undefined ? undefined : { cost: choice.cost, picked: leaf }]
      },
      undefined,
    )
    const way = cheapestOf(ways)
    if (way === undefined || !this.#improves(way.cost)) return
    const chosen = flatten(way.picked).map(leaf => [leaf, choiceOf(leaf)!] as const)
    this.best = { cost: way.cost, chosen: new Map(chosen) }
  }

  /** A leaf that did not get the choice that the bound counts on, or one that is in its way: the one with the fewest choices. */
  #branchAt(
    open: readonly (readonly Contended<By>[])[],
    needed: readonly number[],
    given: ReadonlyMap<number, Contended<By>>,
  ): number {
    const short = needed.find(leaf => given.get(leaf)?.cost !== open[leaf]![0]!.cost)!
    const marks = new Set(open[short]!.flatMap(choice => choice.marks))
    const rivals = needed.filter(leaf =>
      open[leaf]!.some(choice => choice.marks.some(mark => marks.has(mark))),
    )
    return rivals.reduce((fewest, leaf) => (open[leaf]!.length < open[fewest]!.length ? leaf : fewest), short)
  }
}

function cheapestOf(ways: readonly (Way | undefined)[]): Way | undefined {
  return ways.reduce(
    (best, way) => (best === undefined || (way?.cost ?? Infinity) < best.cost ? way : best),
    undefined,
  )
}

function leavesOf(node: Tree): readonly number[] {
  return node.leaf !== undefined ? [node.leaf] : node.of.flatMap(leavesOf)
}

function flatten(picked: Picked, into: number[] = []): readonly number[] {
  if (typeof picked === 'number') into.push(picked)
  else if (picked !== undefined) for (const part of picked) flatten(part, into)
  return into
}
