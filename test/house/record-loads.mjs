// Preloaded with --import: writes the URLs of all modules that the process loads to $SEALWRIGHT_LOADS, as JSON.
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded = []

registerHooks({
  load(url, context, next) {
    loaded.push(url)
    return next(url, context)
  },
})

process.on('exit', () => writeFileSync(process.env.SEALWRIGHT_LOADS, JSON.stringify(loaded)))
