import { SealwrightError } from '../errors.ts'

/** What every decoder throws: `VALIDATION`, naming the input by its label and the fault, never the input itself. */
export function invalid(label: string, fault: string, fix?: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: ${fault}`, { fix })
}
