/** One habit from another tool: what was typed there, and what does it here. */
export interface Elsewhere {
  /** The tool it comes from. */
  readonly from: string
  readonly there: string
  readonly here: string
}

function row(from: string, there: string, here: string): Elsewhere {
  return { from, there, here }
}

/** Commands of other tools, by the words after the program's name. */
const COMMANDS: Readonly<Record<string, Elsewhere>> = {
  blob: row('notation', 'blob sign|verify|inspect FILE', 'sealwright sign|verify|inspect ./FILE'),
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
  '--plugin': row('notation', '--plugin P --id I', '-k notation-plugin:P/I'),
  '--id': row('notation', '--plugin P --id I', '-k notation-plugin:P/I'),
  '--signature-format': row('notation', '--signature-format jws|cose', '--format jws|cose'),
  '-e': row('notation', '-e 720h', '--expiry 30d'),
  '--user-metadata': row('notation', '--user-metadata K=V', '--metadata K=V'),
  '--force-referrers-tag': row('notation', '--force-referrers-tag', '--referrers tag'),
  '--insecure-registry': row('notation', '--insecure-registry', '--plain-http HOST'),
  '--oci-layout': row('notation', '--oci-layout DIR:tag', 'oci:DIR:tag'),
  '--policy-name': row('notation', '--policy-name NAME', '--statement NAME'),
  '--type': row('notation', '--type ca --store NAME', 'the store as a policy spells it: ca:NAME'),
  '--store': row('notation', '--type ca --store NAME', 'the store as a policy spells it: ca:NAME'),
  '-t': row('notation', '-t ca -s NAME', 'the store as a policy spells it: ca:NAME'),
  '-s': row('notation', '-t ca -s NAME', 'the store as a policy spells it: ca:NAME'),
  '-r': row('cosign', '-r', '--recursive'),
  '--output-signature': row('cosign', '--output-signature FILE', '--signature FILE'),
  '--upload': row('cosign', '--upload=false', '--signature FILE'),
  '--lazy': row('jsign', '--lazy', 'the default: what is signed already is skipped'),
  '--tsaurl': row('jsign', '--tsaurl A,B', '--timestamp A --timestamp B'),
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
