// A few video elements that move from one short to the next; every other short shows its poster.

const ELEMENTS = 3; // the one before, the one playing, the one prepared

const savesData = () => navigator.connection?.saveData === true;

export class Player {
  #homes = new Map(); // video element -> short, least recently used first
  #active = null;
  #held = false;
  #muted = true;

  /** `on` holds callbacks: playing(), paused(), progress(short, share), muted(muted), broken(short). */
  constructor(on) {
    this.on = on;
    for (let i = 0; i < ELEMENTS; i += 1) this.#homes.set(this.#makeVideo(), null);
    this.#follow();
  }

  get muted() {
    return this.#muted;
  }

  /** Makes this short the one that plays. Null, or one that awaits its file: none does. */
  activate(short) {
    if (this.#active && this.#active !== short) this.#videoOf(this.#active)?.pause();
    this.#active = short;
    this.#held = false;
    if (!short?.place.video) return;
    const video = this.#mount(short);
    video.preload = "auto";
    if (short.state === "broken") {
      short.state = "poster"; // the network may be better by now
      video.load();
    }
    this.resume();
  }

  /** Loads this short without playing it, unless the user saves data. */
  prepare(short) {
    if (!short?.place.video || savesData()) return;
    this.#mount(short).preload = "auto";
  }

  /** Plays the active short unless the user holds it or cannot see it. */
  resume() {
    if (document.hidden) return;
    if (this.#active?.isPlayable && !this.#held) this.#play(this.#active);
  }

  /** Pauses without the user having asked, so that resume() goes on. */
  rest() {
    if (this.#active) this.#videoOf(this.#active)?.pause();
  }

  /** Pauses or plays, as the user asked. */
  toggle() {
    const video = this.#active && this.#videoOf(this.#active);
    if (!video || !this.#active.isPlayable) return;
    this.#held = !video.paused;
    if (this.#held) {
      video.pause();
      this.#active.state = "paused";
    } else this.resume();
  }

  /** Called from a gesture, so all elements are switched now: some browsers unlock sound for each one apart. */
  setMuted(muted) {
    this.#muted = muted;
    for (const video of this.#homes.keys()) video.muted = muted;
    this.on.muted(muted);
  }

  seek(short, share) {
    const video = this.#videoOf(short);
    if (video && Number.isFinite(video.duration)) video.currentTime = share * video.duration;
  }

  async #play(short) {
    const video = this.#mount(short);
    try {
      await video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError" || this.#active !== short) return;
      if (video.muted) short.state = "blocked";
      else {
        this.setMuted(true);
        await this.#play(short);
      }
    }
  }

  #mount(short) {
    let video = this.#videoOf(short);
    if (!video) {
      video = [...this.#homes.keys()].find((each) => this.#homes.get(each) !== this.#active);
      const old = this.#homes.get(video);
      if (old && old.state !== "broken") old.state = "poster";
      video.src = short.place.video;
      short.holdVideo(video);
    }
    this.#homes.delete(video); // to the end of the line
    this.#homes.set(video, short);
    return video;
  }

  #videoOf(short) {
    for (const [video, home] of this.#homes) if (home === short) return video;
    return null;
  }

  #makeVideo() {
    const video = document.createElement("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, disablePictureInPicture: true });
    video.tabIndex = -1;
    const listen = (name, act) =>
      video.addEventListener(name, () => {
        const short = this.#homes.get(video);
        if (short) act(short, short === this.#active);
      });
    listen("playing", (short, active) => {
      short.state = "playing";
      if (active) this.on.playing();
    });
    listen("pause", (_, active) => active && this.on.paused());
    listen("waiting", (short, active) => {
      if (active && !video.paused) short.state = "loading";
      if (active) this.on.paused();
    });
    listen("error", (short, active) => {
      short.state = "broken";
      if (active) this.on.paused();
      this.on.broken(short);
    });
    return video;
  }

  #follow() {
    const video = this.#active && this.#videoOf(this.#active);
    if (video?.duration) this.on.progress(this.#active, video.currentTime / video.duration);
    requestAnimationFrame(() => this.#follow());
  }
}
