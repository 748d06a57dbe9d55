// One video of the feed as people see it.

import { drawIcons, icon, setIcon } from "./icons.js";
import { onTaps } from "./gestures.js";
import { write } from "./language.js";
import { tint } from "./tint.js";

const SQUARE = 1; // width / height from which a picture is shown whole instead of filling the stage
const MOST_TAGS = 8;
const NEED_A_FILE = ".touch, .start, .seek, .poster, .haze, .like, .share, .hide";

const template = document.getElementById("short-template");

export class Short {
  #seeking = false;

  /**
   * `place` is an item with slot, origin, reason and request_id. `on` holds what the user can do:
   * toggle, like(liked), similar, why, share, hide, tag(word), skip, seek(share); each gets the short first.
   */
  constructor(place, on) {
    this.place = place;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.stage = this.#find(".stage");
    drawIcons(this.element);
    this.#show();
    this.#listen(on);
  }

  get state() {
    return this.stage.dataset.state;
  }

  /** poster, loading, playing, paused, blocked, broken or awaited */
  set state(state) {
    this.stage.dataset.state = state;
  }

  holdVideo(video) {
    this.#find(".poster").after(video);
  }

  /** How much of the video has played, from 0 to 1. */
  set progress(share) {
    if (this.#seeking) return;
    const seek = this.#find(".seek");
    seek.value = share;
    seek.style.setProperty("--share", share);
  }

  set liked(liked) {
    this.place.liked = liked;
    const button = this.#find(".like");
    button.setAttribute("aria-pressed", liked);
    button.querySelector("span").textContent = liked ? "Liked" : "Like";
  }

  /** A heart where the user tapped, or in the middle. */
  burst(x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const heart = icon("heart");
    heart.classList.add("burst");
    heart.style.left = `${x}px`;
    heart.style.top = `${y}px`;
    heart.addEventListener("animationend", () => heart.remove());
    this.stage.append(heart);
  }

  dismiss() {
    this.element.classList.add("is-dismissed");
  }

  /** Whether there is anything to play: not when it is broken or not there yet, or the user wants none of it. */
  get isPlayable() {
    return !["broken", "awaited"].includes(this.state) && !this.element.classList.contains("is-dismissed");
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  #show() {
    const { title, file, creator, width, height, tags, reason, liked } = this.place;
    const ratio = width > 0 && height > 0 ? width / height : 9 / 16;
    const name = title || file;
    this.element.dataset.ref = this.place.ref;
    this.element.setAttribute("aria-label", name);
    this.element.style.setProperty("--ratio", ratio.toFixed(4));
    this.stage.classList.toggle("whole", ratio >= SQUARE);
    write(this.#find(".title"), name);
    this.#fill(".reason", reason, "span");
    this.#fill(".creator", creator, ".name");
    if (creator) dress(this.#find(".face"), creator);
    this.#showAbout();
    this.#find(".tags").append(...tags.slice(0, MOST_TAGS).map(tagElement));
    this.#find(".tags").hidden = tags.length === 0;
    this.#find(".fold").hidden = this.#find(".about").hidden && tags.length < 4;
    if (!this.place.has_sound) this.element.classList.add("is-silent");
    this.liked = liked === true;
    if (this.place.awaits_file) this.#showWords();
    else this.#showPicture(name, ratio >= SQUARE);
  }

  #showPicture(name, whole) {
    const { poster } = this.place;
    this.#find(".poster").src = poster;
    this.#find(".poster").alt = name;
    if (whole) this.#find(".haze").src = poster;
  }

  /** There are only words: they are all shown, and nothing that would need the video. */
  #showWords() {
    this.state = "awaited";
    tint(this.stage, this.place.ref);
    for (const part of this.element.querySelectorAll(NEED_A_FILE)) part.hidden = true;
    this.#fold();
    this.#find(".fold").hidden = true;
  }

  #showAbout() {
    const { description, original_title, language } = this.place;
    write(this.#find(".said"), description);
    write(this.#find(".original"), original_title, language);
    this.#find(".about").hidden = !description && !original_title;
  }

  #fill(selector, text, inner) {
    const element = this.#find(selector);
    element.hidden = !text;
    (inner ? element.querySelector(inner) : element).textContent = text ?? "";
  }

  #listen(on) {
    onTaps(this.#find(".touch"), {
      single: () => on.toggle(this),
      double: (x, y) => {
        on.like(this, true);
        this.burst(x, y);
      },
    });
    const press = (selector, act) => this.#find(selector).addEventListener("click", act);
    press(".start", () => on.toggle(this));
    press(".like", () => on.like(this, !this.place.liked));
    press(".similar", () => on.similar(this));
    press(".why", () => on.why(this));
    press(".reason", () => on.why(this));
    press(".share", () => on.share(this));
    press(".hide", () => on.hide(this));
    press(".skip", () => on.skip(this));
    press(".fold", () => this.#fold());
    press(".tags", (event) => {
      const word = event.target.closest("button")?.textContent;
      if (word) on.tag(this, word);
    });
    const seek = this.#find(".seek");
    seek.addEventListener("input", () => {
      this.#seeking = true;
      seek.style.setProperty("--share", seek.value);
      on.seek(this, Number(seek.value));
    });
    seek.addEventListener("change", () => (this.#seeking = false));
    // Who seeks with a finger or a mouse goes on with keys that move the feed.
    seek.addEventListener("pointerup", () => this.element.focus({ preventScroll: true }));
  }

  #fold() {
    const open = this.#find(".info").classList.toggle("open");
    this.#find(".fold").setAttribute("aria-expanded", open);
    this.#find(".fold").textContent = open ? "less" : "more";
  }
}

function tagElement(word) {
  const line = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = word;
  button.setAttribute("aria-label", `Search ${word}`);
  line.append(button);
  return line;
}

/** A face for a creator without a picture: the first letter on a colour that the name decides. */
function dress(face, name) {
  face.textContent = [...name][0].toUpperCase();
  tint(face, name);
}

/** Shows whether sound is on, on the one button for all videos. */
export function showSound(button, muted) {
  setIcon(button, muted ? "muted" : "sound");
  button.setAttribute("aria-pressed", !muted);
}
