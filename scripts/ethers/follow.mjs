// Follows the chain by hash: what a reorganisation took back is told, and what came in its place.
import { Failure, events } from './lib.mjs';

/** Blocks that may be taken back. */
const DEPTH = 1024;

const keyOf = ({ blockHash, index }) => `${blockHash}/${index}`;

/** Where a watcher stands: blocks it has seen, and the events in those that may still be taken back. */
export class Tail {
  #house;
  /** Seen, by ascending number; each is a descendant of the one before. Below the first nothing is remembered. */
  #marks = [];
  /** Events above the first mark, by block hash and index. */
  #seen = new Map();

  constructor(house) {
    this.#house = house;
  }

  /** The last block seen. */
  get head() {
    return this.#marks.at(-1);
  }

  /** Reads what happened from a block up to the head. */
  async begin(from) {
    return this.#steadily(async (head) => {
      const found = await events(this.#house, from, head.number);
      const steps = [DEPTH];
      while (steps[0] > 1) steps.unshift(steps[0] / 2);
      const numbers = new Set(steps.map((back) => Math.max(0, head.number - back)));
      numbers.delete(head.number); // at block 0 there is nothing before
      const before = await Promise.all([...numbers].map((number) => this.#block(number)));
      return () => {
        this.#marks = [...before.reverse(), head];
        this.#remember(found);
        return found;
      };
    });
  }

  /**
   * What happened since the last look: events taken back, the last first, with the block before them; and new events.
   * An event that a reorganisation moved to another block is taken back and new.
   */
  async look() {
    return this.#steadily(async (head) => {
      const kept = head.hash === this.head.hash ? this.#marks.length : await this.#canonical();
      if (kept === 0) {
        throw new Failure(
          `the chain was rolled back below block ${this.#marks[0].number}, further than is remembered: start the watcher again`,
        );
      }
      const base = this.#marks[kept - 1];
      const now = await events(this.#house, base.number + 1, head.number);
      return () => {
        const fresh = new Set(now.map(keyOf));
        const undone = [...this.#seen.values()].filter((event) => event.block > base.number && !fresh.has(keyOf(event)));
        const found = now.filter((event) => !this.#seen.has(keyOf(event)));
        const reorganised = kept < this.#marks.length;
        this.#marks.length = kept;
        if (head.hash !== base.hash) this.#marks.push(head);
        undone.forEach((event) => this.#seen.delete(keyOf(event)));
        this.#remember(found);
        return { reorganised, base, undone: undone.reverse(), found };
      };
    });
  }

  /** Reads with a head that is still the chain's when all is read: `read` gives what to do with it then. */
  async #steadily(read) {
    for (let attempt = 0; attempt < 10; attempt++) {
      const head = await this.#block('latest');
      const commit = await read(head);
      if ((await this.#block(head.number))?.hash === head.hash) return commit();
    }
    throw new Error('the chain changed in each of 10 attempts to read it');
  }

  async #block(tag) {
    const block = await this.#house.provider.getBlock(tag);
    return block && { number: block.number, hash: block.hash };
  }

  /** How many marks are blocks of the chain still: of the first of them all are. */
  async #canonical() {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const mark = this.#marks[middle];
      if ((await this.#block(mark.number))?.hash === mark.hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keeps events that may be taken back, and forgets what is too deep for that. */
  #remember(found) {
    for (const event of found) this.#seen.set(keyOf(event), event);
    const safe = this.#marks.findLastIndex((mark) => mark.number <= this.head.number - DEPTH);
    if (safe > 0) this.#marks.splice(0, safe);
    for (const [key, event] of this.#seen) {
      if (event.block <= this.#marks[0].number) this.#seen.delete(key);
    }
  }
}
