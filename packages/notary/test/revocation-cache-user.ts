import { revocationCache } from '../src/index.ts'

/** Writes and reads one entry over and over, as several processes at once do; prints `ok` if each entry read was whole. */
const [crl, ocsp] = process.argv.slice(2)
const cache = revocationCache({ crl: crl!, ocsp: ocsp! })
const URL_OF_CRL = 'http://crl.example/ca.crl'
let broken = 0
for (let round = 0; round < 25; round++) {
  const bytes = new Uint8Array(300_000).fill((process.pid + round) & 255)
  await cache.storeCrl(URL_OF_CRL, { base: bytes })
  const read = await cache.crl(URL_OF_CRL)
  if (read?.base.length !== bytes.length || !read.base.every(byte => byte === read.base[0])) broken++
}
process.stdout.write(broken === 0 ? 'ok' : `${broken} broken`)
