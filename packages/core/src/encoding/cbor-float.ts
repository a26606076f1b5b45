/** A float that is a whole number (`2.0`), which CBOR tells from the integer and JavaScript does not. */
export class CborFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }
}
