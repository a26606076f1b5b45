import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Certificate, orderChain, parseCertificates } from '@sealwright/x509'

/** The certificates of a file (PEM or DER), in the order of the file. */
export async function readCertificates(file: string, cwd: string): Promise<readonly Certificate[]> {
  const path = resolve(cwd, file)
  return parseCertificates(await readFile(path), file)
}

/** The one chain of a file, leaf first, whatever order the file has. */
export async function readChain(file: string, cwd: string): Promise<readonly Certificate[]> {
  return orderChain([...(await readCertificates(file, cwd))])
}
