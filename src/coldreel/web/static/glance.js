// What happens in a video, at a glance: while its poster is pointed at, the pictures of its strip follow each other.
// They stand in their order and not for equal parts of the time, so they are no preview for the slider.

import { calm } from "./feed.js";

const STAYS_MS = 600; // one picture

/** Shows the item's strip over the poster while the card is pointed at or in focus, if there is a strip. */
export function showOnGlance(card, poster, { strip: address, width, height }) {
  const strip = new Image();
  const picture = document.createElement("canvas");
  let looking = false;
  let timer = 0;

  async function begin() {
    if (looking || calm()) return;
    looking = true;
    if (!strip.src) strip.src = address; // few posters are ever pointed at
    try {
      await strip.decode();
    } catch {
      return; // the poster says enough
    }
    const pictures = Math.round(strip.naturalWidth / (strip.naturalHeight * (width / height)));
    if (looking && pictures > 1) show(0, pictures);
  }

  function show(index, pictures) {
    if (!card.checkVisibility()) {
      end(); // the sheet was closed
      return;
    }
    draw(index, strip.naturalWidth / pictures);
    clearTimeout(timer);
    timer = setTimeout(() => show((index + 1) % pictures, pictures), STAYS_MS);
  }

  function draw(index, side) {
    picture.width = Math.round(side);
    picture.height = strip.naturalHeight;
    picture.getContext("2d").drawImage(strip, -index * side, 0);
    if (!picture.isConnected) poster.after(picture);
  }

  function end() {
    looking = false;
    clearTimeout(timer);
    picture.remove();
  }

  for (const name of ["pointerenter", "focus"]) card.addEventListener(name, begin);
  for (const name of ["pointerleave", "blur"]) card.addEventListener(name, end);
}
