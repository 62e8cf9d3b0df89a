/** The NIST curves in use (FIPS 186-4, appendix D.1.2): y² = x³ - 3x + b over the integers modulo `prime`. */
export type CurveName = 'p-256' | 'p-384'

export interface Curve {
  /** As JWK and WebCrypto name it. */
  readonly name: 'P-256' | 'P-384'
  readonly oid: string
  /** Bytes of a coordinate, and of each half of a signature. */
  readonly bytes: number
  readonly prime: bigint
  readonly b: bigint
  /** How many points there are: what both numbers of a signature are below. */
  readonly order: bigint
}

export const CURVES: Readonly<Record<CurveName, Curve>> = {
  'p-256': {
    name: 'P-256',
    oid: '1.2.840.10045.3.1.7',
    bytes: 32,
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'p-384': {
    name: 'P-384',
    oid: '1.3.132.0.34',
    bytes: 48,
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
}

export const CURVE_NAMES: readonly CurveName[] = ['p-256', 'p-384']

export function isOnCurve({ prime, b }: Curve, x: bigint, y: bigint): boolean {
  return x < prime && y < prime && (y * y - (x * x * x - 3n * x + b)) % prime === 0n
}

/** A big-endian number that is not negative. */
export function toNumber(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}
