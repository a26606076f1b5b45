import type { Descriptor } from './descriptor.ts'
import { MediaTypes } from './media-types.ts'

/** The empty config `{}` with its content inlined (image-spec `manifest.md`, "Guidance for an Empty Descriptor"). */
export const emptyConfig: Descriptor = {
  mediaType: MediaTypes.empty,
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
  data: 'e30=',
}
