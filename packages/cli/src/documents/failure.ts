import { errorCodes } from '@sealwright/core'
import { z } from 'zod'

/** Why a run or a target failed: the same as the text says. */
export const failure = z
  .strictObject({
    code: z.enum(errorCodes),
    message: z.string().describe('What is wrong.'),
    why: z.string().nullable().describe('The fact found.'),
    fix: z.string().describe('What to do next.'),
    retryable: z.boolean().describe('Whether the same call may succeed later, unchanged.'),
    requestId: z.string().nullable().describe('The id that the service gave the call.'),
    docs: z.url(),
  })
  .describe('Why the run, or the target, failed.')

export type Failure = z.infer<typeof failure>

/** Of a run with several targets: the error of the one that decides the exit code, if it is an error that does. */
export const deciding = failure
  .optional()
  .describe('The error that decides the exit code; each target has its own.')

/** `exitCode` of every document. */
export const exitCode = z
  .union([0, 1, 2, 3, 4, 5, 70, 130, 143].map(code => z.literal(code)))
  .describe('The exit code of the run.')
