export function certificatesIn(_bytes: Uint8Array): Uint8Array[] {
  throw new Error('PKCS#12')
}
