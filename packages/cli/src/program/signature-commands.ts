import { parseDurationOrNone } from '../frame/duration.ts'
import { parseTime } from '../frame/time.ts'
import { choice, count, repeatable, single, toggle } from './flag.ts'
import { auditLogFlag, keyFlags } from './key-flags.ts'
import type { Leaf } from './leaf.ts'
import { parseMetadata } from './metadata.ts'

const ORNONE = (text: string, label: string): number | 'none' => parseDurationOrNone(text, label) ?? 'none'

const targetsFlag = () =>
  single('--targets <file>', 'also every target in this list, one a line, # begins a comment; - is stdin')

/** `sealwright sign` */
export const signCommand: Leaf = {
  name: 'sign',
  args: '[target...]',
  summary: 'sign artifacts or files and attach the signatures',
  options: () => [
    single('-k, --key <key>', 'name or reference of the key (default: the default key)'),
    choice('--format <format>', 'envelope: jws or cose (default: jws)', ['jws', 'cose']),
    single('--expiry <duration>', 'best-by time of the signature, e.g. 30d, or none', ORNONE),
    repeatable('-m, --metadata <key=value>', 'signed with the target', parseMetadata),
    single('--cert-chain <file>', 'certificates of the key, leaf first, when its store holds none'),
    single('--signature <file>', 'write the envelope there, or to stdout (-), and attach nothing'),
    auditLogFlag(),
    toggle('--recursive', 'sign an index and every manifest that it names'),
    targetsFlag(),
    ...keyFlags(),
    toggle('--again', 'sign although an equal valid signature exists'),
    toggle('--dry-run', 'do everything except sign'),
    choice('--manifest <form>', 'form of the signature manifest (default: config-type)', [
      'config-type',
      'artifact-type',
    ]),
  ],
  registry: true,
  project: true,
  examples: [
    'sealwright sign -k release registry.example/app:v1',
    'sealwright sign -k awskms:///alias/release registry.example/app:v1',
    'sealwright sign ./app.tgz',
    'sealwright sign oci:./layout:v1',
    'sealwright sign --targets images.txt --recursive',
    'sealwright sign --signature app.sig oci-archive:app.tar',
  ],
  resolves: true,
  load: async () => (await import('../commands/sign.ts')).sign,
}

/** `sealwright attach` */
export const attachCommand: Leaf = {
  name: 'attach',
  args: '<target> <envelope>',
  summary: 'attach a signature that was made elsewhere; needs no key',
  registry: true,
  examples: [
    'sealwright attach registry.example/app@sha256:… app.sig',
    'sealwright attach oci:./layout:v1 - < app.sig',
  ],
  resolves: true,
  load: async () => (await import('../commands/attach.ts')).attach,
}

/** `sealwright verify` */
export const verifyCommand: Leaf = {
  name: 'verify',
  args: '[target...]',
  summary: 'verify signatures under the trust policy and report every check',
  options: () => [
    single('--scope <repository>', 'judge a layout, an archive, or a manifest in a file, as this repository'),
    single('--policy <file>', "instead of the trust directory's policy"),
    single('--statement <name>', 'the policy statement for a file'),
    single('--signature <file>', 'a detached envelope, or stdin (-)'),
    targetsFlag(),
    repeatable('-m, --metadata <key=value>', 'must be in the signature', parseMetadata),
    repeatable(
      '--attestation <type>',
      'must be attested too: slsa, spdx, cyclonedx, vsa, a name of cosign, or a URI',
    ),
    repeatable('--vsa-verifier <id>', 'with --attestation vsa: the verifier has to be this one'),
    toggle('--all', 'judge every signature, not only enough of them'),
    repeatable('--trusted-cert <file>', 'trust this anchor, for this run'),
    single('--trusted-identity <dn>', 'with --trusted-cert, accept only signers with these attributes'),
    single('-k, --key <key>', 'trust this one public key, for this run: a key or a PEM file'),
    single('--at <time>', 'judge as of then, a time or a date; marked in the report', parseTime),
    single(
      '--max-signatures <number>',
      'read at most this many; fail if there are more (default: 100)',
      count,
    ),
    ...keyFlags(),
  ],
  registry: true,
  examples: [
    'sealwright verify registry.example/app:v1',
    'docker run "$(sealwright verify -q registry.example/app:v1)"',
    'sealwright verify --trusted-cert me.crt oci:./layout',
    'sealwright verify --offline --scope registry.example/app oci-archive:app.tar',
    'sealwright verify --targets images.txt --concurrency 16',
  ],
  resolves: true,
  load: async () => (await import('../commands/verify.ts')).verify,
}
