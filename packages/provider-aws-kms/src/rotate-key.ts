import type { KeyMetadata, KeySpec } from '@aws-sdk/client-kms'
import { type Call, SealwrightError } from '@sealwright/core'
import { typeOf } from './algorithms.ts'
import type { Clients } from './clients.ts'
import { idOf, makeKey, persistently, withKey } from './create-key.ts'
import { answeredKey } from './open-key.ts'
import { parseReference, referenceTo } from './reference.ts'
import { waitForKey } from './wait-for-key.ts'

/**
 * Makes a key like the one that an alias leads to, with its key policy, and moves the alias: asymmetric keys of KMS have
 * no versions. The old key stays as it is.
 *
 * @returns The reference of the new key by its ARN.
 */
export async function rotateKey(clients: Clients, given: string, call: Call): Promise<string> {
  const reference = parseReference(given)
  const { keyId, kind, region } = reference
  if (kind !== 'alias' && kind !== 'alias-arn') {
    throw new SealwrightError('UNSUPPORTED', 'a key of AWS KMS that signs has no versions to rotate', {
      why: 'only an alias can go to a new key, and the reference names the key itself',
      fix: 'make a new key and use that, or rotate an alias',
    })
  }
  const kms = await clients.kms(region)
  // By its name alone the alias is that of the caller's account, which is where the new key will be.
  const alias = kind === 'alias' ? keyId : keyId.slice(keyId.indexOf(':alias/') + 1)
  const { KeyMetadata: old } = await kms.describeKey({ KeyId: alias }, call)
  const oldArn = answeredKey(kms, reference, old?.Arn)
  const spec = specOf(oldArn, old)
  const { Policy } = await kms.getKeyPolicy({ KeyId: oldArn, PolicyName: 'default' }, call)
  const made = await makeKey(kms, { KeySpec: spec, Policy }, call)
  const fix = `do not repeat it, which would make another key: aws kms update-alias --region ${kms.region} --alias-name ${alias} --target-key-id ${idOf(made)}`
  await withKey({ arn: made, fix }, async () => {
    await waitForKey(kms, made, made, call)
    await persistently(call, () => kms.updateAlias({ AliasName: alias, TargetKeyId: idOf(made) }, call))
    await waitForKey(kms, alias, made, call)
  })
  return referenceTo(made)
}

function specOf(arn: string, old: KeyMetadata | undefined): KeySpec {
  const { KeySpec, KeyUsage, MultiRegion, Origin } = old ?? {}
  if (KeySpec === undefined || typeOf(KeySpec) === undefined || KeyUsage !== 'SIGN_VERIFY') {
    throw new SealwrightError('UNSUPPORTED', `${arn} is not a key to sign with here`, {
      why: `it is a key of ${KeySpec} for ${KeyUsage}`,
    })
  }
  if (MultiRegion === true || Origin !== 'AWS_KMS') {
    throw new SealwrightError('UNSUPPORTED', `a key like ${arn} cannot be made by rotation`, {
      why: MultiRegion
        ? 'it is in several Regions, each with its own alias'
        : 'its material was not made by AWS KMS',
      fix: 'make the new key with the AWS CLI, and use its ARN',
    })
  }
  return KeySpec
}
