import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { bashShell, fishShell, powerShell, zshShell } from '../services/shells.ts'
import { need, type Skips } from '../services/tool.ts'
import { atShell, type ShellKind } from './at-shell.ts'

vi.setConfig({ testTimeout: 180_000 })

const CLI = join(import.meta.dirname, '..', '..', 'packages', 'cli')
const kinds = ['bash', 'zsh', 'fish'] as const
const INSTALLED = {
  bash: bashShell,
  zsh: zshShell,
  fish: fishShell,
  'zsh, from a file,': zshShell,
  'fish, from a file,': fishShell,
}

const PIN = {
  reference: 'awskms:///alias/x',
  resolved: 'awskms:///alias/x@1',
  fingerprint: 'sha256:00',
  history: [],
}

/** Names that other programs may write into the files that completion reads; two letters tell each from the others. */
const HOSTILE = [
  'aa $(touch pwned)',
  'bb`touch pwned`',
  "cc'quoted",
  'dd"quoted',
  'ee;touch pwned;',
  'ff\\back\\\\',
  'gg*[a-z]?',
  'hh$HOME $'.concat('{HOME}'),
  'ii&touch pwned',
  'jj|touch pwned',
  'kk with  spaces',
  'll!!!$',
  'mm>pwned<x',
  'nn#comment',
  'oo{a,b}~',
  "pp'$(touch pwned)'",
  'qq"$(touch pwned)"',
  'rr(touch pwned)',
  '=ss',
  '~root',
  '%uu=vv:ww',
  '@xx…é',
  "yy$'\\x24(touch pwned)'",
]

/** Names of more than one line, and such as steer a terminal: never offered. */
const UNPRINTABLE = ['zz\ntouch pwned\n', 'z2\u001b[31m', 'z3\ttab', 'z4\rtouch pwned\r']

/** A home with keys, a policy and logins, and a folder with files in it to work in. */
async function surroundings(context: Skips) {
  if (!existsSync(join(CLI, 'dist', 'main.js'))) context.skip('the program is not built (npm run build)')
  const home = await scratch('completion')
  const files: Readonly<Record<string, unknown>> = {
    'config/config.json': {},
    'config/keys.lock.json': { version: 1, keys: { release: PIN, staging: PIN } },
    'notation/signingkeys.json': { keys: [...HOSTILE, ...UNPRINTABLE].map(name => ({ name })) },
    'notation/trustpolicy.json': {
      trustPolicies: [
        {
          name: "it's $(touch pwned)",
          registryScopes: ['registry.example/app', '$(touch pwned)\n`touch pwned`'],
        },
        { name: 'many $(touch pwned) 1', registryScopes: ["'; touch pwned; '"] },
        { name: 'many $(touch pwned) 2', registryScopes: ['"$(touch pwned)"'] },
      ],
    },
    'docker/config.json': { auths: { 'localhost:5000': {} } },
    'work/app release.tgz': '',
    'work/chain $(touch pwned).pem': '',
    'work/layout/index.json': {
      manifests: [{ annotations: { 'org.opencontainers.image.ref.name': 'v1' } }],
    },
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true })
    await writeFile(join(home, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  await mkdir(join(home, 'bin'))
  for (const program of ['sealwright', 'nv2'])
    await symlink(join(CLI, 'bin', `${program}.js`), join(home, 'bin', program))
  const cwd = join(home, 'work')
  const before = await readdir(cwd)
  return {
    cwd,
    env: {
      PATH: `${join(home, 'bin')}:${process.env.PATH}`,
      HOME: home,
      SEALWRIGHT_CONFIG: join(home, 'config', 'config.json'),
      NOTATION_CONFIG: join(home, 'notation'),
      DOCKER_CONFIG: join(home, 'docker'),
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    },
    /** Nothing of what a file says was run: the folder is as it was. */
    assertUntouched: async () => expect(await readdir(cwd)).toEqual(before),
  }
}

async function shellOf(context: Skips, kind: ShellKind) {
  const path = need(context, await INSTALLED[kind]())
  const { cwd, env, assertUntouched } = await surroundings(context)
  return { ...(await atShell(context, kind, path, { cwd, env })), assertUntouched }
}

describe.each(kinds)('%s at a terminal completes', kind => {
  it('commands, options, their values, names and files', async context => {
    const { call, list } = await shellOf(context, kind)
    const completed = async (...lines: readonly [keys: string, words: readonly string[]][]) => {
      for (const [keys, words] of lines) expect(await call(keys), keys).toEqual(words)
    }
    await completed(
      ['sealwright si\t', ['sign']],
      ['sealwright key rot\t', ['key', 'rotate']],
      ['sealwright --timeout 5s key rot\trel\t', ['--timeout', '5s', 'key', 'rotate', 'release']],
      ['sealwright sign --form\t', ['sign', '--format']],
      ['sealwright sign --format j\t', ['sign', '--format', 'jws']],
      ['sealwright sign --format=c\t', ['sign', '--format=cose']],
      ['sealwright sign -k sta\t', ['sign', '-k', 'staging']],
      ['sealwright sign --key=sta\t', ['sign', '--key=staging']],
      ['sealwright login loc\t', ['login', 'localhost:5000']],
      // A host and a repository end with what the next word of theirs begins with: no space follows.
      ['sealwright sign registry.example/a\tv1', ['sign', 'registry.example/app:v1']],
      ['sealwright sign oci:layout:v\t', ['sign', 'oci:layout:v1']],
      ['sealwright sign ./app\t', ['sign', './app release.tgz']],
      ['sealwright sign --cert-chain cha\t', ['sign', '--cert-chain', 'chain $(touch pwned).pem']],
      ['sealwright sign --cert-chain=cha\t', ['sign', '--cert-chain=chain $(touch pwned).pem']],
      // zsh takes the slash back at the end of the line.
      ['sealwright sign oci:lay\t', ['sign', kind === 'zsh' ? 'oci:layout' : 'oci:layout/']],
      ['sealwright sign nothing-like-it\t', ['sign', 'nothing-like-it']],
      ['nv2 sig\t', ['sign']],
    )
    await list('sealwright key r\t\t', ['rotate', 'remove'])
  })

  it('names as they are, whatever is in them, and executes none', async context => {
    const { call, list, assertUntouched } = await shellOf(context, kind)
    for (const name of HOSTILE)
      expect(await call(`sealwright sign -k ${start(name)}\t`), name).toEqual(['sign', '-k', name])
    for (const name of UNPRINTABLE) {
      const typed = name.slice(0, 2)
      expect(await call(`sealwright sign -k ${typed}\t`), name).toEqual(['sign', '-k', typed])
    }
    expect(await call('sealwright policy edit it\t')).toEqual(['policy', 'edit', "it's $(touch pwned)"])
    // The list shows what else the policy says of them.
    await list('sealwright policy edit many\t\t\t', ["'; touch pwned; '", '"$(touch pwned)"'])
    await assertUntouched()
  })

  it('names within quotes', async context => {
    const { call, assertUntouched } = await shellOf(context, kind)
    for (const quote of ['"', "'"]) {
      expect(await call(`sealwright sign -k ${quote}kk\t`)).toEqual(['sign', '-k', 'kk with  spaces'])
      // bash cannot insert what its quotes would expand: the name stays as it was typed.
      const isKept = kind === 'bash' && quote === '"'
      expect(await call(`sealwright sign -k ${quote}aa\t${isKept ? quote : ''}`)).toEqual([
        'sign',
        '-k',
        isKept ? 'aa' : 'aa $(touch pwned)',
      ])
    }
    await assertUntouched()
  })
})

it.for(['zsh, from a file,', 'fish, from a file,'] as const)('%s completes', async (kind, context) => {
  const { call } = await shellOf(context, kind)
  expect(await call('sealwright sign -k sta\t')).toEqual(['sign', '-k', 'staging'])
  expect(await call('sealwright sign --format=c\t')).toEqual(['sign', '--format=cose'])
})

/** How a user begins to type a name whose first character the shell would read. */
function start(name: string): string {
  return /^\w/.test(name) ? name.slice(0, 2) : `\\${name.slice(0, 2)}`
}

describe('PowerShell completes', () => {
  it('options, names and files, whatever is in them', async context => {
    const pwsh = need(context, await powerShell())
    const { cwd, env, assertUntouched } = await surroundings(context)
    const words = async (line: string) => {
      const quoted = `'${line.replaceAll("'", "''")}'`
      const script = [
        'sealwright completion powershell | Out-String | Invoke-Expression',
        'function Show-Words { foreach ($word in $args) { [Console]::Out.Write("$word`0") } }',
        `$line = ${quoted}`,
        '$found = TabExpansion2 -inputScript $line -cursorColumn $line.Length',
        "$start = $line.Substring(0, $found.ReplacementIndex) -replace '^sealwright', 'Show-Words'",
        'foreach ($match in $found.CompletionMatches) { Invoke-Expression ($start + $match.CompletionText) }',
      ]
      const ended = await run(
        pwsh,
        ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', script.join('\n')],
        {
          cwd,
          env,
        },
      )
      expect(ended.code, ended.stderr).toBe(0)
      return ended.stdout.split('\0').slice(0, -1)
    }
    expect(await words('sealwright sign --form')).toEqual(['sign', '--format'])
    expect(await words('sealwright sign --format j')).toEqual(['sign', '--format', 'jws'])
    expect(await words('sealwright sign -k sta')).toEqual(['sign', '-k', 'staging'])
    for (const name of HOSTILE.filter(each => /^\w/.test(each)))
      expect(await words(`sealwright sign -k ${name.slice(0, 2)}`), name).toEqual(['sign', '-k', name])
    await assertUntouched()
  })
})
