/**
 * Gives the memory of a chunk back at once; garbage collection would let tens of megabytes of it pile up, and whoever reads
 * next would get memory that no cache has seen. Only for a chunk that nobody else has. One that shares its memory keeps it.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
