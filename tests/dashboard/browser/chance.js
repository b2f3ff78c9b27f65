// Random examples that are the same in every run of the tests.

/** A source of numbers below 1, by mulberry32. */
export class Chance {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * A whole number from 0 to `most`.
   *
   * @param {number} most
   */
  upTo(most) {
    return Math.floor(this.next() * (most + 1));
  }

  /**
   * @template T
   * @param {readonly T[]} items
   */
  of(items) {
    return items[this.upTo(items.length - 1)];
  }

  /**
   * @template T
   * @param {number} most
   * @param {() => T} make
   */
  list(most, make) {
    return Array.from({ length: this.upTo(most) }, make);
  }

  /**
   * @template T
   * @param {readonly T[]} items
   */
  shuffled(items) {
    return items
      .map((item) => ({ item, order: this.next() }))
      .sort((one, other) => one.order - other.order)
      .map(({ item }) => item);
  }
}

/**
 * Try a property with many examples. The seed of one that fails is in the message.
 *
 * @param {(chance: Chance) => void} property
 */
export function always(property) {
  for (let seed = 1; seed <= 300; seed += 1) {
    try {
      property(new Chance(seed));
    } catch (error) {
      throw new Error(`It does not hold for the example of seed ${seed}.`, { cause: error });
    }
  }
}
