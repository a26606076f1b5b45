import type { Io, Sink } from './io.ts'

/** Colours one piece of text, or leaves it as it is. Meaning is never in the colour alone. */
export type Paint = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string

export type ColorMode = 'auto' | 'always' | 'never'

/** The paint for one stream: `NO_COLOR` and `FORCE_COLOR` decide where `--color` does not. */
export function paintFor(mode: ColorMode, sink: Pick<Sink, 'isTerminal'>, env: Io['env']): Paint {
  let coloured: boolean | undefined
  return (style, text) => {
    // Asked when the first text is painted: most runs paint none.
    coloured ??= isColoured(mode, sink, env)
    return coloured
      ? process.getBuiltinModule('node:util').styleText(style, text, { validateStream: false })
      : text
  }
}

function isColoured(mode: ColorMode, sink: Pick<Sink, 'isTerminal'>, env: Io['env']): boolean {
  if (mode !== 'auto') return mode === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return sink.isTerminal && env.TERM !== 'dumb'
}
