import { join } from 'node:path'
import { createVerifier, trustDirectory } from '@sealwright/notary'
import { layoutDirectory } from '@sealwright/oci'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { makeImage, putIntoLayout } from '../services/image.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'

const OURS = 200
const THEIRS = 5

/** A long-lived verifier against what a shell loop can do: the same layout, the same signature, the same trust. */
export async function verifyingFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'rsa', root, { type: 'RSA-2048' })
  const notation = await notationHome(mustHave, { keys: [key], trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  const image = makeImage()
  const layout = join(directory, 'layout')
  await putIntoLayout(layout, image, 'v1')
  const target = `${layout}@${image.digest}`
  const sign = await notation.run(['sign', '--oci-layout', target])
  if (sign.code !== 0) throw new Error(sign.stderr)

  const artifacts = await layoutDirectory(layout)
  const verifier = await createVerifier({ trust: await trustDirectory(notation.config) })
  const figure = await pairs(
    () =>
      timed(async () => {
        for (let round = 0; round < OURS; round++) {
          const { verdict } = await verifier.verify({
            artifacts,
            reference: image.digest,
            scope: 'local/app',
          })
          if (verdict !== 'verified') throw new Error(`we say ${verdict}`)
        }
      }),
    () =>
      timed(async () => {
        for (let round = 0; round < THEIRS; round++) {
          const { code, stderr } = await notation.run([
            'verify',
            '--oci-layout',
            '--scope',
            'local/app',
            target,
          ])
          if (code !== 0) throw new Error(stderr)
        }
      }),
    (ours, theirs) => OURS / ours / (THEIRS / theirs),
  )
  return [{ name: 'verifications a second / notation verify', ...figure, bound: { atLeast: 10 }, unit: '×' }]
}
