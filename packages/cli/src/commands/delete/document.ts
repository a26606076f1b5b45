import { z } from 'zod'
import { type DocumentOf, digest, document, failure } from '../../runtime/document.ts'

export const loginDocument = document('login', {
  host: z.string(),
  username: z.string(),
  checked: z.boolean().describe('False where the registry does not ask who anybody is.'),
  place: z.string().describe('The file that holds the login, or the program that keeps it.'),
  helper: z
    .boolean()
    .describe('Whether the place is a credential helper; a file holds the password as it is.'),
  changed: z.boolean(),
})

export const logoutDocument = document('logout', {
  host: z.string(),
  changed: z.boolean(),
  places: z.array(z.string()).describe('The files and helpers that had a login.'),
})

const deletion = z.strictObject({
  digest,
  of: digest.nullable().describe('What it refers to; null for one that is not there.'),
  kind: z.string().nullable(),
  artifactType: z.string().nullable(),
  tag: z
    .string()
    .nullable()
    .describe('The tag that ties it to what it is of, for those that have no subject.'),
  outcome: z.enum(['deleted', 'wouldDelete', 'absent', 'kept']),
  why: z.string().optional().describe('Of one that is kept because it does not belong to the target.'),
})
export type Deletion = DocumentOf<typeof deletion>

const deleted = {
  reference: z.string(),
  resolved: z.string(),
  dryRun: z.boolean(),
  changed: z.boolean(),
  manifests: z
    .array(deletion)
    .describe('In the order of deletion: what refers to a signature goes before it.'),
  error: failure.optional().describe('Why the rest was kept.'),
}
export const deleteDocument = document('delete', deleted)
const deletedMembers = z.object(deleted)
export type DeleteDocument = DocumentOf<typeof deletedMembers>
