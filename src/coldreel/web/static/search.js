// Search by what the videos show.

import * as api from "./api.js";
import { posterGrid, remarkLine, waitingGrid } from "./grid.js";
import { drawIcons } from "./icons.js";
import { closeSheet, openSheet } from "./sheet.js";

const PAUSE_MS = 220; // a pause in typing that means "look now"
const MOST = 24; // posters

/**
 * Opens the search sheet. `ideas` are words to try before anything is typed; `words` are looked up at once;
 * `choose(item, words)` runs when a poster is pressed.
 */
export function openSearch({ words = "", ideas = [], choose }) {
  const field = document.createElement("input");
  Object.assign(field, { type: "search", value: words, placeholder: "Waves, a red car, someone singing…" });
  field.setAttribute("aria-label", "Search words");
  field.setAttribute("enterkeyhint", "search");
  field.autocomplete = "off";
  const box = document.createElement("label");
  box.className = "search-box";
  box.dataset.icon = "search";
  box.append(field);
  const found = document.createElement("div");
  found.className = "found";
  found.setAttribute("aria-live", "polite");
  openSheet("Search", box, found);
  drawIcons(box.parentElement);
  field.focus();

  let asking = new AbortController();
  let timer = 0;

  const suggest = () => found.replaceChildren(ideaList(ideas, (idea) => ((field.value = idea), look())));

  async function look() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const text = field.value.trim();
    if (!text) return suggest();
    if (!found.querySelector(".grid")) found.replaceChildren(waitingGrid());
    try {
      const items = await api.search(text, MOST, signal);
      if (signal.aborted) return undefined;
      found.replaceChildren(
        items.length
          ? posterGrid(items, { remark: (item) => item.creator, choose: (item) => choose(item, text) })
          : remarkLine(`No video shows “${text}”. Try another word.`),
      );
    } catch (problem) {
      if (problem.name !== "AbortError") found.replaceChildren(remarkLine(problem.message));
    }
    return undefined;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // the first press would only empty the field
      closeSheet();
    }
    if (event.key !== "Enter") return;
    clearTimeout(timer);
    look();
  });
  look();
}

function ideaList(ideas, choose) {
  const list = document.createElement("ul");
  list.className = "ideas";
  for (const idea of ideas) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = idea;
    button.addEventListener("click", () => choose(idea));
    const line = document.createElement("li");
    line.append(button);
    list.append(line);
  }
  return list;
}
