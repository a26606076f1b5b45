import { redactor } from './redact.ts'

const SECRET_HEADERS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'x-amz-security-token',
  'x-aws-ec2-metadata-token',
  'x-vault-token',
]

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The secrets that a request says who asks by: as header values, and without their scheme. */
export function secretsSent(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_HEADERS.includes(name.toLowerCase()))
    .flatMap(([, value]) => [value, value.replace(/^[\w-]+ +/, '')])
}

/** Whether what a server calls the id of a request repeats a secret of that request. Errors and records show the id. */
export function repeatsSecret(id: string, headers: Readonly<Record<string, string>>): boolean {
  return !UUID.test(id) && redactor(secretsSent(headers))(id) !== id
}
