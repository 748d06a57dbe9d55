// Posters side by side, for search and for similar videos.

import { showOnGlance } from "./glance.js";

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
  const poster = document.createElement("img");
  poster.src = item.poster;
  poster.alt = "";
  poster.loading = "lazy";
  poster.decoding = "async";
  const title = document.createElement("strong");
  title.textContent = item.title || item.file;
  const small = document.createElement("small");
  small.textContent = remark;
  const words = document.createElement("span");
  words.append(title, small);
  button.append(poster, words);
  button.addEventListener("click", choose);
  showOnGlance(button, poster, item);
  const line = document.createElement("li");
  line.append(button);
  return line;
}
