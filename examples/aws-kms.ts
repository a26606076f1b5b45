// Signs an image in an OCI image layout with a key of AWS KMS:
// `node examples/aws-kms.ts awskms:///alias/release LAYOUT TAG CHAIN-FILE`
// Region and credentials are found as the AWS SDK finds them: the role of the job, a profile, AWS_REGION, …
import { awsKms } from '@sealwright/provider-aws-kms'
import { signImage } from './shared/sign-image.ts'

const [reference = 'awskms:///alias/release', layout = 'image', tag = 'v1', chainFile = 'release.crt'] =
  process.argv.slice(2)

const keys = awsKms()
await signImage(keys, { reference, layout, tag, chainFile })
await keys[Symbol.asyncDispose]?.()
