#!/usr/bin/env node
// Not imported, because an import makes an object of all that the module exports.
process.getBuiltinModule('node:module').enableCompileCache()
const { main } = await import('../dist/generate-manifest.js')
await main()
