import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  actionlintProgram,
  gitlabCiProgram,
  hadolintProgram,
  shellcheckProgram,
} from '../services/linters.ts'
import { CANNOT_INSTALL_HERE } from '../services/npm-file.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { softHsmModule } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { refusal, sealwrightCalls } from './command-lines.ts'
import { pack } from './pack.ts'
import { runTool } from './process.ts'
import { root } from './workspace.ts'

vi.setConfig({ testTimeout: 600_000 })

const PIPELINES = ['ci-pipeline.yml', 'gitlab-ci.yml', 'Jenkinsfile'] as const

let folder: string
beforeAll(async () => {
  folder = await scratch('ci')
})
afterAll(() => removeScratch(folder))

function text(...path: string[]): string {
  return readFileSync(join(root, ...path), 'utf8')
}

function built(ctx: Skips): void {
  if (!existsSync(join(root, 'packages', 'cli', 'dist', 'main.js'))) ctx.skip('not built: npm run build')
}

/** A program of the test in the place of one on PATH. */
function stub(bin: string, name: string, script: string): void {
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

/** A user with a key, trust in it, and a signed image in `home/image`. */
async function signer(name: string) {
  const home = join(folder, name)
  mkdirSync(home)
  writeFileSync(join(home, 'passphrase.txt'), 'correct horse battery staple', { mode: 0o600 })
  const env = {
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    SEALWRIGHT_PASSPHRASE_FILE: join(home, 'passphrase.txt'),
    CI: 'true',
  }
  const made = await runTool('node', [join(root, 'scripts', 'layout.mjs'), join(home, 'image')])
  const init = await runTool('sealwright', ['init', 'me', '--scope', '*'], {
    cwd: home,
    env,
  })
  expect(init.code, init.output).toBe(0)
  return { home, env, digest: made.stdout.trim(), trust: join(home, '.config', 'notation') }
}

describe('the Dockerfile', () => {
  it('passes hadolint', async ctx => {
    const hadolint = need(ctx, await hadolintProgram())
    const { code, output } = await runTool(hadolint, ['Dockerfile'])
    expect(code, output).toBe(0)
  })

  it('names its base images by digest, and ends without root, shell and package manager', () => {
    const bases = [...text('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!)
    for (const image of bases) expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
    const last = text('Dockerfile')
      .split(/^FROM /m)
      .at(-1)!
    expect(last).toMatch(/^gcr\.io\/distroless\//)
    expect(last).toMatch(/^USER 65532:65532$/m)
    expect(last).not.toMatch(/^RUN /m)
  })

  it('makes an image that runs on a read-only root without rights', async ctx => {
    built(ctx)
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      ctx.skip('no Docker in the tests; to do what it does takes root on Linux')
    const image = join(folder, 'rootfs')
    await installAsWritten(ctx, join(image, 'app'))
    const node = execFileSync('readlink', ['-f', join(root, 'node_modules/node/bin/node')])
      .toString()
      .trim()
    copyFileSync(node, join(image, 'app', 'node'))
    // What the base image has: the C and C++ libraries, a home, and nothing to run.
    const libraries = execFileSync('ldd', [node]).toString()
    for (const [path] of libraries.matchAll(/\/\S+\.so\S*/g)) {
      mkdirSync(dirname(join(image, path)), { recursive: true })
      copyFileSync(path, join(image, path))
    }
    const started = (...args: string[]) => {
      const [command, program] = entrypoint()
      return runTool('unshare', [
        ...['--mount', 'sh', '-c'],
        'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec chroot --userspec=65532:65532 "$0" "$@"',
        ...[image, command, program, ...args],
      ])
    }
    const version = await started('version')
    if (/Operation not permitted/.test(version.stderr))
      ctx.skip('no mount namespace here: unshare is not permitted')
    expect(version.code, version.output).toBe(0)
    expect(version.stdout).toMatch(/^sealwright \d/)
    expect(version.stderr).toBe('')
    // Each store is there: what is missing is a key, not a package.
    for (const key of ['awskms:///alias/x', 'azurekms://x.vault.azure.net/x', 'hashivault://x']) {
      const shown = await started('key', 'show', key, '--timeout', '2s')
      expect(shown.output).not.toMatch(/npm i|not installed|INTERNAL/)
      expect([2, 3, 5], shown.output).toContain(shown.code)
    }
  })
})

/** The install command of the Dockerfile, with the tarballs of this checkout. */
async function installAsWritten(ctx: Skips, app: string): Promise<void> {
  const cwd = join(folder, 'docker')
  mkdirSync(join(cwd, 'tarballs'), { recursive: true })
  mkdirSync(app, { recursive: true })
  const packed = await pack(join(cwd, 'tarballs'))
  expect(packed.code, packed.output).toBe(0)
  const command = /npm install --prefix \/app(?:[^&]|\n)+/.exec(text('Dockerfile'))?.[0]
  expect(command).toBeDefined()
  const installed = await runTool('bash', ['-c', command!.replace('/app', app).replace(/\\\s*$/, '')], {
    cwd,
  })
  const reason = CANNOT_INSTALL_HERE.exec(installed.stderr)?.[0]
  if (installed.code !== 0 && reason) ctx.skip(`npm cannot install here: ${reason}`)
  expect(installed.code, installed.output).toBe(0)
}

function entrypoint(): [string, string] {
  return JSON.parse(/^ENTRYPOINT (.+)$/m.exec(text('Dockerfile'))![1]!)
}

describe('the action', () => {
  const steps = text('action.yml')

  /** The script of a step, as it is written. */
  function script(name: string): string {
    const [, step] = steps.split(`- name: ${name}\n`)
    const block = step!.split('run: |\n')[1]!.split(/\n {4}-/)[0]!
    return block.replaceAll(/^ {8}/gm, '')
  }

  it('needs one input, and passes actionlint where a workflow uses it', async ctx => {
    const repository = join(folder, 'repository')
    mkdirSync(join(repository, '.github', 'workflows'), { recursive: true })
    mkdirSync(join(repository, '.git'))
    cpSync(join(root, 'action.yml'), join(repository, 'action.yml'))
    const use = (inputs: string) =>
      writeFileSync(
        join(repository, '.github', 'workflows', 'use.yml'),
        [
          ...['on: push', 'jobs:', '  sign:', '    runs-on: ubuntu-24.04', '    steps:', '      - uses: ./'],
          ...['        id: signed', `        with: { ${inputs} }`],
          ...['digest', 'reference', 'report'].map(
            name => `      - run: echo "$\{{ steps.signed.outputs.${name} }}"`,
          ),
          '',
        ].join('\n'),
      )
    const actionlint = need(ctx, await actionlintProgram())
    const lint = () => runTool(actionlint, ['-no-color', '-shellcheck='], { cwd: repository })
    use('target: x')
    const fine = await lint()
    expect(fine.code, fine.output).toBe(0)
    use('key: x')
    expect((await lint()).output).toMatch(/missing input "target"/)
    use('target: x, nonsense: x')
    expect((await lint()).output).toMatch(/input "nonsense" is not defined/)
  })

  it.for(['install Sealwright', 'sign and verify'])('passes shellcheck: %s', async (name, ctx) => {
    const shellcheck = need(ctx, await shellcheckProgram())
    const file = join(folder, `${name}.sh`)
    writeFileSync(file, `#!/bin/bash\n${script(name)}`)
    const { code, output } = await runTool(shellcheck, [file])
    expect(code, output).toBe(0)
  })

  it('signs and verifies, and says what', async ctx => {
    built(ctx)
    const { home, env, digest, trust } = await signer('action')
    const temp = join(home, 'temp')
    mkdirSync(temp)
    stub(join(home, 'bin'), 'npm', 'echo "$@" >> "$RUNNER_TEMP/npm"')
    const runner = {
      ...env,
      RUNNER_TEMP: temp,
      GITHUB_ACTION_PATH: root.replace(/\/$/, ''),
      GITHUB_PATH: join(temp, 'path'),
      GITHUB_OUTPUT: join(temp, 'output'),
    }
    const bash = (step: string, inputs: Record<string, string> = {}, path = '') =>
      // As GitHub calls it.
      runTool(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', `PATH=${path}:$PATH\n${script(step)}`],
        {
          cwd: home,
          env: { ...runner, TARGET: '', KEY: '', CERT_CHAIN: '', TRUST: '', ...inputs },
        },
      )
    const installed = await bash('install Sealwright', {}, join(home, 'bin'))
    expect(installed.code, installed.output).toBe(0)
    expect(readFileSync(join(temp, 'npm'), 'utf8')).toBe(
      `--prefix ${runner.GITHUB_ACTION_PATH} run pack -- ${temp}/sealwright-tarballs\n`,
    )
    const path = readFileSync(join(temp, 'path'), 'utf8').trim()

    const target = `oci:image@${digest}`
    const nothing = await bash('sign and verify', { TARGET: target }, path)
    expect([nothing.code, nothing.output]).toEqual([
      2,
      '::error::give key to sign, trust to verify, or both\n',
    ])
    const unsigned = await bash('sign and verify', { TARGET: target, TRUST: trust }, path)
    expect(unsigned.code, unsigned.output).toBe(1)
    expect(unsigned.output).toContain('::error::sealwright verify ended with 1')
    const both = await bash('sign and verify', { TARGET: target, KEY: 'me', TRUST: trust }, path)
    expect(both.code, both.output).toBe(0)
    const report = join(temp, 'sealwright', 'report.json')
    expect(readFileSync(join(temp, 'output'), 'utf8')).toBe(
      `report=${report}\nreference<<END\n${target}\nEND\ndigest<<END\n${digest}\nEND\n`,
    )
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      schema: 'sealwright.verify/1',
      exitCode: 0,
    })
  })
})

describe('the pipelines', () => {
  it.for(PIPELINES)('%s calls sealwright as it can be called', async name => {
    const shell = text('examples', 'ci', name)
      .split('\n')
      .filter(line => /(^|[ '|])sealwright (sign|verify|login)\b/.test(line))
      .map(line => line.replace(/^.*?(?=sealwright (sign|verify|login))/, '').replace(/'$/, ''))
    const calls = shell.flatMap(line => sealwrightCalls(line))
    expect(calls.map(([command]) => command)).toContain('sign')
    for (const call of calls) expect(await refusal(call)).toBeUndefined()
  })

  it.for(PIPELINES)('%s signs by digest, deploys what is verified, and holds no secret', name => {
    const pipeline = text('examples', 'ci', name)
    expect(pipeline).toMatch(/sealwright sign .*"\$IMAGE@\$DIGEST"/)
    const [verify, deploy] = [
      pipeline.indexOf('ci/verify.sh ci/trust "$IMAGE@$DIGEST"'),
      pipeline.indexOf('kubectl set'),
    ]
    expect(verify).toBeGreaterThan(0)
    expect(deploy).toBeGreaterThan(verify)
    expect(pipeline).not.toMatch(/secrets\.|passphrase|(?:PASSWORD|SECRET): /i)
  })

  it('ci-pipeline.yml passes actionlint, its scripts pass shellcheck', async ctx => {
    const actionlint = need(ctx, await actionlintProgram())
    const shellcheck = need(ctx, await shellcheckProgram())
    const file = join('examples', 'ci', 'ci-pipeline.yml')
    const { code, output } = await runTool(actionlint, ['-no-color', `-shellcheck=${shellcheck}`, file])
    expect(code, output).toBe(0)
  })

  it("gitlab-ci.yml passes GitLab's schema", async ctx => {
    const program = need(ctx, await gitlabCiProgram())
    const repository = join(folder, 'gitlab')
    mkdirSync(repository)
    cpSync(join(root, 'examples', 'ci', 'gitlab-ci.yml'), join(repository, '.gitlab-ci.yml'))
    for (const args of [
      ['init', '-q'],
      ['remote', 'add', 'origin', 'git@gitlab.example:acme/app.git'],
    ])
      execFileSync('git', args, { cwd: repository })
    const { code, output } = await runTool('node', [program, '--list'], { cwd: repository })
    expect(code, output).toBe(0)
    expect(output).toContain('json schema validated')
    for (const job of ['build', 'sign', 'verify', 'deploy'])
      expect(output).toMatch(new RegExp(`^${job} `, 'm'))
  })

  it('Jenkinsfile passes the linter of Jenkins', ctx => ctx.skip('the linter is part of a Jenkins server'))

  it('verify.sh passes shellcheck', async ctx => {
    const shellcheck = need(ctx, await shellcheckProgram())
    const { code, output } = await runTool(shellcheck, [join('examples', 'ci', 'verify.sh')])
    expect(code, output).toBe(0)
  })

  it.for([0, 1, 2, 3, 4, 5, 70])('verify.sh ends with %i where sealwright does', async code => {
    const bin = join(folder, `exit-${code}`)
    stub(bin, 'sealwright', `echo "$@" >> "${bin}/calls"; exit ${code}`)
    const verify = join(root, 'examples', 'ci', 'verify.sh')
    const ended = await runTool(
      'sh',
      ['-c', `PATH=${bin}:$PATH sh ${verify} trust registry.example/app@sha256:0`],
      {
        cwd: bin,
        env: { RETRY_SECONDS: '0' },
      },
    )
    expect(ended.code).toBe(code)
    const calls = readFileSync(join(bin, 'calls'), 'utf8').trimEnd().split('\n')
    expect(calls).toHaveLength(code === 3 ? 3 : 1)
    expect(calls[0]).toBe('verify --trust trust -o json registry.example/app@sha256:0')
  })
})

describe('the devcontainer', () => {
  it('is valid JSON, and its script passes shellcheck', async ctx => {
    expect(JSON.parse(text('.devcontainer', 'devcontainer.json'))).toMatchObject({ service: 'workspace' })
    const shellcheck = need(ctx, await shellcheckProgram())
    const { code, output } = await runTool(shellcheck, [join('.devcontainer', 'prepare.sh')])
    expect(code, output).toBe(0)
  })

  it('is prepared by its script, with a token of SoftHSM', async ctx => {
    need(ctx, await softHsmModule())
    const home = join(folder, 'devcontainer')
    const bin = join(home, 'bin')
    for (const name of ['sudo', 'npm', 'curl']) stub(bin, name, `echo ${name} "$@" >> "${home}/calls"`)
    const script = join(root, '.devcontainer', 'prepare.sh')
    const { code, output } = await runTool('sh', ['-c', `PATH=${bin}:$PATH sh ${script}`], {
      cwd: home,
      env: { HOME: home, VAULT_ADDR: 'http://127.0.0.1:8200', VAULT_TOKEN: 'development' },
    })
    expect(code, output).toBe(0)
    expect(readFileSync(join(home, 'calls'), 'utf8')).toMatch(
      /install .* softhsm2\nnpm start\ncurl .*127\.0\.0\.1:8200\/v1\/sys\/mounts\/transit\n$/,
    )
    for (const call of sealwrightCalls(output.replaceAll(/^ {2}npx /gm, '')))
      expect(await refusal(call)).toBeUndefined()
  })
})
