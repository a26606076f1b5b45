import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { type PolicyTarget, parseSealwrightPolicy, selectPolicyStatement } from '../../src/index.ts'

const NOW = new Date('2026-12-01T00:00:00Z')

interface Given {
  /** Scopes by statement. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>
  /** Statements for files; the first is the default. */
  readonly files?: readonly string[]
  readonly more?: object
}

async function decide({ scopes = {}, files = [], more }: Given, target: PolicyTarget) {
  const policy = await parseSealwrightPolicy(
    JSON.stringify({
      version: 'sealwright/1',
      signers: { a: { keyFile: 'a.pem' } },
      statements: [
        ...Object.entries(scopes).map(([name, each]) => ({ name, scopes: each, require: { signer: 'a' } })),
        ...files.map((name, index) => ({
          name,
          files: true,
          default: index === 0,
          require: { signer: 'a' },
        })),
      ],
      ...more,
    }),
  )
  const { statement, denied } = selectPolicyStatement(
    { file: 'p.json', faults: [], keys: {}, policy },
    target,
    NOW,
  )
  return statement?.name ?? denied?.code ?? 'notation'
}

const artifact = (scope: string | undefined, ...places: string[]): PolicyTarget => ({
  kind: 'artifact',
  scope,
  places,
})

describe('selectPolicyStatement', () => {
  const scopes = {
    exact: ['r.example/prod/app'],
    below: ['r.example/prod/*'],
    deeper: ['r.example/prod/team/*'],
    host: ['r.example/*'],
    hub: ['Index.Docker.io/acme/*'],
    port: ['s.example:443/x'],
    all: ['*'],
  }

  it.each([
    ['r.example/prod/app', 'exact'],
    ['R.EXAMPLE/prod/app', 'exact'],
    ['r.example:443/prod/app', 'exact'],
    ['r.example/prod/app/x', 'below'],
    ['r.example/prod/team/x', 'deeper'],
    ['r.example/prod/teams/x', 'below'],
    ['r.example/prod/team', 'below'],
    ['r.example/prod', 'host'],
    ['r.example/production/app', 'host'],
    ['r.example:5000/prod/app', 'all'],
    ['r.example.evil.example/prod/app', 'all'],
    ['docker.io/acme/app', 'hub'],
    ['registry-1.docker.io/acme/app', 'hub'],
    ['s.example/x', 'port'],
    ['other.example/app', 'all'],
    [undefined, 'all'],
  ])('judges %s by the statement %s', async (scope, expected) => {
    expect(await decide({ scopes }, artifact(scope))).toBe(expected)
  })

  it('denies what no statement covers, or leaves it to Notation', async () => {
    const given = { scopes: { below: ['r.example/prod/*'] } }
    for (const target of [artifact('r.example/prod'), artifact(undefined), { kind: 'file' } as const]) {
      expect(await decide(given, target)).toBe('NO_STATEMENT')
      expect(await decide({ ...given, more: { otherwise: 'notation' } }, target)).toBe('notation')
    }
  })

  it('chooses a statement for files by its name, else the default', async () => {
    const given = { scopes: { artifacts: ['*'] }, files: ['first', 'second'] }
    expect(await decide(given, { kind: 'file' })).toBe('first')
    expect(await decide(given, { kind: 'file', name: 'second' })).toBe('second')
    expect(await decide(given, { kind: 'file', name: 'artifacts' })).toBe('NO_STATEMENT')
    await expect(decide(given, { kind: 'file', name: ' ' })).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it.each([
    ['r.example/app', 'all'],
    ['R.example:443/app', 'all'],
    ['ghcr.io/acme/app', 'all'],
    ['ghcr.io/acme', 'REGISTRY'],
    ['ghcr.io/acmes/app', 'REGISTRY'],
    ['r.example:5000/app', 'REGISTRY'],
    ['r.example.evil.example/app', 'REGISTRY'],
    ['docker.io/acme/app', 'REGISTRY'],
  ])('allows registries for artifact and signatures alike: %s is %s', async (repository, expected) => {
    const given = { scopes: { all: ['*'] }, more: { registries: ['r.example', 'ghcr.io/acme/*'] } }
    expect(await decide(given, artifact(repository, repository))).toBe(expected)
    expect(await decide(given, artifact('r.example/app', 'r.example/app', repository))).toBe(expected)
    expect(
      await decide({ ...given, more: { ...given.more, otherwise: 'notation' } }, artifact(repository)),
    ).toBe(expected)
  })

  it('does not ask targets without a repository for their registry', async () => {
    expect(
      await decide({ scopes: { all: ['*'] }, more: { registries: ['r.example'] } }, artifact(undefined)),
    ).toBe('all')
  })

  it.each([
    ['2026-12-01T00:00:00Z', 'POLICY_EXPIRED'],
    ['2026-12-01T00:00:01Z', 'all'],
  ])('denies everything from its end on: %s', async (expires, expected) => {
    const more = { expires, otherwise: 'notation' }
    expect(await decide({ scopes: { all: ['*'] }, more }, artifact('r.example/app'))).toBe(expected)
    if (expected !== 'all') expect(await decide({ more }, { kind: 'file' })).toBe(expected)
  })

  it('refuses what is not a repository', async () => {
    await expect(decide({ scopes }, artifact('r.example/app:v1'))).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('does not depend on the order of statements', async () => {
    const names = Object.keys(scopes) as (keyof typeof scopes)[]
    const target = fc.constantFrom(
      'r.example/prod/app',
      'r.example/prod/team/x',
      'r.example/x',
      'docker.io/acme/y',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(names, { minLength: names.length }),
        target,
        async (order, scope) => {
          const shuffled = Object.fromEntries(order.map(name => [name, scopes[name]]))
          expect(await decide({ scopes: shuffled }, artifact(scope))).toBe(
            await decide({ scopes }, artifact(scope)),
          )
        },
      ),
      { numRuns: Math.ceil(numRuns / 20) },
    )
  })
})
