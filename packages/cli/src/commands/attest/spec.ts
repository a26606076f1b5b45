import {
  ALGORITHMS,
  auditLogFlag,
  batchFlags,
  keyFlags,
  registryFlags,
  targetsFlag,
  timestampFlags,
} from '../../flags/common-flags.ts'
import { choice, type FlagValues, single, suggesting } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  key: single('-k, --key <key>', 'name or reference of the key (default: the default key)'),
  type: suggesting(single('--type <type>', 'what the predicate is: slsa, spdx, cyclonedx, vsa, or a URI'), [
    'slsa',
    'spdx',
    'cyclonedx',
    'vsa',
  ]),
  predicate: single('--predicate <file>', 'JSON that is attested, or stdin (-)'),
  algorithm: choice(
    '--algorithm <algorithm>',
    "signature algorithm (default: the key's only one, ES* by its curve, RS256 for RSA)",
    ALGORITHMS,
  ),
  certChain: single(
    '--cert-chain <file>',
    'certificates of the key, leaf first: they go along in place of a hint at the key',
  ),
  ...timestampFlags(),
  auditLog: auditLogFlag(),
  targets: targetsFlag(),
  ...batchFlags(),
  ...keyFlags(),
  ...registryFlags(),
})

export type AttestFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright attest` */
export const attestCommand = defineCommand({
  name: 'attest',
  args: '[target...]',
  summary: 'sign in-toto attestations about artifacts and attach them',
  flags,
  project: true,
  examples: [
    'sealwright attest -k release --type slsa --predicate provenance.json registry.example/app@sha256:…',
    'sealwright attest --type slsa --predicate provenance.json --batch --targets images.txt',
    'syft -o spdx-json registry.example/app:v1 | sealwright attest --type spdx --predicate - registry.example/app:v1',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).attest,
})
