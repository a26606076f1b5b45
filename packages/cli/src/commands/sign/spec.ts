import {
  auditLogFlag,
  batchFlags,
  keyFlags,
  parseMetadata,
  registryFlags,
  targetsFlag,
  timestampFlags,
} from '../../flags/common-flags.ts'
import { choice, type FlagValues, repeatable, single, toggle } from '../../flags/flag.ts'
import { durationOrNone } from '../../runtime/time.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  key: single('-k, --key <key>', 'name or reference of the key (default: the default key)'),
  format: choice(
    '--format <format>',
    'jws or cose (Notary Project, default: jws); sigstore or simplesigning, as cosign writes and verifies',
    ['jws', 'cose', 'sigstore', 'simplesigning'],
  ),
  expiry: single('--expiry <duration>', 'best-by time of the signature, e.g. 30d, or none', durationOrNone),
  metadata: repeatable('-m, --metadata <key=value>', 'signed with the target', parseMetadata),
  certChain: single('--cert-chain <file>', 'certificates of the key, leaf first, when its store holds none'),
  ...timestampFlags(),
  staple: toggle(
    '--staple',
    'add OCSP responses and CRLs to the signature; asks the hosts that its certificates name',
  ),
  signature: single('--signature <file>', 'write the envelope there, or to stdout (-), and attach nothing'),
  auditLog: auditLogFlag(),
  recursive: toggle('--recursive', 'sign an index and every manifest that it names'),
  targets: targetsFlag(),
  ...batchFlags(),
  ...keyFlags(),
  again: toggle('--again', 'sign although an equal valid signature exists'),
  dryRun: toggle('--dry-run', 'do everything except sign'),
  manifest: choice('--manifest <form>', 'form of the signature manifest (default: config-type)', [
    'config-type',
    'artifact-type',
  ]),
  ...registryFlags(),
})

export type SignFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright sign` */
export const signCommand = defineCommand({
  name: 'sign',
  args: '[target...]',
  summary: 'sign artifacts or files and attach the signatures',
  flags,
  project: true,
  examples: [
    'sealwright sign -k release registry.example/app:v1',
    'sealwright sign -k awskms:///alias/release registry.example/app:v1',
    'sealwright sign --timestamp https://tsa.example registry.example/app:v1',
    'sealwright sign --staple --timestamp https://tsa.example registry.example/app:v1',
    'sealwright sign --format sigstore registry.example/app:v1',
    'sealwright sign --format sigstore --batch --targets images.txt',
    'sealwright sign ./app.tgz',
    'sealwright sign oci:./layout:v1',
    'sealwright sign --targets images.txt --recursive',
    'sealwright sign --signature app.sig oci-archive:app.tar',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).sign,
})
