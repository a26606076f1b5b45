import type { SoundEnvelope } from '../sound-envelope.ts'
import { type Finding, failed, passed, unknown } from './finding.ts'

const PLUGIN = 'io.cncf.notary.verificationPlugin'
const PLUGIN_VERSION = 'io.cncf.notary.verificationPluginMinVersion'

/**
 * What the signature demands of its verifier. A critical attribute that is not understood fails (specification,
 * "Extended attributes"; notation lets it pass where no plug-in is named). A plug-in that is named might know better than
 * we: without it nothing can be said.
 */
export function checkAttributes({ attributes: { extended = [] } }: SoundEnvelope): Finding {
  const plugin = extended.find(attribute => attribute.key === PLUGIN)
  if (plugin !== undefined) {
    if (!plugin.critical)
      return failed('UNSUPPORTED', 'it names a verification plug-in without marking that critical')
    if (typeof plugin.value !== 'string' || plugin.value.trim() === '') {
      return failed('UNSUPPORTED', 'it demands a verification plug-in without naming one')
    }
    return unknown(
      'UNSUPPORTED',
      `it demands the verification plug-in ${JSON.stringify(plugin.value)}, which is not here`,
    )
  }
  // The version of a plug-in that is not asked for means nothing, and is no secret either.
  const critical = extended.filter(attribute => attribute.critical && attribute.key !== PLUGIN_VERSION)
  if (critical.length === 0) return passed()
  const keys = critical.map(({ key }) => JSON.stringify(key)).join(', ')
  return failed('UNSUPPORTED', `critical attributes that are not understood: ${keys}`)
}
