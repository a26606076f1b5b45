import { generateKeyPairSync } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CANNOT_INSTALL_HERE } from '../services/npm-file.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { need, onPath, type Skips } from '../services/tool.ts'
import { makeIdentity, programs, readersFolder } from './documents.ts'
import { NEWEST_NODE, nodeVersion, OLDEST_NODE } from './node-version.ts'
import { pack } from './pack.ts'
import { runTool } from './process.ts'
import { libraries, type Manifest, packages, root, specifiers } from './workspace.ts'

vi.setConfig({ testTimeout: 300_000 })

const otherNodes = [OLDEST_NODE, NEWEST_NODE]

let folder: string
let missing: string | undefined

/** Packs every package and installs the tarballs, as npm would from the registry, into a folder with nothing in it. */
beforeAll(async () => {
  folder = await scratch('tarballs')
  const unbuilt = packages.filter(pkg => !existsSync(join(pkg.folder, 'dist'))).map(({ name }) => name)
  if (unbuilt.length > 0) {
    missing = `not built: ${unbuilt.join(', ')}; npm run build`
    return
  }
  mkdirSync(join(folder, 'tarballs'))
  const packed = await pack(join(folder, 'tarballs'))
  expect(packed.code, packed.output).toBe(0)
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
  const installed = await runTool(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...tarballs()],
    { cwd: folder },
  )
  const reason = CANNOT_INSTALL_HERE.exec(installed.stderr)?.[0]
  if (installed.code !== 0 && reason) missing = `npm cannot install here: ${reason}`
  else expect(installed.code, installed.output).toBe(0)
})
afterAll(() => removeScratch(folder))

function dependenciesOf({ dependencies, optionalDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...optionalDependencies })
}

function tarballs(): string[] {
  return readdirSync(join(folder, 'tarballs')).map(name => join(folder, 'tarballs', name))
}

function installedFolder(ctx: Skips): string {
  return missing === undefined ? folder : ctx.skip(missing)
}

/** What a package needs, and what that needs, without packages of ours. */
function others(modules: string, name: string): string[] {
  const found = new Set([name])
  for (const each of found) {
    const file = join(modules, each, 'package.json')
    // An optional package that is not for this machine.
    if (!existsSync(file)) continue
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(file, 'utf8')) as Manifest
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) found.add(next)
  }
  return [...found].filter(each => packages.every(pkg => pkg.name !== each)).sort()
}

function files(of: string): string[] {
  return readdirSync(of, { recursive: true, encoding: 'utf8' })
}

describe('the packed packages, installed in an empty folder', () => {
  it.for(packages)('$name holds the program, its README and its licence, and nothing else', (pkg, ctx) => {
    const installed = join(installedFolder(ctx), 'node_modules', pkg.name)
    const tops = ['dist']
    if (pkg.manifest.bin) tops.push('bin')
    if (existsSync(join(pkg.folder, 'schemas'))) tops.push('schemas')
    expect(
      readdirSync(installed)
        .filter(name => name !== 'node_modules')
        .sort(),
    ).toEqual([...tops, 'LICENSE', 'README.md', 'package.json'].sort())
    expect(
      files(installed).filter(name =>
        /\.tsbuildinfo$|\.test\.|(^|[^d])\.ts$/.test(name.replace(/\.d\.ts$/, '')),
      ),
    ).toEqual([])
    expect(readFileSync(join(installed, 'package.json'), 'utf8')).not.toMatch(
      /workspace:|@sealwright\/source/,
    )
  })

  it.for(libraries)('$name has one program file for each entry, and chunks', ({ name, manifest }, ctx) => {
    const dist = join(installedFolder(ctx), 'node_modules', name, 'dist')
    const entries = Object.values(manifest.exports!).map(entry => entry.default.slice('./dist/'.length))
    const programs = files(dist).filter(file => file.endsWith('.js') && !file.startsWith('chunks/'))
    expect(programs.sort()).toEqual(entries.sort())
  })

  const stores = packages.filter(({ name }) => /\/provider-(?!file$)/.test(name))

  it('bring few packages of others, unless a key store is among them', ctx => {
    const modules = join(installedFolder(ctx), 'node_modules')
    const brought = packages.filter(pkg => !stores.includes(pkg)).flatMap(({ name }) => others(modules, name))
    expect([...new Set(brought)].sort()).toEqual([
      '@bufbuild/cel',
      '@bufbuild/cel-spec',
      '@bufbuild/protobuf',
      '@bufbuild/re2',
      '@sigstore/bundle',
      '@sigstore/core',
      '@sigstore/protobuf-specs',
      '@sigstore/verify',
      'cborg',
      'modern-tar',
      'p-limit',
      'yocto-queue',
    ])
  })

  it.for(stores)('$name brings the SDK of its store and of no other', ({ name, manifest }, ctx) => {
    const brought = others(join(installedFolder(ctx), 'node_modules'), name)
    expect(brought).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies ?? {})))
    // What a store shares with another (the HTTP client) is its own as well.
    const own = dependenciesOf(manifest)
    const foreign = stores
      .filter(store => store.name !== name)
      .flatMap(store => dependenciesOf(store.manifest))
    expect(brought.filter(each => foreign.includes(each) && !own.includes(each))).toEqual([])
  })

  it.for(libraries.flatMap(specifiers))('%s can be imported', async (specifier, ctx) => {
    const cwd = installedFolder(ctx)
    const code = `const { default: none, ...names } = await import(${JSON.stringify(specifier)})
      if (none !== undefined || Object.keys(names).length === 0) throw new Error('exports nothing, or a default')`
    const ended = await runTool('node', ['--input-type=module', '--eval', code], { cwd })
    expect(ended.code, ended.output).toBe(0)
  })

  it('evaluate conditions of a policy in a thread: the library, and the program', async ctx => {
    const cwd = installedFolder(ctx)
    const trust = join(cwd, 'trust')
    mkdirSync(trust, { recursive: true })
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(trust, 'a.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
    const write = (where: string): void => {
      const require = { attestation: 'slsa', by: ['a'], where }
      const statements = [{ name: 'all', scopes: ['*'], require }]
      const policy = { version: 'sealwright/1', signers: { a: { keyFile: 'a.pem' } }, statements }
      writeFileSync(join(trust, 'trustpolicy.sealwright.json'), JSON.stringify(policy))
    }
    const code = `import { trustDirectory } from '@sealwright/notary'
      const { sealwright } = await trustDirectory('trust')
      console.log(sealwright.faults.map(({ message }) => message).join() || 'no fault')`
    const program = join('node_modules', 'sealwright', 'bin', 'sealwright.js')
    const checked = async (): Promise<string> => {
      const library = await runTool('node', ['--input-type=module', '--eval', code], { cwd })
      const command = await runTool('node', [program, 'policy', 'check', '--trust', 'trust'], { cwd })
      return library.output + command.output
    }
    write('predicate.count > 1.0')
    expect(await checked()).toMatch(/^no fault\n.*: no fault\n$/)
    write('predicat.count > 1.0')
    expect((await checked()).match(/"predicat" is not a variable/g)).toHaveLength(2)
  })

  it('cannot be imported past their exports', async ctx => {
    const cwd = installedFolder(ctx)
    const ended = await runTool(
      'node',
      ['--input-type=module', '--eval', `import '@sealwright/core/dist/index.js'`],
      {
        cwd,
      },
    )
    expect(ended.output).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it.for(['nodenext', 'bundler'])('type-check in a strict program under %s', async (resolution, ctx) => {
    const cwd = installedFolder(ctx)
    writeFileSync(join(cwd, 'consumer.ts'), readFileSync(join(import.meta.dirname, 'consumer.ts')))
    const config = join(cwd, `tsconfig.${resolution}.json`)
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          target: 'es2024',
          lib: ['es2024', 'esnext.disposable'],
          module: resolution === 'bundler' ? 'esnext' : resolution,
          moduleResolution: resolution,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
          types: ['node'],
          typeRoots: [join(root, 'node_modules', '@types')],
        },
        files: ['consumer.ts'],
      }),
    )
    const { code, output } = await runTool('tsc', ['-p', config])
    expect(code, output).toBe(0)
  })

  it.for([
    ['nodenext', true],
    ['node20', true],
    ['node18', false],
    ['node16', false],
  ] as const)('type-check in a CommonJS file under %s: %s', async ([module, isFine], ctx) => {
    const cwd = installedFolder(ctx)
    writeFileSync(
      join(cwd, 'required.cts'),
      "import { algorithms } from '@sealwright/core'\nalgorithms.ES256.id\n",
    )
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')]
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--target',
      'es2024',
      '--module',
      module,
      ...types,
    ]
    const { code, output } = await runTool('tsc', [...options, 'required.cts'], { cwd })
    if (isFine) expect(code, output).toBe(0)
    else expect(output).toContain('TS1479')
  })

  it.for(otherNodes)('are required on Node %s', async (version, ctx) => {
    const cwd = installedFolder(ctx)
    const node = need(ctx, await nodeVersion(version))
    const code = libraries.flatMap(specifiers).map(each => `require(${JSON.stringify(each)})`)
    const ended = await runTool(node, ['--input-type=commonjs', '--eval', code.join('\n')], { cwd })
    expect(ended.code, ended.output).toBe(0)
    expect(ended.stderr).toBe('')
  })

  const guide = readFileSync(join(root, 'docs', 'guides', 'install.md'), 'utf8')
  const globally = [...guide.matchAll(/^npm install --global .*$/gm)].map(([line]) => line)

  it.for(globally)('are installed as the guide says: %s', async (command, ctx) => {
    const cwd = installedFolder(ctx)
    const prefix = join(cwd, `global-${globally.indexOf(command)}`)
    const installed = await runTool('bash', ['-c', command], { cwd, env: { npm_config_prefix: prefix } })
    expect(installed.code, installed.output).toBe(0)
    const { code, stdout, output } = await runTool(join(prefix, 'bin', 'sealwright'), ['version'])
    expect(code, output).toBe(0)
    expect(guide).toContain(`\`\`\`output\n${stdout.split('\n')[0]}\n`)
  })

  const { man: pages } = packages.find(({ name }) => name === 'sealwright')!.manifest

  it('bring every man page that npm is told of, and no other', ctx => {
    const installed = join(installedFolder(ctx), 'node_modules', 'sealwright')
    expect(
      files(join(installed, 'dist', 'man'))
        .map(name => `./dist/man/${name}`)
        .sort(),
    ).toEqual(pages)
  })

  it('are found by man, as the guide says, once they are installed globally', async ctx => {
    const prefix = join(installedFolder(ctx), 'global-man')
    const man = need(ctx, await onPath('man'))
    const tarball = tarballs().find(path => /[\\/]sealwright-\d[^\\/]*\.tgz$/.test(path))!
    const installed = await runTool('npm', ['install', '--global', '--no-audit', '--no-fund', tarball], {
      cwd: dirname(prefix),
      env: { npm_config_prefix: prefix },
    })
    expect(installed.code, installed.output).toBe(0)
    const env = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}`, MANPAGER: 'cat' }
    for (const path of pages!) {
      const name = basename(path, '.1')
      const { stdout, output } = await runTool(man, ['-w', name], { env })
      const link = join(prefix, 'share', 'man', 'man1', `${name}.1`)
      // man names the file that npm's link leads to.
      expect(realpathSync(stdout.trim()), output).toBe(realpathSync(link))
    }
    const { stdout, output } = await runTool(man, ['sealwright-sign'], { env })
    expect(stdout, output).toContain('sealwright-sign - sign artifacts or files and attach the signatures')
    const named = [...guide.matchAll(/`man ([a-z0-9-]+)`/g)].map(([, name]) => `./dist/man/${name}.1`)
    expect(named.length).toBeGreaterThan(3)
    expect(pages).toEqual(expect.arrayContaining(named))
  })

  it.for([
    ['sealwright', 'version'],
    ['nv2', '--version'],
    ['docker-generatemanifest', 'docker-cli-plugin-metadata'],
  ] as const)('bring the program %s', async ([program, argument], ctx) => {
    const cwd = installedFolder(ctx)
    const { code, output } = await runTool(join(cwd, 'node_modules', '.bin', program), [argument], { cwd })
    expect(code, output).toBe(0)
    expect(output).toContain(packages.find(({ name }) => name === 'sealwright')!.manifest.version)
  })
})

describe('a program of the documents, with the packed packages', () => {
  const runs = otherNodes.flatMap(version => programs.map(program => ({ version, ...program })))

  it.for(runs)('runs on Node $version: $document:$line', async ({ version, document, line, code }, ctx) => {
    const parent = installedFolder(ctx)
    const node = need(ctx, await nodeVersion(version))
    const cwd = await readersFolder(parent, `${document} ${version}`)
    await makeIdentity(cwd)
    const file = join(cwd, `${line}.ts`)
    writeFileSync(file, code)
    const ended = await runTool(node, [file], { cwd })
    expect(ended.code, ended.output).toBe(0)
  })
})

describe('a program that signs and verifies with the packed packages', () => {
  it.for(['of the workspace', ...otherNodes])('runs on Node %s', async (version, ctx) => {
    const cwd = installedFolder(ctx)
    const node = otherNodes.includes(version) ? need(ctx, await nodeVersion(version)) : process.execPath
    writeFileSync(join(cwd, 'consumer.ts'), readFileSync(join(import.meta.dirname, 'consumer.ts')))
    const { code, stdout, output } = await runTool(node, ['consumer.ts'], { cwd })
    expect(code, output).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      verdict: 'verified',
      mlDsa: version.startsWith('22.') ? 'UNSUPPORTED' : 'signs',
    })
  })

  it.for(otherNodes)('is met by the command line on Node %s', async (version, ctx) => {
    const cwd = installedFolder(ctx)
    const node = need(ctx, await nodeVersion(version))
    const home = join(cwd, `home-${version}`)
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home)
    const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(home, 'image')])
    expect(made.code, made.output).toBe(0)
    writeFileSync(join(home, 'passphrase.txt'), 'correct horse battery staple', { mode: 0o600 })
    const program = join(cwd, 'node_modules', 'sealwright', 'bin', 'sealwright.js')
    for (const args of [
      ['init', 'me', '--scope', 'registry.example/app'],
      ['sign', 'oci:image:v1'],
      ['verify', '--scope', 'registry.example/app', 'oci:image:v1'],
    ]) {
      const { code, output } = await runTool(node, [program, ...args], {
        cwd: home,
        env: {
          PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
          HOME: home,
          XDG_CONFIG_HOME: join(home, '.config'),
          SEALWRIGHT_PASSPHRASE_FILE: join(home, 'passphrase.txt'),
        },
      })
      expect(code, output).toBe(0)
    }
  })
})
