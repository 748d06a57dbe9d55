// The boards: ranked lists that are the same for everybody, each row with the numbers that put it there.

import * as api from "./api.js";
import { showOnGlance } from "./glance.js";
import { remarkLine } from "./grid.js";
import { write } from "./language.js";
import { openSheet } from "./sheet.js";
import { tint } from "./tint.js";

const MOST = 30; // rows

const BOARDS = {
  hits: {
    label: "Hits",
    about: "What is watched and pleases now, the fastest growing first.",
    empty: "There is no hit at the moment: one has three viewers or more within about a day, and pleases more of them than the average video does.",
  },
  gems: {
    label: "Hidden gems",
    about: "Few have found them, and they pleased more of these than most videos do.",
    empty: "No gem has been found yet: one has three viewers or more, fewer than most videos that were seen, and pleases clearly more of them than four in five videos do.",
  },
  fresh: {
    label: "On trial",
    about: "New ones are tried with those whom they may please.",
    empty: "Nothing is on trial at the moment. New videos are, as soon as they are taken in.",
  },
};
const UNCOUNTED = "Nothing has been counted yet. It is within a minute of the start.";

let last = "hits"; // where the sheet was left

/** `choose(item, board)` runs when a row is pressed; `board` is what the board is called. */
export function openBoards(choose) {
  const found = document.createElement("div");
  found.className = "found";
  found.setAttribute("aria-live", "polite");
  let asking = new AbortController();

  async function show(name) {
    last = name;
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const { label, about, empty } = BOARDS[name];
    try {
      const { counted_at, items } = await api.board(name, MOST, signal);
      if (signal.aborted) return;
      if (items.length) found.replaceChildren(remarkLine(about), rows(items, name, (item) => choose(item, label)));
      else found.replaceChildren(remarkLine(counted_at ? empty : UNCOUNTED));
    } catch (problem) {
      if (problem.name !== "AbortError") found.replaceChildren(remarkLine(problem.message));
    }
  }

  openSheet("Boards", switches(show), found);
  show(last);
}

/** One of the boards is on show; the arrow keys go from one to the next. */
function switches(show) {
  const group = document.createElement("div");
  group.className = "switches";
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", "Which board");
  for (const [name, { label }] of Object.entries(BOARDS)) {
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "board", value: name, checked: name === last });
    input.addEventListener("change", () => show(name));
    const words = document.createElement("span");
    words.textContent = label;
    const one = document.createElement("label");
    one.append(input, words);
    group.append(one);
  }
  return group;
}

function rows(items, name, choose) {
  const list = document.createElement("ol");
  list.className = "board";
  list.classList.toggle("ranked", name !== "fresh"); // what may be the best comes first there, which is a hope and no rank
  for (const item of items) {
    const line = document.createElement("li");
    line.append(row(item, () => choose(item)));
    list.append(line);
  }
  return list;
}

function row(item, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "row";
  button.dataset.ref = item.ref;
  const picture = document.createElement("span");
  picture.className = "thumb";
  const title = document.createElement("strong");
  write(title, item.title || item.file);
  const evidence = document.createElement("small");
  evidence.textContent = item.because;
  const words = document.createElement("span");
  words.className = "words";
  words.append(title, evidence);
  button.append(picture, words);
  button.addEventListener("click", choose);
  if (item.poster) showPoster(button, picture, item);
  else tint(picture, item.ref);
  return button;
}

function showPoster(button, picture, item) {
  const poster = document.createElement("img");
  Object.assign(poster, { src: item.poster, alt: "", loading: "lazy", decoding: "async" });
  picture.append(poster);
  showOnGlance(button, poster, item);
}
