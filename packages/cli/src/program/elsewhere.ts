/** One habit from another tool: what was typed there, and what does it here. */
export interface Elsewhere {
  /** The tool it comes from. */
  readonly from: string
  readonly there: string
  readonly here: string
  /** The fix, where `here` names several commands or is none. */
  readonly fix?: string | undefined
}

function row(from: string, there: string, here: string, fix?: string): Elsewhere {
  return { from, there, here, fix }
}

/** Commands of other tools, by the words after the program's name. */
const COMMANDS: Readonly<Record<string, Elsewhere>> = {
  blob: row(
    'notation',
    'blob sign|verify|inspect FILE',
    'sealwright sign|verify|inspect ./FILE',
    'sealwright sign ./FILE',
  ),
  'blob verify': row('notation', 'blob verify FILE', 'sealwright verify ./FILE'),
  'blob inspect': row('notation', 'blob inspect FILE', 'sealwright inspect ./FILE'),
  certificate: row('notation', 'certificate add -t ca -s NAME FILE', 'sealwright cert add ca:NAME FILE'),
  ls: row('notation', 'ls', 'sealwright list TARGET'),
  'key ls': row('notation', 'key ls', 'sealwright key list'),
  'key update': row('notation', 'key update NAME --default', 'sealwright key add NAME REF --default'),
  'key set': row('notation', 'key set NAME --default', 'sealwright key add NAME REF --default'),
  'key delete': row('notation', 'key delete', 'sealwright key remove NAME'),
  'cert ls': row('notation', 'cert ls', 'sealwright cert list'),
  'cert delete': row('notation', 'cert delete', 'sealwright cert remove STORE FINGERPRINT'),
  'cert generate-test': row('notation', 'cert generate-test NAME', 'sealwright init NAME'),
  'sign-blob': row('cosign', 'sign-blob FILE', 'sealwright sign ./FILE'),
  'verify-blob': row('cosign', 'verify-blob FILE', 'sealwright verify ./FILE'),
  'verify-attestation': row(
    'cosign',
    'verify-attestation --type TYPE',
    'sealwright verify --attestation TYPE',
    'sealwright verify --attestation TYPE TARGET',
  ),
  tree: row('cosign', 'tree', 'sealwright list TARGET'),
  clean: row('cosign', 'clean', 'sealwright delete TARGET --all'),
  save: row('cosign', 'save', 'sealwright copy TARGET oci-archive:FILE'),
  load: row('cosign', 'load', 'sealwright copy oci-archive:FILE TARGET'),
  download: row('cosign', 'download signature', 'sealwright inspect --raw TARGET'),
  'public-key': row('cosign', 'public-key --key KEY', 'sealwright key show KEY --public'),
  'generate-key-pair': row('cosign', 'generate-key-pair', 'sealwright init'),
  cp: row('oras', 'cp -r FROM TO', 'sealwright copy FROM TO'),
  backup: row('oras', 'backup', 'sealwright copy TARGET oci-archive:FILE'),
  restore: row('oras', 'restore', 'sealwright copy oci-archive:FILE TARGET'),
  discover: row('oras', 'discover', 'sealwright list TARGET'),
}

/** Flags of other tools. */
const FLAGS: Readonly<Record<string, Elsewhere>> = {
  '--plugin': row('notation', '--plugin P --id I', '-k KEY', 'name the key: sealwright key add NAME REF'),
  '--id': row('notation', '--plugin P --id I', '-k KEY', 'name the key: sealwright key add NAME REF'),
  '--signature-format': row(
    'notation',
    '--signature-format jws|cose',
    '--format jws|cose',
    'use --format jws or --format cose',
  ),
  '-e': row('notation', '-e 720h', '--expiry 30d', 'use --expiry 30d'),
  '--user-metadata': row('notation', '--user-metadata K=V', '--metadata K=V', 'use --metadata K=V'),
  '--force-referrers-tag': row('notation', '--force-referrers-tag', '--referrers tag', 'use --referrers tag'),
  '--insecure-registry': row('notation', '--insecure-registry', '--plain-http HOST', 'use --plain-http HOST'),
  '--oci-layout': row('notation', '--oci-layout DIR:tag', 'oci:DIR:tag', 'name the target oci:DIR:TAG'),
  '--policy-name': row('notation', '--policy-name NAME', '--statement NAME', 'use --statement NAME'),
  '--type': row(
    'notation',
    '--type ca --store NAME',
    'ca:NAME, as a policy spells the store',
    'name the store ca:NAME',
  ),
  '--store': row(
    'notation',
    '--type ca --store NAME',
    'ca:NAME, as a policy spells the store',
    'name the store ca:NAME',
  ),
  '-t': row('notation', '-t ca -s NAME', 'ca:NAME, as a policy spells the store', 'name the store ca:NAME'),
  '-s': row('notation', '-t ca -s NAME', 'ca:NAME, as a policy spells the store', 'name the store ca:NAME'),
  '-r': row('cosign', '-r', '--recursive', 'use --recursive'),
  '--output-signature': row('cosign', '--output-signature FILE', '--signature FILE', 'use --signature FILE'),
  '--upload': row('cosign', '--upload=false', '--signature FILE', 'use --signature FILE'),
  '--lazy': row('jsign', '--lazy', 'the default: what is signed already is skipped', 'leave --lazy out'),
}

/** What does here what `words` did elsewhere; the longest match counts. */
export function commandElsewhere(words: readonly string[]): Elsewhere | undefined {
  return lookUp(COMMANDS, words.slice(0, 2).join(' ')) ?? lookUp(COMMANDS, words[0] ?? '')
}

/** What does here what `flag` did elsewhere. */
export function flagElsewhere(flag: string): Elsewhere | undefined {
  return lookUp(FLAGS, flag.split('=', 1)[0] as string)
}

function lookUp(rows: Readonly<Record<string, Elsewhere>>, name: string): Elsewhere | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined
}
