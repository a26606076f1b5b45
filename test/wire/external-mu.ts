import { createHash, type KeyObject } from 'node:crypto'

/**
 * ML-DSA.Sign_internal of FIPS 204 (algorithm 7) from a given μ, deterministic. node:crypto signs messages only, and a
 * store that is given μ must be played without the message. Slow and not constant-time: for tests.
 */
export function signMu(privateKey: KeyObject, mu: Uint8Array): Buffer {
  const { alg, priv } = privateKey.export({ format: 'jwk' }) as { alg: keyof typeof SETS; priv: string }
  const set = SETS[alg]
  const key = expand(set, Buffer.from(priv, 'base64url'))
  const seed = shake256(64, key.secret, Buffer.alloc(32), mu)
  for (let kappa = 0; ; kappa += set.l) {
    const signature = attempt(set, key, mu, seed, kappa)
    if (signature !== undefined) return signature
  }
}

/** FIPS 204, table 1. */
const SETS = {
  'ML-DSA-44': { k: 4, l: 4, eta: 2, gamma1: 17, divisor: 88, tau: 39, omega: 80, hash: 32 },
  'ML-DSA-65': { k: 6, l: 5, eta: 4, gamma1: 19, divisor: 32, tau: 49, omega: 55, hash: 48 },
  'ML-DSA-87': { k: 8, l: 7, eta: 2, gamma1: 19, divisor: 32, tau: 60, omega: 75, hash: 64 },
} as const

type ParameterSet = (typeof SETS)[keyof typeof SETS]
type Poly = number[]

interface Expanded {
  readonly secret: Buffer
  /** Rows of the matrix, in the NTT domain. */
  readonly matrix: Poly[][]
  readonly s1: Poly[]
  readonly s2: Poly[]
  readonly t0: Poly[]
}

const Q = 8380417
const N = 256
const mod = (value: number) => ((value % Q) + Q) % Q
const signed = (value: number) => (value > Q / 2 ? value - Q : value)
const times = (count: number) => Array.from({ length: count }, (_, index) => index)
const shake256 = (outputLength: number, ...parts: Uint8Array[]) =>
  createHash('shake256', { outputLength }).update(Buffer.concat(parts)).digest()
const add = (a: Poly, b: Poly) => a.map((value, at) => mod(value + b[at]!))
const subtract = (a: Poly, b: Poly) => a.map((value, at) => mod(value - b[at]!))
const multiply = (a: Poly, b: Poly) => a.map((value, at) => (value * b[at]!) % Q)
const norm = (polys: Poly[]) => Math.max(...polys.flat().map(value => Math.abs(signed(value))))

function expand(set: ParameterSet, xi: Buffer): Expanded {
  const { k, l, eta } = set
  const seed = shake256(128, xi, Uint8Array.of(k, l))
  const [rho, rhoPrime, secret] = [seed.subarray(0, 32), seed.subarray(32, 96), seed.subarray(96)]
  const matrix = times(k).map(row => times(l).map(column => uniform(rho, column, row)))
  const small = times(l + k).map(index => bounded(rhoPrime, index, eta))
  const [s1, s2] = [small.slice(0, l), small.slice(l)]
  const t = product(matrix, s1.map(ntt)).map((row, at) => add(inverse(row), s2[at]!))
  const t0 = t.map(row => row.map(value => mod(centred(value, 2 ** 13))))
  return { secret, matrix, s1: s1.map(ntt), s2: s2.map(ntt), t0: t0.map(ntt) }
}

function attempt(set: ParameterSet, key: Expanded, mu: Uint8Array, seed: Buffer, kappa: number) {
  const { k, l, eta, gamma1, divisor, tau, omega, hash } = set
  const gamma2 = (Q - 1) / divisor
  const beta = tau * eta
  const y = times(l).map(index => mask(seed, kappa + index, gamma1))
  const w = product(key.matrix, y.map(ntt)).map(inverse)
  const high = w.map(row => row.map(value => decompose(value, gamma2)[0]))
  const challenge = shake256(hash, mu, ...high.map(row => pack(row, divisor === 88 ? 6 : 4)))
  const c = ntt(ball(challenge, tau))
  const by = (polys: Poly[]) => polys.map(poly => inverse(multiply(c, poly)))
  const z = by(key.s1).map((row, at) => add(row, y[at]!))
  const rest = by(key.s2).map((row, at) => subtract(w[at]!, row))
  const low = rest.map(row => row.map(value => mod(decompose(value, gamma2)[1])))
  if (norm(z) >= 2 ** gamma1 - beta || norm(low) >= gamma2 - beta) return undefined
  const ct0 = by(key.t0)
  const hints = rest.map((row, at) =>
    row.flatMap((value, index) => {
      const moved = mod(value + ct0[at]![index]!)
      return decompose(moved, gamma2)[0] === decompose(value, gamma2)[0] ? [] : [index]
    }),
  )
  if (norm(ct0) >= gamma2 || hints.flat().length > omega) return undefined
  const packedHints = Buffer.alloc(omega + k)
  packedHints.set(hints.flat())
  for (const row of times(k)) packedHints[omega + row] = hints.slice(0, row + 1).flat().length
  const packed = z.map(row =>
    pack(
      row.map(value => 2 ** gamma1 - signed(value)),
      gamma1 + 1,
    ),
  )
  return Buffer.concat([challenge, ...packed, packedHints])
}

function product(matrix: Poly[][], vector: Poly[]): Poly[] {
  return matrix.map(row => row.map((poly, at) => multiply(poly, vector[at]!)).reduce(add))
}

/** r mod± modulus. */
function centred(value: number, modulus: number): number {
  const rest = value % modulus
  return rest > modulus / 2 ? rest - modulus : rest
}

function decompose(value: number, gamma2: number): [high: number, low: number] {
  const low = centred(value, 2 * gamma2)
  return value - low === Q - 1 ? [0, low - 1] : [(value - low) / (2 * gamma2), low]
}

const BIT_REVERSED = times(N).map(index =>
  Number.parseInt(index.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
)
const ZETAS = BIT_REVERSED.map(exponent => times(exponent).reduce(power => (power * 1753) % Q, 1))

function ntt(poly: Poly): Poly {
  const w = [...poly]
  for (let length = 128, m = 0; length >= 1; length /= 2) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = ZETAS[++m]!
      for (let j = start; j < start + length; j++) {
        const t = (zeta * w[j + length]!) % Q
        w[j + length] = mod(w[j]! - t)
        w[j] = (w[j]! + t) % Q
      }
    }
  }
  return w
}

function inverse(poly: Poly): Poly {
  const w = [...poly]
  for (let length = 1, m = N; length < N; length *= 2) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = Q - ZETAS[--m]!
      for (let j = start; j < start + length; j++) {
        const t = w[j]!
        w[j] = (t + w[j + length]!) % Q
        w[j + length] = (zeta * mod(t - w[j + length]!)) % Q
      }
    }
  }
  return w.map(value => (value * 8347681) % Q)
}

function uniform(rho: Uint8Array, column: number, row: number): Poly {
  const bytes = createHash('shake128', { outputLength: 1680 })
    .update(rho)
    .update(Uint8Array.of(column, row))
    .digest()
  return times(560)
    .map(at => bytes.readUIntLE(3 * at, 3) & 0x7fffff)
    .filter(value => value < Q)
    .slice(0, N)
}

function bounded(rho: Uint8Array, index: number, eta: 2 | 4): Poly {
  const bytes = shake256(1024, rho, Uint8Array.of(index & 255, index >> 8))
  return [...bytes]
    .flatMap(byte => [byte & 15, byte >> 4])
    .filter(half => half < (eta === 2 ? 15 : 9))
    .map(half => mod(eta === 2 ? 2 - (half % 5) : 4 - half))
    .slice(0, N)
}

function mask(seed: Uint8Array, index: number, gamma1: number): Poly {
  const width = gamma1 + 1
  const bytes = shake256(32 * width, seed, Uint8Array.of(index & 255, index >> 8))
  return unpack(bytes, width).map(value => mod(2 ** gamma1 - value))
}

function ball(challenge: Uint8Array, tau: number): Poly {
  const bytes = shake256(8 + 4 * N, challenge)
  const signs = bytes.readBigUInt64LE(0)
  const c: Poly = new Array(N).fill(0)
  let at = 8
  for (let i = N - tau; i < N; i++) {
    while (bytes[at]! > i) at++
    const j = bytes[at++]!
    c[i] = c[j]!
    c[j] = (signs >> BigInt(i + tau - N)) & 1n ? Q - 1 : 1
  }
  return c
}

function pack(values: Poly, width: number): Buffer {
  const bits = values.flatMap(value => times(width).map(bit => (value >> bit) & 1))
  return Buffer.from(
    times(bits.length / 8).map(at =>
      bits.slice(8 * at, 8 * at + 8).reduce((byte, bit, i) => byte | (bit << i), 0),
    ),
  )
}

function unpack(bytes: Uint8Array, width: number): Poly {
  const bit = (at: number) => (bytes[at >> 3]! >> (at & 7)) & 1
  return times(N).map(index => times(width).reduce((value, i) => value | (bit(index * width + i) << i), 0))
}
