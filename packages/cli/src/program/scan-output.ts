import type { Io } from '../frame/io.ts'
import type { GlobalFlags } from './global-flags.ts'

/**
 * The form of output that a call asks for when the call itself cannot be parsed: a wrong call is answered in JSON too
 * when JSON was asked for.
 */
export function scanOutput(
  argv: readonly string[],
  env: Io['env'],
): Pick<GlobalFlags, 'output' | 'debug' | 'color'> {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const asked = words.some(
    (word, index) =>
      word === '--output=json' ||
      word === '-ojson' ||
      ((word === '-o' || word === '--output') && words[index + 1] === 'json'),
  )
  return {
    output: asked || env.SEALWRIGHT_OUTPUT === 'json' ? 'json' : 'text',
    debug: words.includes('--debug'),
    color: 'auto',
  }
}
