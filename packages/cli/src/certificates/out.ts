import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'

/** The subject that must be given. */
export function requiredSubject(subject: string | undefined, command: 'cert issue' | 'cert request'): string {
  if (subject !== undefined) return subject
  throw usageError('--subject is missing', {
    why: 'a certificate says whom the key belongs to',
    fix: `sealwright ${command} KEY --subject "C=DE,ST=Hessen,O=Acme,CN=release"`,
  })
}

/** Refuses `--out -` with JSON: stdout is one or the other. */
export function assertOut({ flags }: Context, out: string | undefined): void {
  if (out !== '-' || flags.output !== 'json') return
  throw usageError('--out - and -o json cannot be used together', {
    why: 'stdout is either the PEM or the document, which holds the PEM too',
    fix: 'leave --out out',
  })
}
