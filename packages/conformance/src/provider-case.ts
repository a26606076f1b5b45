/** One case for any test runner. */
export interface ProviderCase {
  /** Stable, and what `deviations` name: `sign/RSA-2048/PS256/digest`. */
  readonly id: string
  /** A sentence, beginning with the harness's name. */
  readonly title: string
  /** The hooks of the harness that it uses: `rotate`, `faults.sign.hang`. */
  readonly needs: readonly string[]
  /** Why it cannot run here; present only then. */
  readonly skip?: string | undefined
  /** Rejects when the provider is at fault: with an AssertionError, or with what the provider threw where it must not. */
  run(): Promise<void>
}
