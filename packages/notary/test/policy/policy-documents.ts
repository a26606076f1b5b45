import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A document for the reader; in a faulty one `▸` stands where the fault is. */
export interface PolicyDocument {
  readonly title: string
  readonly text: string
}

export interface MarkedDocument extends PolicyDocument {
  readonly message: string
  /** That a JSON Schema cannot say it: the document is valid by the schema. */
  readonly beyondSchema?: true
}

const MARK = '▸'

export function unmarked(text: string): string {
  return text.replace(MARK, '')
}

/** Where the mark is, as an editor counts. */
export function markedAt(text: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(MARK)).split('\n')
  return { line: before.length, column: [...before.at(-1)!].length + 1 }
}

export const OVERVIEW = `{
  "$schema": "https://sealwright.dev/schemas/trustpolicy.1.json",
  "version": "sealwright/1",
  "expires": "2027-06-30T00:00:00Z",
  "registries": ["registry.acme.example", "ghcr.io/acme/*"],
  "otherwise": "deny",
  "signers": {
    "vendor":     { "certificates": { "stores": ["ca:wabbit"], "identities": ["x509.subject: C=US, ST=WA, O=Wabbit Networks"] } },
    "aggregator": { "certificates": { "stores": ["signingAuthority:hub"], "identities": ["*"] } },
    "alice":      { "keyFile": "keys/alice.pem", "notAfter": "2027-01-31T00:00:00Z" },
    "bob":        { "keyFile": "keys/bob.pem" },
    "carol":      { "key": "sha256:${'5d0c'.repeat(16)}" },
    "builder":    { "sigstore": { "identity": "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*", "issuer": "https://token.actions.githubusercontent.com", "trustedRoot": "trusted_root.json" } }
  },
  "statements": [
    { "name": "production",
      "scopes": ["registry.acme.example/prod/*"],
      "require": { "all": [
        { "signer": "vendor" },
        { "signer": "aggregator", "maxAge": "30d" },
        { "atLeast": 2, "of": [ { "signer": "alice" }, { "signer": "bob" }, { "signer": "carol" } ] },
        { "attestation": "slsa", "by": ["builder"], "where": "predicate.runDetails.builder.id.startsWith('https://github.com/acme/')" } ] },
      "timestamp": { "require": "always", "authorities": ["tsa:one", "tsa:two"], "atLeast": 1 },
      "revocation": { "mode": "enforce", "maxAge": "24h", "afterExpiry": "proven" } }
  ]
}`

const A = '"a":{"keyFile":"a.pem"}'
const B = '"b":{"keyFile":"b.pem"}'

interface Parts {
  readonly top?: string
  readonly signers?: string
  readonly require?: string
  /** In place of name, scopes and all else. */
  readonly statement?: string
  readonly more?: string
  readonly statements?: string
}

function policy({
  top = '',
  signers = A,
  require = '{"signer":"a"}',
  more = '',
  statement,
  statements,
}: Parts): string {
  const one = statement ?? `"name":"s","scopes":["*"],"require":${require}${more}`
  return `{
  "version":"sealwright/1",${top}
  "signers":{${signers}},
  "statements":[${statements ?? `{${one}}`}]
}`
}

const nested = (depth: number, leaf: string): string =>
  `${'{"all":['.repeat(depth)}${leaf}${']}'.repeat(depth)}`
const attestations = (count: number, last = ''): string =>
  Array.from(
    { length: count },
    (_, index) => `${index === count - 1 ? last : ''}{"attestation":"https://x.example/${index}","by":["a"]}`,
  ).join(',')
const DIGEST = `sha256:${'0'.repeat(64)}`
const subject = (name: string): string => `"x509.subject: C=DE, ST=Hessen, O=Acme, CN=${name}"`

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/guides/requirement-policy.md'), 'utf8')

export const VALID: readonly PolicyDocument[] = [
  ...[...guide.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text], index) => ({
    title: `example ${index + 1} of the guide`,
    text: text!,
  })),
  { title: 'the example of the overview', text: OVERVIEW },
  {
    title: 'a policy that denies everything',
    text: '{"version":"sealwright/1","signers":{},"statements":[]}',
  },
  { title: 'one signer', text: policy({}) },
  {
    title: 'any, nested in atLeast',
    text: policy({
      signers: `${A},${B}`,
      require: '{"atLeast":1,"of":[{"any":[{"signer":"a"},{"signer":"b"}]}]}',
    }),
  },
  { title: 'a tree of 8 levels', text: policy({ require: nested(7, '{"signer":"a"}') }) },
  { title: 'a tree of 64 leaves', text: policy({ require: `{"all":[${attestations(64)}]}` }) },
  {
    title: 'one signer in a signature leaf and in attestation leaves',
    text: policy({
      require:
        '{"all":[{"signer":"a"},{"attestation":"spdx","by":["a"]},{"attestation":"cyclonedx","by":["a"]}]}',
    }),
  },
  {
    title: 'a signer in two trees',
    text: policy({
      statements:
        '{"name":"s","scopes":["r.example/a"],"require":{"signer":"a"}},{"name":"t","scopes":["*"],"require":{"signer":"a"}}',
    }),
  },
  {
    title: 'metadata and age',
    text: policy({ require: '{"signer":"a","maxAge":"90m","metadata":{"env":"prod","reviewed.by":"x"}}' }),
  },
  {
    title: 'a summary with its verifiers',
    text: policy({
      require: '{"attestation":"vsa","by":["a"],"verifier":["https://acme.example/verifier"],"maxAge":"7d"}',
    }),
  },
  {
    title: 'an attestation by the URI of its type',
    text: policy({
      require:
        '{"attestation":"https://example.org/review/v1","by":["a"],"where":"predicate.ok == true && int(predicate.n) > 3"}',
    }),
  },
  {
    title: 'statements for files',
    text: policy({
      statements:
        '{"name":"releases","files":true,"require":{"signer":"a"}},{"name":"others","files":true,"default":true,"require":{"signer":"a"}}',
    }),
  },
  {
    title: 'prefixes of hosts and paths',
    text: policy({
      statements:
        '{"name":"s","scopes":["r.example/*","r.example/a/*","r.example/a/b","localhost:5000/x","local/app","[::1]:5000/x"],"require":{"signer":"a"}}',
    }),
  },
  {
    title: 'Notation where no statement covers',
    text: policy({ top: '"otherwise":"notation","expires":"2027-06-30T02:00:00.5+02:00",' }),
  },
  {
    title: 'revocation that is logged',
    text: policy({ more: ',"revocation":{"mode":"log","afterExpiry":"accept"}' }),
  },
  { title: 'timestamps that are not looked at', text: policy({ more: ',"timestamp":{"require":"never"}' }) },
  {
    title: 'two different authorities',
    text: policy({ more: ',"timestamp":{"authorities":["tsa:a","tsa:b"],"atLeast":2}' }),
  },
  {
    title: 'several identities',
    text: policy({
      signers: `"a":{"certificates":{"stores":["ca:x","signingAuthority:y"],"identities":[${subject('a')},${subject('b')}]}}`,
    }),
  },
  {
    title: 'Fulcio extensions',
    text: policy({
      signers:
        '"a":{"sigstore":{"identity":"alice@acme.example","issuer":"https://accounts.example","trustedRoot":"r/root.json","extensions":{"sourceRepositoryURI":"https://github.com/acme/app"}}}',
    }),
  },
  {
    title: 'names that objects have by nature',
    text: policy({ signers: '"constructor":{"keyFile":"a.pem"}', require: '{"signer":"constructor"}' }),
  },
]

export const FAULTY: readonly MarkedDocument[] = [
  { title: 'a list', text: '▸[]', message: 'a trust policy is an object' },
  { title: 'null', text: '▸null', message: 'a trust policy is an object' },
  {
    title: 'a duplicate member',
    text: policy({ top: '▸"version":"sealwright/1",' }),
    message: 'member name twice in one object',
    beyondSchema: true,
  },
  {
    title: 'a signer that is defined twice',
    text: policy({ signers: `${A},▸${A}` }),
    message: 'member name twice in one object',
    beyondSchema: true,
  },
  { title: 'no version', text: '▸{"signers":{},"statements":[]}', message: 'version is missing' },
  {
    title: 'another version',
    text: '{▸"version":"sealwright/2","signers":{},"statements":[]}',
    message: 'version "sealwright/2" is not supported',
  },
  { title: 'no signers', text: '▸{"version":"sealwright/1","statements":[]}', message: 'signers is missing' },
  {
    title: 'no statements',
    text: '▸{"version":"sealwright/1","signers":{}}',
    message: 'statements is missing',
  },
  {
    title: 'an unknown member',
    text: policy({ top: '▸"registry":["r.example"],' }),
    message: 'unknown member "registry"',
  },
  {
    title: 'a member in another case',
    text: policy({ top: '▸"Registries":["r.example"],' }),
    message: 'must be written "registries"',
  },
  { title: 'a null member', text: policy({ top: '▸"expires":null,' }), message: 'expires is a string' },
  {
    title: 'a time that does not exist',
    text: policy({ top: '▸"expires":"2027-02-30T00:00:00Z",' }),
    message: 'not an RFC 3339 time',
    beyondSchema: true,
  },
  {
    title: 'a date without a time',
    text: policy({ top: '▸"expires":"2027-02-03",' }),
    message: 'not an RFC 3339 time',
  },
  {
    title: 'another default',
    text: policy({ top: '▸"otherwise":"allow",' }),
    message: 'otherwise is one of deny, notation, not "allow"',
  },
  { title: 'no registry', text: policy({ top: '▸"registries":[],' }), message: 'registries is empty' },
  {
    title: 'a registry that is a repository',
    text: policy({ top: '"registries":[▸"r.example/app"],' }),
    message: 'write "r.example/app/*"',
  },
  {
    title: 'every registry',
    text: policy({ top: '"registries":[▸"*"],' }),
    message: 'a wildcard stands at the end after "/"',
  },
  {
    title: 'one registry in two spellings',
    text: policy({ top: '"registries":["R.example",▸"r.example:443"],' }),
    message: 'is the same as "R.example"',
    beyondSchema: true,
  },
  {
    title: 'the name of a signer',
    text: policy({ signers: `${A},▸"__proto__":{"keyFile":"b.pem"}` }),
    message: 'a name begins with a letter or a digit',
  },
  { title: 'a signer of no kind', text: policy({ signers: `▸"a":{}` }), message: 'it has none of them' },
  {
    title: 'a signer of two kinds',
    text: policy({ signers: `▸"a":{"keyFile":"a.pem","key":"${DIGEST}"}` }),
    message: 'it has keyFile and key',
  },
  {
    title: 'an end for certificates',
    text: policy({
      signers:
        '"a":{"certificates":{"stores":["ca:a"],"identities":["*"]},▸"notAfter":"2027-01-01T00:00:00Z"}',
    }),
    message: 'unknown member "notAfter"',
  },
  {
    title: 'a fingerprint that is none',
    text: policy({ signers: '"a":{▸"key":"sha256:abc"}' }),
    message: '64 lower-case hexadecimal digits',
  },
  {
    title: 'an upper-case fingerprint',
    text: policy({ signers: `"a":{▸"key":"sha256:${'A'.repeat(64)}"}` }),
    message: '64 lower-case hexadecimal digits',
  },
  {
    title: 'an absolute path',
    text: policy({ signers: '"a":{▸"keyFile":"/etc/a.pem"}' }),
    message: 'relative to the trust directory',
  },
  {
    title: 'a path with a drive',
    text: policy({ signers: '"a":{▸"keyFile":"C:a.pem"}' }),
    message: 'relative to the trust directory',
  },
  {
    title: 'a path that leaves the directory',
    text: policy({ signers: '"a":{▸"keyFile":"keys/../../a.pem"}' }),
    message: 'may not leave the trust directory',
  },
  {
    title: 'a path with backslashes',
    text: policy({ signers: '"a":{▸"keyFile":"keys\\\\a.pem"}' }),
    message: 'folders are separated by "/"',
  },
  {
    title: 'a path with an empty part',
    text: policy({ signers: '"a":{▸"keyFile":"keys//a.pem"}' }),
    message: 'a part "." or an empty one',
  },
  {
    title: 'a tsa store for signers',
    text: policy({ signers: '"a":{"certificates":{"stores":[▸"tsa:a"],"identities":["*"]}}' }),
    message: 'the type is ca or signingAuthority here',
  },
  {
    title: 'a store without a type',
    text: policy({ signers: '"a":{"certificates":{"stores":[▸"a"],"identities":["*"]}}' }),
    message: 'not of the form TYPE:NAME',
  },
  {
    title: 'a store twice',
    text: policy({ signers: '"a":{"certificates":{"stores":["ca:a",▸"ca:a"],"identities":["*"]}}' }),
    message: '"ca:a" is there twice',
  },
  {
    title: 'no identities',
    text: policy({ signers: '"a":{▸"certificates":{"stores":["ca:a"]}}' }),
    message: 'identities is missing',
  },
  {
    title: 'an empty list of identities',
    text: policy({ signers: '"a":{"certificates":{"stores":["ca:a"],▸"identities":[]}}' }),
    message: 'identities is empty',
  },
  {
    title: 'an identity without its mandatory attributes',
    text: policy({
      signers: '"a":{"certificates":{"stores":["ca:a"],"identities":[▸"x509.subject: CN=a"]}}',
    }),
    message: 'C, ST, O missing',
    beyondSchema: true,
  },
  {
    title: 'identities that overlap',
    text: policy({
      signers: `"a":{"certificates":{"stores":["ca:a"],"identities":["x509.subject: C=DE, ST=Hessen, O=Acme",▸${subject('b')}]}}`,
    }),
    message: 'overlaps with',
    beyondSchema: true,
  },
  {
    title: 'the identity of a plug-in',
    text: policy({ signers: '"a":{"certificates":{"stores":["ca:a"],"identities":[▸"acme.id: 5"]}}' }),
    message: 'begins with "x509.subject:"',
  },
  {
    title: 'every identity and one more',
    text: policy({ signers: `"a":{"certificates":{"stores":["ca:a"],▸"identities":["*",${subject('a')}]}}` }),
    message: 'the identity "*" stands alone',
    beyondSchema: true,
  },
  {
    title: 'a wildcard amid an identity',
    text: policy({ signers: '"a":{"sigstore":{▸"identity":"https://*/x","issuer":"i","trustedRoot":"r"}}' }),
    message: 'identity: a wildcard stands once',
  },
  {
    title: 'a wildcard for every host',
    text: policy({ signers: '"a":{"sigstore":{▸"identity":"https://*","issuer":"i","trustedRoot":"r"}}' }),
    message: 'identity: a wildcard stands once',
  },
  {
    title: 'every identity',
    text: policy({ signers: '"a":{"sigstore":{▸"identity":"*","issuer":"i","trustedRoot":"r"}}' }),
    message: 'identity: a wildcard stands once',
  },
  {
    title: 'a wildcard not at a boundary',
    text: policy({ signers: '"a":{"sigstore":{▸"identity":"https://x/a*","issuer":"i","trustedRoot":"r"}}' }),
    message: 'identity: a wildcard stands once',
  },
  {
    title: 'a wildcard in an issuer',
    text: policy({ signers: '"a":{"sigstore":{"identity":"i",▸"issuer":"https://x/*","trustedRoot":"r"}}' }),
    message: 'issuer: a wildcard is not allowed here',
  },
  {
    title: 'no trusted root',
    text: policy({ signers: '"a":{▸"sigstore":{"identity":"i","issuer":"i"}}' }),
    message: 'trustedRoot is missing',
  },
  {
    title: 'an unknown extension',
    text: policy({
      signers:
        '"a":{"sigstore":{"identity":"i","issuer":"i","trustedRoot":"r","extensions":{▸"sourceRepository":"x"}}}',
    }),
    message: 'extension "sourceRepository" is not known',
  },
  {
    title: 'a statement without a name',
    text: policy({ statements: '▸{"scopes":["*"],"require":{"signer":"a"}}' }),
    message: 'name is missing',
  },
  {
    title: 'an empty name',
    text: policy({ statements: '{▸"name":"","scopes":["*"],"require":{"signer":"a"}}' }),
    message: 'name: an empty text',
  },
  {
    title: 'a name twice',
    text: policy({
      statements:
        '{"name":"s","scopes":["*"],"require":{"signer":"a"}},{▸"name":"s","scopes":["r.example/a"],"require":{"signer":"a"}}',
    }),
    message: 'is used by an earlier statement',
    beyondSchema: true,
  },
  {
    title: 'no scopes',
    text: policy({ statements: '▸{"name":"s","require":{"signer":"a"}}' }),
    message: 'scopes is missing',
  },
  {
    title: 'an empty list of scopes',
    text: policy({ statement: '"name":"s",▸"scopes":[],"require":{"signer":"a"}' }),
    message: 'scopes is empty',
  },
  {
    title: 'every scope and one more',
    text: policy({ statement: '"name":"s",▸"scopes":["*","r.example/a"],"require":{"signer":"a"}' }),
    message: 'the scope "*" stands alone',
    beyondSchema: true,
  },
  {
    title: 'a wildcard amid a scope',
    text: policy({ statement: '"name":"s","scopes":[▸"r.example/*/a"],"require":{"signer":"a"}' }),
    message: 'a wildcard stands alone ("*"), or at the end after "/"',
  },
  {
    title: 'a wildcard without a boundary',
    text: policy({ statement: '"name":"s","scopes":[▸"r.example/a*"],"require":{"signer":"a"}' }),
    message: 'a wildcard stands alone ("*"), or at the end after "/"',
  },
  {
    title: 'a wildcard for hosts',
    text: policy({ statement: '"name":"s","scopes":[▸"*.example/a"],"require":{"signer":"a"}' }),
    message: 'a wildcard stands alone',
  },
  {
    title: 'a scope with a tag',
    text: policy({ statement: '"name":"s","scopes":[▸"r.example/a:v1"],"require":{"signer":"a"}' }),
    message: 'neither tag nor digest',
    beyondSchema: true,
  },
  {
    title: 'a scope with an upper-case path',
    text: policy({ statement: '"name":"s","scopes":[▸"r.example/A"],"require":{"signer":"a"}' }),
    message: 'scope "r.example/A": ',
    beyondSchema: true,
  },
  {
    title: 'a host alone as a scope',
    text: policy({ statement: '"name":"s","scopes":[▸"r.example"],"require":{"signer":"a"}' }),
    message: 'scope "r.example": ',
  },
  {
    title: 'one scope in two statements',
    text: policy({
      statements:
        '{"name":"s","scopes":["docker.io/a/b"],"require":{"signer":"a"}},{"name":"t","scopes":[▸"index.docker.io/a/b"],"require":{"signer":"a"}}',
    }),
    message: 'is already in statement "s"',
    beyondSchema: true,
  },
  {
    title: 'scopes for files',
    text: policy({ statement: '"name":"s","files":true,▸"scopes":["*"],"require":{"signer":"a"}' }),
    message: 'a statement on files has no scopes',
  },
  {
    title: 'a default for artifacts',
    text: policy({ more: ',▸"default":true' }),
    message: 'default is for statements with "files": true',
  },
  {
    title: 'two defaults',
    text: policy({
      statements:
        '{"name":"s","files":true,"default":true,"require":{"signer":"a"}},{"name":"t","files":true,▸"default":true,"require":{"signer":"a"}}',
    }),
    message: 'there can be one only',
    beyondSchema: true,
  },
  {
    title: 'no requirement',
    text: policy({ statements: '▸{"name":"s","scopes":["*"]}', signers: '' }),
    message: 'require is missing',
  },
  {
    title: 'an empty requirement',
    text: policy({ signers: '', statement: '"name":"s","scopes":["*"],▸"require":{}' }),
    message: 'this one has none of them',
  },
  {
    title: 'a requirement of two kinds',
    text: policy({ statement: '"name":"s","scopes":["*"],▸"require":{"signer":"a","any":[{"signer":"a"}]}' }),
    message: 'this one has any and signer',
  },
  { title: 'an empty group', text: policy({ signers: '', require: '{▸"all":[]}' }), message: 'all is empty' },
  {
    title: 'atLeast without its list',
    text: policy({ signers: '', statement: '"name":"s","scopes":["*"],▸"require":{"atLeast":1}' }),
    message: 'of is missing',
  },
  {
    title: 'atLeast 0',
    text: policy({ require: '{▸"atLeast":0,"of":[{"signer":"a"}]}' }),
    message: 'a whole number from 1 to 1',
  },
  {
    title: 'atLeast more than there are',
    text: policy({ require: '{▸"atLeast":2,"of":[{"signer":"a"}]}' }),
    message: 'a whole number from 1 to 1',
    beyondSchema: true,
  },
  {
    title: 'atLeast of a fraction',
    text: policy({ require: '{▸"atLeast":1.5,"of":[{"signer":"a"},{"attestation":"spdx","by":["a"]}]}' }),
    message: 'a whole number from 1 to 2',
  },
  {
    title: 'a misspelt member of a leaf',
    text: policy({ require: '{"signer":"a",▸"maxage":"30d"}' }),
    message: 'must be written "maxAge"',
  },
  {
    title: 'a member of another leaf',
    text: policy({ require: '{"signer":"a",▸"where":"true"}' }),
    message: 'unknown member "where"',
  },
  {
    title: 'a signer that is not defined',
    text: policy({ signers: '', require: '{▸"signer":"alise"}' }),
    message: 'signer "alise" is not defined',
    beyondSchema: true,
  },
  {
    title: 'a signer that is not defined, of an attestation',
    text: policy({ require: '{"attestation":"spdx","by":["a",▸"b"]}' }),
    message: 'signer "b" is not defined; defined are a',
    beyondSchema: true,
  },
  {
    title: 'a signer in two signature leaves',
    text: policy({ require: '{"all":[{"signer":"a"},{"any":[{▸"signer":"a"}]}]}' }),
    message: 'is in another signature leaf',
    beyondSchema: true,
  },
  {
    title: 'a duration without a unit',
    text: policy({ require: '{"signer":"a",▸"maxAge":"30"}' }),
    message: 'is not a duration',
  },
  {
    title: 'a duration of zero',
    text: policy({ require: '{"signer":"a",▸"maxAge":"0d"}' }),
    message: 'is not a duration',
  },
  {
    title: 'a duration of 300 years',
    text: policy({ require: '{"signer":"a",▸"maxAge":"109500d"}' }),
    message: 'is not a duration',
    beyondSchema: true,
  },
  {
    title: 'a duration in ISO 8601',
    text: policy({ require: '{"signer":"a",▸"maxAge":"P30D"}' }),
    message: 'is not a duration',
  },
  {
    title: 'metadata that is not a text',
    text: policy({ require: '{"signer":"a","metadata":{▸"n":1}}' }),
    message: 'metadata: a string is expected',
  },
  {
    title: 'an unknown type of attestation',
    text: policy({ require: '{▸"attestation":"slsaa","by":["a"]}' }),
    message: '"slsaa" is not a type of attestation',
    beyondSchema: true,
  },
  {
    title: 'an attestation by nobody',
    text: policy({ signers: '', require: '{"attestation":"slsa",▸"by":[]}' }),
    message: 'by is empty',
  },
  {
    title: 'an attestation without signers',
    text: policy({ signers: '', statement: '"name":"s","scopes":["*"],▸"require":{"attestation":"slsa"}' }),
    message: 'by is missing',
  },
  {
    title: 'a summary without verifiers',
    text: policy({ statement: '"name":"s","scopes":["*"],▸"require":{"attestation":"vsa","by":["a"]}' }),
    message: 'verifier is missing',
  },
  {
    title: 'a verifier of another type',
    text: policy({ require: '{"attestation":"slsa","by":["a"],▸"verifier":["x"]}' }),
    message: 'verifier is for attestations of type vsa',
  },
  {
    title: 'an empty condition',
    text: policy({ require: '{"attestation":"slsa","by":["a"],▸"where":" "}' }),
    message: 'where is empty',
    beyondSchema: true,
  },
  {
    title: 'a condition that is not CEL',
    text: policy({ require: '{"attestation":"slsa","by":["a"],▸"where":"predicate."}' }),
    message: 'where: ',
    beyondSchema: true,
  },
  {
    title: 'a condition on another variable',
    text: policy({ require: '{"attestation":"slsa","by":["a"],▸"where":"process.exit(0)"}' }),
    message: 'where: ',
    beyondSchema: true,
  },
  {
    title: 'nine levels',
    text: policy({ signers: '', require: nested(8, '▸{"signer":"a"}') }),
    message: 'more than 8 levels',
    beyondSchema: true,
  },
  {
    title: '65 leaves',
    text: policy({ require: `{"all":[${attestations(65, '▸')}]}` }),
    message: 'more than 64 leaves',
  },
  {
    title: 'timestamps without authorities',
    text: policy({ more: ',▸"timestamp":{"require":"always"}' }),
    message: 'require "always" needs authorities',
  },
  {
    title: 'authorities that are not looked at',
    text: policy({ more: ',"timestamp":{"require":"never",▸"authorities":["tsa:a"]}' }),
    message: 'require "never" has no authorities',
  },
  {
    title: 'a ca store as an authority',
    text: policy({ more: ',"timestamp":{"authorities":[▸"ca:a"]}' }),
    message: 'the type is tsa here',
  },
  {
    title: 'more authorities than there are',
    text: policy({ more: ',"timestamp":{"authorities":["tsa:a"],▸"atLeast":2}' }),
    message: 'a whole number from 1 to 1',
    beyondSchema: true,
  },
  {
    title: 'a number of authorities without any',
    text: policy({ more: ',"timestamp":{▸"atLeast":1}' }),
    message: 'it needs authorities',
  },
  {
    title: 'a rule for timestamps that is null',
    text: policy({ more: ',▸"timestamp":null' }),
    message: 'timestamp is an object',
  },
  {
    title: 'a mode of revocation',
    text: policy({ more: ',"revocation":{▸"mode":"skip"}' }),
    message: 'mode is one of enforce, log, not "skip"',
  },
  {
    title: 'an unknown rule for revocation',
    text: policy({ more: ',"revocation":{▸"level":"log"}' }),
    message: 'unknown member "level"',
  },
]

const certificates = (identity: string): string =>
  `{"certificates":{"stores":["ca:x"],"identities":[${identity}]}}`
const BOTH = '{"all":[{"signer":"a"},{"signer":"b"}]}'

export const WARNED: readonly MarkedDocument[] = [
  {
    title: 'a fingerprint',
    text: policy({ signers: `"a":{▸"key":"${DIGEST}"}` }),
    message: 'carries no key',
  },
  {
    title: 'a signer that nothing uses',
    text: policy({ signers: `${A},▸${B}` }),
    message: 'no requirement names signer "b"',
  },
  {
    title: 'two signers with one key file',
    text: policy({ signers: `${A},▸"b":{"keyFile":"a.pem"}`, require: BOTH }),
    message: 'both are the key in a.pem',
  },
  {
    title: 'two signers of one store',
    text: policy({ signers: `"a":${certificates('"*"')},▸"b":${certificates(subject('b'))}`, require: BOTH }),
    message: 'both trust ca:x',
  },
  {
    title: 'subjects that may be one',
    text: policy({
      signers: `"a":${certificates('"x509.subject: C=DE, ST=Hessen, O=Acme, OU=x"')},▸"b":${certificates(subject('b'))}`,
      require: BOTH,
    }),
    message: 'both trust ca:x',
  },
  {
    title: 'workflows that may be one',
    text: policy({
      signers:
        '"a":{"sigstore":{"identity":"https://x/*","issuer":"i","trustedRoot":"r"}},▸"b":{"sigstore":{"identity":"https://x/y","issuer":"i","trustedRoot":"r"}}',
      require: BOTH,
    }),
    message: 'have the same issuer',
  },
  {
    title: 'a scope that registries exclude',
    text: policy({
      top: '"registries":["r.example/a/*"],',
      statements:
        '{"name":"s","scopes":["r.example/*","r.example/a/x","r.example/a/b/*",▸"r.example/ab"],"require":{"signer":"a"}}',
    }),
    message: 'can never be chosen',
  },
]
