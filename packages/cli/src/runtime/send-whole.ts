import { write } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { SealwrightError } from '@sealwright/core'
import { stdoutFailure } from './process-io.ts'

/** Writes all of it, waiting for a slow reader without holding up what else goes on. */
export async function sendWhole(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    try {
      written += (await promisify(write)(descriptor, bytes, written)).bytesWritten
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') {
        throw new SealwrightError('UNAVAILABLE', 'the reader of stdout has closed it', {
          why: 'the reader went away before the end',
          fix: 'see why the program behind the pipe ended',
        })
      }
      // A pipe that its maker set to be non-blocking, and that is full.
      if (code !== 'EAGAIN') throw stdoutFailure(error)
      await wait(5)
    }
  }
}
