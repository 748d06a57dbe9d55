// The column of shorts: which is in view, what comes before and after it.

const IN_VIEW = 0.6; // share of a short that must be visible before it plays

export class Feed {
  #shorts = [];
  #byElement = new Map();
  #active = null;
  #observer;

  /** `on` holds callbacks: enter(short) and rest(short), as the short in view begins or ceases to fill the page. */
  constructor(root, tail, on) {
    this.root = root;
    this.tail = tail;
    this.on = on;
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { root, threshold: IN_VIEW });
  }

  get active() {
    return this.#active;
  }

  get isEmpty() {
    return this.#shorts.length === 0;
  }

  /** How many shorts follow the active one. */
  get remaining() {
    return this.#shorts.length - 1 - this.#shorts.indexOf(this.#active);
  }

  get following() {
    return this.#shorts[this.#shorts.indexOf(this.#active) + 1] ?? null;
  }

  /** The refs of all shorts, in their order, but of those that await their files: when one comes, it is news. */
  get refs() {
    return this.#shorts.filter((short) => !short.place.awaits_file).map((short) => short.place.ref);
  }

  /** The words that tag the most shorts here, the commonest first. */
  commonTags(n) {
    const counts = new Map();
    for (const { place } of this.#shorts) for (const tag of place.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, n).map(([tag]) => tag);
  }

  /** Whether anybody else made any of these. */
  hasOthersThan(creator) {
    return this.#shorts.some(({ place }) => place.creator !== creator);
  }

  append(shorts) {
    const { scrollTop, clientHeight } = this.root;
    const atTail = this.tail.offsetTop - scrollTop < clientHeight / 2;
    for (const short of shorts) this.#place(short, this.#shorts.length);
    if (atTail) this.root.scrollTop = scrollTop; // else the browser stays with the tail, below what is new
  }

  /** Puts a short right after the active one; the same item further down makes room for it. */
  insertNext(short) {
    const at = this.#shorts.indexOf(this.#active) + 1;
    for (const later of this.#shorts.slice(at)) if (later.place.ref === short.place.ref) this.#remove(later);
    this.#place(short, at);
  }

  /** Takes those away that come later and are of this kind. */
  dropFollowing(isUnwanted) {
    for (const later of this.#shorts.slice(this.#shorts.indexOf(this.#active) + 1))
      if (isUnwanted(later.place)) this.#remove(later);
  }

  /** Moves by whole shorts: 1 is the next, -1 the previous. Past the last one waits the tail. */
  move(steps) {
    const short = this.#shorts[Math.max(0, this.#shorts.indexOf(this.#active) + steps)];
    const target = short?.element ?? (this.tail.hidden ? null : this.tail);
    target?.scrollIntoView({ block: "start", behavior: calm() ? "instant" : "smooth" });
  }

  #place(short, at) {
    const before = this.#shorts[at]?.element ?? this.tail;
    this.#shorts.splice(at, 0, short);
    this.#byElement.set(short.element, short);
    this.root.insertBefore(short.element, before);
    short.element.inert = short !== this.#active;
    this.#observer.observe(short.element);
  }

  #enter(short) {
    if (this.#active) this.#active.element.inert = true;
    this.#active = short;
    short.element.inert = false;
    this.on.enter(short);
  }

  #remove(short) {
    this.#shorts.splice(this.#shorts.indexOf(short), 1);
    this.#byElement.delete(short.element);
    this.#observer.unobserve(short.element);
    short.element.remove();
  }

  #seen(entries) {
    for (const { target, intersectionRatio } of entries) {
      const short = this.#byElement.get(target);
      if (!short) continue;
      if (intersectionRatio >= IN_VIEW) this.#enter(short);
      else if (short === this.#active) this.on.rest(short);
    }
  }
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
