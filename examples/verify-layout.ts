// Verifies an image in an OCI image layout: `node examples/verify-layout.ts LAYOUT TAG TRUST-DIRECTORY SCOPE`, where the trust
// directory is notation's own: trustpolicy.json and truststore/. Ends with 0 only if the image is verified.
import { createVerifier, trustDirectory } from '@sealwright/notary'
import { layoutDirectory } from '@sealwright/oci'

const [layout = 'image', reference = 'v1', trust = 'trust', scope = 'registry.example/app'] =
  process.argv.slice(2)

const verifier = await createVerifier({ trust: await trustDirectory(trust) })
const report = await verifier.verify(
  { artifacts: layoutDirectory(layout), reference, scope },
  { timeoutMs: 8_000 },
)
console.log(`${report.resolved}: ${report.verdict}${report.reason ? `, ${report.reason.why}` : ''}`)
for (const { signer, checks } of report.signatures) {
  console.log(`  ${signer?.subject}: ${checks.map(({ check, outcome }) => `${check} ${outcome}`).join(', ')}`)
}
process.exitCode = report.verdict === 'verified' ? 0 : 1
