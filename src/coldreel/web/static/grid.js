// Posters side by side, for search and for similar videos; a title where there is no poster.

import { showOnGlance } from "./glance.js";
import { write } from "./language.js";
import { tint } from "./tint.js";

const PER_CENT = new Intl.NumberFormat(undefined, { style: "percent" });

/** A list of posters. `remark(item)` is a word below the title or nothing; `choose(item)` runs on a press. */
export function posterGrid(items, { remark = () => "", choose }) {
  const list = document.createElement("ul");
  list.className = "grid";
  list.append(...items.map((item) => card(item, remark(item), () => choose(item))));
  return list;
}

/** Grey cards that stand in while the real ones come. */
export function waitingGrid(n = 6) {
  const list = document.createElement("ul");
  list.className = "grid waiting";
  list.setAttribute("aria-hidden", "true");
  for (let i = 0; i < n; i += 1) {
    const blank = document.createElement("span");
    blank.className = "card";
    const line = document.createElement("li");
    line.append(blank);
    list.append(line);
  }
  return list;
}

/** A paragraph in the place of posters. */
export function remarkLine(text) {
  const line = document.createElement("p");
  line.className = "remark";
  line.textContent = text;
  return line;
}

export const alike = ({ cosine_similarity: cosine }) => `${PER_CENT.format(Math.max(0, cosine))} alike`;

function card(item, remark, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "card";
  button.dataset.ref = item.ref;
  button.append(wordsOf(item, remark));
  button.addEventListener("click", choose);
  if (item.poster) showPoster(button, item);
  else {
    button.classList.add("plain");
    tint(button, item.ref);
  }
  const line = document.createElement("li");
  line.append(button);
  return line;
}

function wordsOf(item, remark) {
  const title = document.createElement("strong");
  write(title, item.title || item.file);
  const original = document.createElement("em");
  write(original, item.original_title, item.language);
  const small = document.createElement("small");
  small.textContent = remark;
  const words = document.createElement("span");
  words.append(title, ...(item.original_title ? [original] : []), small);
  return words;
}

function showPoster(button, item) {
  const poster = document.createElement("img");
  poster.src = item.poster;
  poster.alt = "";
  poster.loading = "lazy";
  poster.decoding = "async";
  button.prepend(poster);
  showOnGlance(button, poster, item);
}
