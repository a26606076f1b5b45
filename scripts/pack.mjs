// npm run pack: installs, builds, and packs every package into one folder, from which npm installs them like published ones.
// `npm run pack -- FOLDER` chooses the folder; `tarballs` in the checkout by default.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { build, install, pack, root } from './workspace.mjs'

const folder = resolve(process.argv[2] ?? join(root, 'tarballs'))

function ours() {
  return readdirSync(folder).filter(name => /^sealwright-.*\.tgz$/.test(name))
}

mkdirSync(folder, { recursive: true })
// Those of an earlier version would be installed by the same pattern.
for (const name of ours()) rmSync(join(folder, name))
for (const [title, work] of [
  ['install', install],
  ['build', build],
  ['pack', () => pack(folder)],
]) {
  const { code, output } = await work()
  if (code === 0) continue
  console.error(`${title} failed\n${output}`)
  process.exit(1)
}
for (const name of ours().sort()) console.log(join(relative(process.cwd(), folder), name))
