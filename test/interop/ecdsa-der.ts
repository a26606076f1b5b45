/** r‖s as the DER `Ecdsa-Sig-Value` that openssl reads. */
export function ecdsaToDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2
  const body = Buffer.concat([integer(signature.subarray(0, half)), integer(signature.subarray(half))])
  const length = body.length < 0x80 ? [body.length] : [0x81, body.length]
  return Buffer.concat([Buffer.of(0x30, ...length), body])
}

function integer(bytes: Uint8Array): Uint8Array {
  const trimmed = Buffer.from(bytes).subarray(bytes.findIndex(byte => byte !== 0))
  const value = trimmed[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed
  return Buffer.concat([Buffer.of(2, value.length), value])
}
