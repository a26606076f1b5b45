import { ALGORITHMS } from './algorithms.ts'
import { choice, single } from './flag.ts'
import { auditLogFlag, keyFlags } from './key-flags.ts'
import type { Leaf } from './leaf.ts'

/** `sealwright attest` */
export const attestCommand: Leaf = {
  name: 'attest',
  args: '<target...>',
  summary: 'sign in-toto attestations about artifacts and attach them',
  options: () => [
    single('-k, --key <key>', 'name or reference of the key (default: the default key)'),
    single('--type <type>', 'what the predicate is: slsa, spdx, cyclonedx, vsa, or a URI'),
    single('--predicate <file>', 'JSON that is attested, or stdin (-)'),
    choice(
      '--algorithm <algorithm>',
      "signature algorithm (default: the key's only one, ES* by its curve, RS256 for RSA)",
      ALGORITHMS,
    ),
    single(
      '--cert-chain <file>',
      'certificates of the key, leaf first: they go along in place of a hint at the key',
    ),
    auditLogFlag(),
    ...keyFlags(),
  ],
  registry: true,
  project: true,
  examples: [
    'sealwright attest -k release --type slsa --predicate provenance.json registry.example/app@sha256:…',
    'syft -o spdx-json registry.example/app:v1 | sealwright attest --type spdx --predicate - registry.example/app:v1',
  ],
  resolves: true,
  load: async () => (await import('../commands/attest.ts')).attest,
}
