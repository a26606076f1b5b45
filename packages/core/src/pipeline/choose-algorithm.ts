import { type Algorithm, algorithms, isAlgorithmId } from '../algorithm.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import type { OpenOptions } from '../signer.ts'
import { algorithmsOf } from './descriptor.ts'

/**
 * The algorithm a signer is opened for. There is no first choice: a key that can do several needs the caller's word.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it must be given or is unknown, `UNSUPPORTED` when the key lacks it;
 * both name the choices.
 */
export function chooseAlgorithm(key: KeyDescriptor, wanted: OpenOptions['algorithm']): Algorithm {
  const choices = algorithmsOf(key)
  const fix = `give one of: ${choices.join(', ')}`
  const [only] = choices
  if (only === undefined) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `${key.reference} allows no signature algorithm that is known here`,
    )
  }
  const id = typeof wanted === 'function' ? wanted(key) : wanted
  if (id === undefined) {
    if (choices.length === 1) return algorithms[only]
    throw new SealwrightError('VALIDATION', `the algorithm for ${key.reference} must be given`, {
      why: `the key can sign with ${choices.length} algorithms`,
      fix,
    })
  }
  if (!isAlgorithmId(id)) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(id)} is not a signature algorithm`, { fix })
  }
  if (choices.includes(id)) return algorithms[id]
  throw new SealwrightError('UNSUPPORTED', `${key.reference} cannot sign with ${id}`, {
    why: `the key allows ${choices.join(', ')}`,
    fix,
  })
}
