// How long each visit to a video was watched: the sum of the intervals in which it really played, loops counted.

export class Watch {
  #place = null;
  #watchedMs = 0;
  #since = null;
  #played = false;

  /** `report(place, seconds)` is called once for each visit in which something played. */
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

  end() {
    this.paused();
    // A video that never started says nothing about taste.
    if (this.#place && this.#played) this.report(this.#place, Math.round(this.#watchedMs) / 1000);
    this.#place = null;
  }
}
