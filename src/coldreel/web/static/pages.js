// Fetches the next page of the feed once, when it is needed, and leaves out what is there already.

import * as api from "./api.js";

const TELLING_MS = 2000; // a page that does not know of the last swipes is better than none
const APART = 10; // places between two showings of an item that comes again

export class Pages {
  #fetching = null;

  /** `isWanted(item)` is asked of each item of a page, which may have been on its way when the user said so. */
  constructor(feed, outbox, makeShort, isWanted) {
    this.isWanted = isWanted;
    this.feed = feed;
    this.outbox = outbox;
    this.makeShort = makeShort;
  }

  /** Appends the next page and resolves to the number of new shorts. Rejects with a Problem. */
  more() {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = null));
    return this.#fetching;
  }

  async #fetch() {
    // So that the page already knows what was just watched.
    await Promise.race([this.outbox.flush(), new Promise((go) => setTimeout(go, TELLING_MS))]);
    const { request_id, items } = await api.feed();
    const shorts = items
      .filter(this.#isNew())
      .filter(this.isWanted)
      .map((item) => this.makeShort({ ...item, request_id }));
    this.feed.append(shorts);
    return shorts.length;
  }

  /** An item is new when it is not on the page, or comes again and is not among the last ones. */
  #isNew() {
    const refs = this.feed.refs;
    const known = new Set(refs);
    const apart = Math.min(APART, Math.floor(known.size / 2)); // a small catalogue has to repeat sooner
    const recent = new Set(refs.slice(refs.length - apart));
    return (item) => !(item.again ? recent : known).has(item.ref);
  }
}
