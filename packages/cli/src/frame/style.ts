import { styleText } from 'node:util'
import type { Io } from './io.ts'

/** Colours one piece of text, or leaves it as it is. Meaning is never in the colour alone. */
export type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string

export type ColorMode = 'auto' | 'always' | 'never'

/** The paint for one stream: `NO_COLOR` and `FORCE_COLOR` decide where `--color` does not. */
export function paintFor(mode: ColorMode, isTerminal: boolean, env: Io['env']): Paint {
  return isColoured(mode, isTerminal, env)
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text
}

function isColoured(mode: ColorMode, isTerminal: boolean, env: Io['env']): boolean {
  if (mode !== 'auto') return mode === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTerminal && env.TERM !== 'dumb'
}
