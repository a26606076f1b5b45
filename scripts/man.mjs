// The build of packages/cli runs it: writes the man pages of its programs into a folder, which it replaces.
// `node scripts/man.mjs FOLDER` needs the libraries built, and runs on the workspace's Node.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manPages } from '../packages/cli/src/man/pages.ts'
import { root } from './workspace.mjs'

const guide = name => readFileSync(join(root, 'docs', 'guides', `${name}.md`), 'utf8')
// So that a build can be repeated: https://reproducible-builds.org/specs/source-date-epoch/
const { SOURCE_DATE_EPOCH } = process.env
const date = SOURCE_DATE_EPOCH ? new Date(Number(SOURCE_DATE_EPOCH) * 1000) : new Date()

const folder = resolve(process.argv[2])
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const pages = manPages(
  { configuration: guide('configuration'), errors: guide('errors') },
  date.toISOString().slice(0, 10),
)
for (const [name, text] of pages) writeFileSync(join(folder, name), text)
