// How long each visit to a video was watched: the sum of the intervals in which it really played, loops counted.

export class Watch {
  #place = null;
  #watchedMs = 0; // since the last report
  #since = null;
  #played = false;

  /**
   * `report(kind, place, seconds)` is called once when a visit in which something played ends in another (a view),
   * and before that whenever the page is left (away), each time with the seconds since the report before.
   */
  constructor(report, clock = () => performance.now()) {
    this.report = report;
    this.clock = clock;
  }

  begin(place) {
    this.end();
    this.#place = place;
    this.#watchedMs = 0;
    this.#played = false;
  }

  playing() {
    if (!this.#place || this.#since !== null) return;
    this.#since = this.clock();
    this.#played = true;
  }

  paused() {
    if (this.#since === null) return;
    this.#watchedMs += this.clock() - this.#since;
    this.#since = null;
  }

  /** The page is left, perhaps for good. If it is not, the same visit goes on. */
  away() {
    this.paused();
    if (this.#watchedMs > 0) this.#tell("away");
  }

  end() {
    this.paused();
    // A video that never started says nothing about taste.
    if (this.#played) this.#tell("view");
    this.#place = null;
    this.#played = false;
  }

  #tell(kind) {
    this.report(kind, this.#place, Math.round(this.#watchedMs) / 1000);
    this.#watchedMs = 0;
  }
}
