import { keyFlags, parseMetadata, registryFlags, targetsFlag } from '../../flags/common-flags.ts'
import { count, type FlagValues, repeatable, single, suggesting, toggle } from '../../flags/flag.ts'
import { parseTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  scope: single(
    '--scope <repository>',
    'judge a layout, an archive, or a manifest in a file, as this repository',
  ),
  policy: single(
    '--policy <file>',
    "instead of the trust directory's policies; Sealwright's own, or Notation's",
  ),
  statement: single('--statement <statement>', 'the policy statement for a file'),
  signature: repeatable(
    '--signature <file>',
    'a detached envelope, or stdin (-); of a file that needs several, each of them',
  ),
  targets: targetsFlag(),
  metadata: repeatable('-m, --metadata <key=value>', 'must be in the signature', parseMetadata),
  attestation: suggesting(
    repeatable(
      '--attestation <type>',
      'must be attested too: slsa, spdx, cyclonedx, vsa, a name of cosign, or a URI',
    ),
    ['slsa', 'spdx', 'cyclonedx', 'vsa'],
  ),
  vsaVerifier: repeatable('--vsa-verifier <id>', 'with --attestation vsa: the verifier has to be this one'),
  all: toggle('--all', 'judge every signature, not only enough of them'),
  trustedCert: repeatable('--trusted-cert <file>', 'trust this anchor, for this run'),
  trustedIdentity: single(
    '--trusted-identity <dn>',
    'with --trusted-cert, accept only signers with these attributes',
  ),
  key: single('-k, --key <key|file>', 'trust this one public key, for this run: a key or a PEM file'),
  report: single('--report <file>', 'also write the report on all targets to this file, as one HTML page'),
  reportKey: single(
    '--report-key <key>',
    'sign the verdict with this key, as a SLSA verification summary that is attached to the target',
  ),
  reportVerifier: single(
    '--report-verifier <uri>',
    'with --report-key, the verifier that the summary names',
    parseVerifier,
  ),
  reportBundle: single(
    '--report-bundle <file>',
    'with --report-key, write the summary to this file, and attach nothing',
  ),
  keepRevocation: toggle(
    '--keep-revocation',
    "keep CRLs that came with signatures in notation's cache of CRLs, for both programs",
  ),
  at: single('--at <time>', 'judge as of then, a time or a date; marked in the report', parseTime),
  maxSignatures: single(
    '--max-signatures <number>',
    'read at most this many; fail if there are more (default: 100)',
    count,
  ),
  ...keyFlags(),
  ...registryFlags(),
})

function parseVerifier(text: string, label: string): string {
  if (URL.canParse(text)) return text
  throw usageError(`${label}: "${text}" is not a URI`, {
    why: 'a verifier is identified by a URI',
    fix: `use ${label} https://ci.example/verifier`,
  })
}

export type VerifyFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright verify` */
export const verifyCommand = defineCommand({
  name: 'verify',
  args: '[target...]',
  summary: 'verify signatures under the trust policy and report every check',
  flags,
  examples: [
    'sealwright verify registry.example/app:v1',
    'docker run "$(sealwright verify -q registry.example/app:v1)"',
    'sealwright verify --trusted-cert me.crt oci:./layout',
    'sealwright verify --offline --scope registry.example/app oci-archive:app.tar',
    'sealwright verify --offline --keep-revocation oci:./layout:v1',
    'sealwright verify --targets images.txt --concurrency 16',
    'sealwright verify --report report.html registry.example/app:v1',
    'sealwright verify --report-key ci registry.example/app@sha256:…',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).verify,
})
