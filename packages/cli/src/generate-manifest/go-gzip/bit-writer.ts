const CHUNK_BYTES = 64 * 1024

/** Bits as DEFLATE has them (RFC 1951 §3.1.1): from the least significant bit of each byte on. */
export class BitWriter {
  #chunk = new Uint8Array(CHUNK_BYTES)
  #length = 0
  #bits = 0
  #count = 0
  #full: Uint8Array[] = []

  /** Appends the low `count` bits of `value`, 16 at most. */
  write(value: number, count: number): void {
    this.#bits |= value << this.#count
    this.#count += count
    while (this.#count >= 8) {
      this.#push(this.#bits & 0xff)
      this.#bits >>>= 8
      this.#count -= 8
    }
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#count > 0) this.#push(this.#bits & 0xff)
    this.#bits = 0
    this.#count = 0
  }

  /** Appends bytes where a byte begins. */
  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#push(byte)
  }

  /** The chunks that are full, which are forgotten here. */
  take(): Uint8Array[] {
    const taken = this.#full
    this.#full = []
    return taken
  }

  /** All whole bytes. */
  takeAll(): Uint8Array[] {
    const rest = this.#chunk.subarray(0, this.#length)
    this.#chunk = new Uint8Array(CHUNK_BYTES)
    this.#length = 0
    return [...this.take(), rest]
  }

  #push(byte: number): void {
    if (this.#length === CHUNK_BYTES) {
      this.#full.push(this.#chunk)
      this.#chunk = new Uint8Array(CHUNK_BYTES)
      this.#length = 0
    }
    this.#chunk[this.#length++] = byte
  }
}
