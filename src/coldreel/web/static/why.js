// "Why this video": the reason that the server gave, and what it saw in the video.

import { icon } from "./icons.js";
import { write } from "./language.js";
import { openSheet } from "./sheet.js";

export const ORIGINS = {
  interest: "Close to what you watched and liked",
  collaborative: "Related to what you like: it pleased the same people, or shows alike things",
  best: "It pleases more of its viewers than the average video does",
  hit: "It pleases, and is watched a lot these days",
  gem: "Few have found it, and it pleased more of them than most videos do",
  fresh: "It is on trial with those whom it may please",
  spread: "Picked to show how different the videos are",
  random: "Drawn at random from what you have not seen",
  held_back: "Nothing new is left for now; you had it on an earlier page",
  again: "Nothing new is left for now; it is among those you saw the longest ago",
  board: "You picked it from a board",
  search: "You searched for it",
  similar: "You asked for more like another video",
  link: "Somebody shared it with you",
};

export const SLOTS = {
  main: "Yours",
  hit: "A hit",
  gem: "A hidden gem",
  fresh: "On trial",
  random: "Chance",
};

/** `hiding` is what can be done about who made it, as { label, act }, or nothing. */
export function openWhy(place, hiding) {
  const reason = document.createElement("p");
  reason.className = "why-reason";
  reason.textContent = place.reason || ORIGINS[place.origin] || "It is the next video.";
  openSheet("Why this video", reason, facts(place), ...(hiding ? [deed(hiding)] : []));
}

function deed({ label, act }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "deed";
  button.textContent = label;
  button.addEventListener("click", act);
  button.prepend(icon("hide"));
  return button;
}

function facts(place) {
  const list = document.createElement("dl");
  list.className = "facts";
  const rows = [
    ["How it was found", ORIGINS[place.origin] ?? place.origin],
    ["Its place in the feed", SLOTS[place.slot] ?? place.slot],
    ["What coldreel saw", place.description],
    ["In its own language", [place.original_title, place.original_description].filter(Boolean).join(". "), place.language],
    ["Tags", place.tags.join(", ")],
    ["Genres", place.genres.join(", ")],
    ["File", place.file],
    ["Video", place.ref],
    ["Request", place.request_id],
  ];
  for (const [name, value, language] of rows) {
    if (!value) continue;
    const term = document.createElement("dt");
    const fact = document.createElement("dd");
    term.textContent = name;
    write(fact, value, language);
    list.append(term, fact);
  }
  return list;
}
