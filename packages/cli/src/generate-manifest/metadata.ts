import { EXIT } from '../runtime/exit.ts'
import { VERSION } from '../runtime/version.ts'
import type { Run } from '../session/command.ts'

/** What Docker's command line wants to know of a plug-in before it lists and calls it. */
export const metadata: Run = async () => ({
  exitCode: EXIT.done,
  document: {},
  lines: [
    JSON.stringify({
      SchemaVersion: '0.1.0',
      Vendor: 'Sealwright',
      Version: VERSION,
      ShortDescription: 'Print the exact manifest of an image',
      URL: 'https://github.com/sealwright/sealwright',
    }),
  ],
})
