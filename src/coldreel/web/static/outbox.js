// What the user did, kept until the server has it. An event is sent again with the same id, which counts once.

import { feedback, feedbackOnLeaving } from "./api.js";
import { uuid7 } from "./uuid7.js";

const PREFIX = "coldreel.event.";
const MOST_KEPT = 500; // events; the oldest go first
const BATCH = 100; // events of about 250 bytes: well below the 64 KiB that a beacon may carry
const SOON_MS = 150; // what happens together is sent together
const RETRY_MS = 5000;

export class Outbox {
  #events = new Map();
  #sending = null;
  #timer = 0;

  constructor(storage = browserStorage()) {
    this.storage = storage;
    for (const key of this.#storedKeys()) {
      const event = parse(storage.getItem(key));
      if (event) this.#events.set(event.event_id, event);
    }
  }

  /** Keeps one event and sends it soon. `place` is the item with the request it came from. */
  add(kind, place, facts = {}) {
    const event = { event_id: uuid7(), item: place.ref, kind, at: new Date().toISOString(), ...facts };
    if (place.request_id) event.request_id = place.request_id;
    this.#events.set(event.event_id, event);
    this.#store(event);
    while (this.#events.size > MOST_KEPT) this.#forget(this.#events.keys().next().value);
    this.#flushIn(SOON_MS);
    return event;
  }

  /** Resolves when the oldest batch of what is kept was sent, or the server could not be reached. */
  async flush() {
    while (this.#sending) await this.#sending;
    if (!this.#events.size) return;
    // Cleared only once it is set: else whoever waits for it would wait in a loop without end.
    this.#sending = this.#send().finally(() => (this.#sending = null));
    await this.#sending;
  }

  /** For the moment when the page is left. What the browser takes here is sent again if the page comes back. */
  flushOnLeaving() {
    clearTimeout(this.#timer);
    const events = [...this.#events.values()];
    for (let i = 0; i < events.length; i += BATCH) feedbackOnLeaving(events.slice(i, i + BATCH));
  }

  async #send() {
    clearTimeout(this.#timer);
    const batch = [...this.#events.values()].slice(0, BATCH);
    let wait = this.#events.size > BATCH ? SOON_MS : null;
    try {
      const { refused = [] } = await feedback(batch);
      for (const { event_id, reason } of refused) console.info("Feedback not taken:", event_id, reason);
      batch.forEach((event) => this.#forget(event.event_id));
    } catch (problem) {
      if (problem.passing) wait = RETRY_MS;
      else batch.forEach((event) => this.#forget(event.event_id));
    }
    if (wait !== null) this.#flushIn(wait);
  }

  #flushIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  #storedKeys() {
    return Object.keys(this.storage).filter((key) => key.startsWith(PREFIX)).sort();
  }

  #store(event) {
    try {
      this.storage.setItem(PREFIX + event.event_id, JSON.stringify(event));
    } catch {
      // A full or forbidden storage costs only what a reload would lose.
    }
  }

  #forget(id) {
    this.#events.delete(id);
    this.storage.removeItem(PREFIX + id);
  }
}

/** The browser's storage, or one that forgets where a browser forbids it. */
function browserStorage() {
  try {
    return localStorage;
  } catch {
    return { setItem() {}, getItem: () => null, removeItem() {} };
  }
}

function parse(text) {
  try {
    const event = JSON.parse(text);
    return event?.event_id ? event : null;
  } catch {
    return null;
  }
}
