import { defineConfig } from 'rolldown'
import { workerFiles } from '../../scripts/worker-files.mjs'

/** Stores that a user installs beside the program; imported when their scheme is first used. */
const STORES = /^@sealwright\/provider-(?!file$)/

/**
 * What commander imports of Node, for less: importing a built-in module makes an object of all its exports, and
 * `node:child_process` and `node:fs` are for subcommands in files of their own, which we have none of. Together they are a
 * third of the time to start.
 */
const FOR_COMMANDER = {
  'node:child_process': 'export default {}',
  'node:fs': 'export default {}',
  'node:path': "export default process.getBuiltinModule('node:path')",
  'node:process': 'export default globalThis.process',
  'node:events': "export const { EventEmitter } = process.getBuiltinModule('node:events')",
  'node:util': "export const { stripVTControlCharacters } = process.getBuiltinModule('node:util')",
}

const lighterCommander = {
  name: 'lighter-commander',
  resolveId(source, importer) {
    const isCommander = importer !== undefined && /[\\/]commander[\\/]/.test(importer)
    return isCommander && source in FOR_COMMANDER ? `\0${source}` : undefined
  },
  load(id) {
    return id.startsWith('\0node:') ? FOR_COMMANDER[id.slice(1)] : undefined
  },
}

/** The parser and what runs a command, but for what waits to be needed: the terminal and streams. */
function isNeededToStart(id) {
  if (/[\\/](?:terminal|read-all|send-whole|debug-http|help-command|complete|candidates)\.ts$/.test(id))
    return false
  return /[\\/]cli[\\/]src[\\/](?:runtime|flags|program)[\\/]|[\\/]cli[\\/]src[\\/]commands[\\/]\w+[\\/]spec\.ts$|[\\/]cli[\\/](?:package\.json|src[\\/]session[\\/](?:command|session)\.ts)$|[\\/]commander[\\/]|[\\/]core[\\/]src[\\/](?:errors|files[\\/]system-failure|encoding[\\/]shell-quote)\.ts$/.test(
    id,
  )
}

/** What shell completion needs beside that: a file of its own, because a person waits for it at each press of a key. */
function isNeededToComplete(id) {
  return /[\\/]cli[\\/]src[\\/](?:program[\\/](?:complete|candidates)|config[\\/](?:paths|key-name)|runtime[\\/]read-all)\.ts$|[\\/]keyring[\\/]src[\\/]key-lock\.ts$|[\\/]core[\\/]src[\\/](?:encoding[\\/](?:invalid|json|json-scanner|utf8)|files[\\/]regular-file)\.ts$/.test(
    id,
  )
}

export default defineConfig({
  input: {
    main: 'src/main.ts',
    nv2: 'src/nv2/main.ts',
    'generate-manifest': 'src/generate-manifest/main.ts',
  },
  platform: 'node',
  // The oldest Node of package.json: `await using` is lowered for it.
  transform: { target: 'node22.22' },
  external: STORES,
  plugins: [lighterCommander, workerFiles],
  resolve: {
    // The sources of the workspace, so that nothing has to be built before.
    conditionNames: ['@sealwright/source', 'import', 'node', 'default'],
  },
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: true },
    // What every start needs is one file: each further one costs about a millisecond.
    codeSplitting: {
      groups: [
        { name: 'start', test: isNeededToStart },
        { name: 'complete', test: isNeededToComplete },
      ],
    },
  },
})
