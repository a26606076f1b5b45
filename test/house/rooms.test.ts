import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packages } from './workspace.ts'

/** The folders of the command line, from the bottom up: a folder imports only from those before it. */
const ROOMS = [
  'runtime',
  'flags',
  'config',
  'session',
  'certificates',
  'keys',
  'targets',
  'trust',
  'signatures',
  'verification',
  'inspection',
  'commands',
  'program',
  'nv2',
  'generate-manifest',
  'man',
]

const source = join(packages.find(({ name }) => name === 'sealwright')!.folder, 'src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))

/** The folder of a file; each command is a room of its own. `main.ts` is above all. */
function roomOf(file: string): string {
  const [folder = '', name = '', ...rest] = file.split(sep)
  return name === '' ? 'main' : folder === 'commands' && rest.length > 0 ? `commands/${name}` : folder
}

const levelOf = (room: string) => (room === 'main' ? ROOMS.length : ROOMS.indexOf(room.split('/')[0]!))

const arrows = files.flatMap(file =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
    .map(([, path]) => ({ from: file, to: relative(source, resolve(source, dirname(file), path!)) }))
    .filter(({ from, to }) => to.endsWith('.ts') && roomOf(from) !== roomOf(to)),
)

it('has only folders that have a level', () => {
  expect(files.map(roomOf).filter(room => levelOf(room) < 0)).toEqual([])
  expect(arrows.length).toBeGreaterThan(300)
})

it('has no folder that imports from one above it, and no command that imports from another', () => {
  const upward = arrows.filter(({ from, to }) => levelOf(roomOf(to)) >= levelOf(roomOf(from)))
  expect(upward.map(({ from, to }) => `${from} -> ${to}`)).toEqual([])
})

describe('the tests of the command line', () => {
  const tests = readdirSync(join(source, '..', 'test'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => file.split(sep))
  const commands = readdirSync(join(source, 'commands'))

  it('are in the folders that the sources have', () => {
    expect(tests.filter(([folder = '']) => !ROOMS.includes(folder)).map(path => path.join('/'))).toEqual([])
  })

  it('of a command begin with its name, and every command has one', () => {
    const names = tests.filter(([folder]) => folder === 'commands').map(path => path.slice(1).join('/'))
    const isOf = (command: string) => (name: string) => new RegExp(`^${command}[.-]`).test(name)
    expect(names.filter(name => !commands.some(command => isOf(command)(name)))).toEqual([])
    expect(
      commands.filter(
        command => !names.some(name => name.startsWith(command) || name.includes(`-${command}.`)),
      ),
    ).toEqual([])
  })
})
