import type { KeyProvider } from '@sealwright/core'

/**
 * IAM actions. Opening a key also asks `kms:DescribeKey`, for its state and protection, and does without where that is
 * refused. `identify` asks `sts:GetCallerIdentity`, which no policy needs to allow.
 */
export const permissions: KeyProvider['permissions'] = {
  open: ['kms:GetPublicKey'],
  sign: ['kms:Sign'],
  identify: [],
  list: ['kms:ListKeys', 'kms:ListAliases', 'kms:DescribeKey'],
  create: ['kms:CreateKey', 'kms:CreateAlias', 'kms:DescribeKey', 'kms:GetPublicKey'],
  rotate: ['kms:CreateKey', 'kms:UpdateAlias', 'kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetPublicKey'],
}
