/** Where bytes go: stdout or stderr. */
export interface Sink {
  /** Whether a person reads it as it is written. */
  readonly isTerminal: boolean
  /** Width of the terminal in columns, where known. */
  readonly columns?: number | undefined
  write(data: string | Uint8Array): void
  /** Writes while other things go on; resolved when it was taken. Throws `UNAVAILABLE` when the reader went away. */
  send(data: Uint8Array): Promise<void>
}

/** The terminal itself, apart from stdin and stdout: questions are asked there. */
export interface Terminal {
  /**
   * Asks and returns the line typed, without its end.
   *
   * @param options.secret - Nothing typed is shown.
   * @throws {@link SealwrightError} `ABORTED` when the signal aborts, which it does on Ctrl-C; `VALIDATION` when it is closed.
   */
  ask(prompt: string, options: { readonly secret: boolean; readonly signal: AbortSignal }): Promise<string>
}

/** All that the program touches of the process it runs in; injected, so that tests run it in theirs. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The user's home directory; absent for a user that has none. */
  readonly home: string | undefined
  readonly platform: NodeJS.Platform
  readonly stdin: { readonly isTerminal: boolean; read(): AsyncIterable<Uint8Array> }
  readonly stdout: Sink
  readonly stderr: Sink
  /** Opens the terminal; `undefined` when the process has none. */
  openTerminal(): Promise<Terminal | undefined>
  readonly now: () => Date
  /** Aborted by SIGINT and SIGTERM; the reason is the {@link Interrupt}. */
  readonly signal: AbortSignal
}

/** Why a run was ended from outside. */
export interface Interrupt {
  readonly interrupt: 'SIGINT' | 'SIGTERM'
}

/** Whether the reason of an abort is an {@link Interrupt}. */
export function isInterrupt(reason: unknown): reason is Interrupt {
  return typeof reason === 'object' && reason !== null && 'interrupt' in reason
}
