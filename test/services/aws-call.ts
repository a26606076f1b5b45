/** Keys of an emulator that takes every signature: what is made and broken for tests needs no SDK. */
export interface AwsEmulator {
  readonly url: string
  readonly accessKeyId: string
  readonly region: string
}

/** One operation of KMS. @throws An error with its reply unless it succeeds. */
export async function callKms(
  emulator: AwsEmulator,
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
      authorization: authorization(emulator, 'kms'),
    },
    body: JSON.stringify(input),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation} answers ${response.status}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/** One operation of IAM, as XML. */
export async function callIam(
  emulator: AwsEmulator,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: { authorization: authorization(emulator, 'iam') },
    body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${parameters.Action} answers ${response.status}: ${text}`)
  return text
}

function authorization({ accessKeyId, region }: AwsEmulator, service: string): string {
  const scope = `${accessKeyId}/20260101/${region}/${service}/aws4_request`
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`
}
