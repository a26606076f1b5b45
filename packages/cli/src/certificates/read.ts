import { type Certificate, parseCertificates } from '@sealwright/x509'
import { MAX_FILE_BYTES } from '../config/read-if-present.ts'
import { readNamed } from '../frame/read-all.ts'

/** The certificates of a file (PEM or DER), in the order of the file. */
export async function readCertificates(file: string, cwd: string): Promise<readonly Certificate[]> {
  return parseCertificates(await readNamed(file, cwd, MAX_FILE_BYTES), file)
}
