import type { Envelope, Message, TargetArtifact } from '@sealwright/core'
import type { SignatureBinding } from './binding.ts'
import { type FileContentOptions, fileContent } from './file-content.ts'
import { assertOwnEnvelope } from './own-envelope.ts'

/**
 * Signs a file into a detached envelope. The file is read once, and may be of any size.
 *
 * @throws {@link SealwrightError} of `seal`; `VALIDATION` for a media type or metadata that cannot be; `INTEGRITY` if the
 *   envelope that `seal` gave does not sign this file.
 */
export async function signFile<Attributes>(
  file: Message,
  binding: SignatureBinding<Attributes>,
  seal: (content: TargetArtifact) => Promise<Envelope>,
  options: FileContentOptions,
): Promise<{ readonly content: TargetArtifact; readonly envelope: Envelope }> {
  const { metadata, ...rest } = options
  const content = binding.contentOf(await fileContent(file, rest), metadata)
  const envelope = await seal(content)
  assertOwnEnvelope(envelope, { ...content, metadata: metadata ?? {} })
  return { content, envelope }
}
