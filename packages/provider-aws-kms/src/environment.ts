import { homedir } from 'node:os'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { readRegularFile } from '@sealwright/core/files'
import type { AwsKmsOptions } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Far more than profiles have. */
const MAX_FILE_BYTES = 4 * 1024 * 1024

const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const
const NAMES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
] as const
const URLS = [
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_KMS',
  'AWS_ENDPOINT_URL_STS',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const
const FLAGS = [
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
] as const
const REGION = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,5}$/

/**
 * Refuses variables that the SDK would put into requests as they are, stumble over, or pass by. Most often a secret ends with
 * a line break, because it was made by `echo`.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming the variable, never its value.
 */
export function assertEnvironment(options: AwsKmsOptions): void {
  const { env } = process
  const given = options.credentials === undefined ? CREDENTIALS : []
  for (const name of [...given, ...NAMES, ...URLS, ...FLAGS]) {
    const value = env[name] ?? ''
    if (value !== value.trim()) {
      throw refused(
        name,
        'it begins or ends with a line break or a blank',
        `export ${name}="$(printf %s "$${name}" | tr -d '[:space:]')"`,
      )
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    if (/[\u0000-\u001f\u007f]/.test(value) || (isCredential(name) && /[^\x21-\x7e]/.test(value))) {
      throw refused(
        name,
        'it has a character that cannot be in it',
        'copy it again from where it was given out',
      )
    }
  }
  for (const name of URLS) {
    const value = env[name]
    if (value && !(URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) {
      throw refused(name, 'it is not a URL of http or https', `set ${name}=https://HOST[:PORT], or unset it`)
    }
  }
  for (const name of FLAGS) {
    if (!/^(?:true|false)?$/.test(env[name] ?? '')) {
      throw refused(name, 'it is neither true nor false', `set ${name}=true, or unset it`)
    }
  }
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const) {
    const value = env[name]
    if (value && !REGION.test(value)) {
      throw refused(name, 'it is not the name of a Region', `set it as AWS writes it: ${name}=eu-central-1`)
    }
  }
}

/** The Region of `AWS_DEFAULT_REGION`, which the AWS CLI reads and the SDK does not, where `AWS_REGION` is not set. */
export function defaultRegion(): string | undefined {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  return AWS_REGION ? undefined : AWS_DEFAULT_REGION || undefined
}

/** Says of a profile that was asked for that it is in neither file; `undefined` where it is, or none was asked for. */
export async function missingProfile({ profile }: AwsKmsOptions): Promise<string | undefined> {
  const { env } = process
  const name = profile ?? env.AWS_PROFILE
  if (!name || name === 'default') return undefined
  const files = [
    env.AWS_CONFIG_FILE || join(homeOf(env), '.aws', 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE || join(homeOf(env), '.aws', 'credentials'),
  ]
  const texts = await Promise.all(files.map(file => textOf(file)))
  const headers = texts.flatMap(text => text.split('\n')).map(line => line.replaceAll(/\s+/g, ' ').trim())
  if (headers.some(line => line === `[${name}]` || line === `[profile ${name}]`)) return undefined
  const source = profile === undefined ? 'AWS_PROFILE' : 'the option profile'
  return `the profile ${JSON.stringify(name)} of ${source} is in neither ${files.join(' nor ')}`
}

async function textOf(file: string): Promise<string> {
  try {
    return Buffer.from(await readRegularFile(file, MAX_FILE_BYTES)).toString()
  } catch {
    // The SDK passes over a file that it cannot read, too.
    return ''
  }
}

function isCredential(name: string): boolean {
  return (CREDENTIALS as readonly string[]).includes(name)
}

function homeOf({ HOME, USERPROFILE }: Environment): string {
  try {
    return HOME || USERPROFILE || homedir()
  } catch {
    // A user id without an entry in passwd.
    return '/'
  }
}

function refused(name: string, why: string, fix: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${name} cannot be used`, { why, fix })
}
