// "More like this": the nearest videos by what they show.

import * as api from "./api.js";
import { alike, posterGrid, remarkLine, waitingGrid } from "./grid.js";
import { openSheet } from "./sheet.js";

const MOST = 13; // posters, the video itself included

/** `choose(item)` runs when a poster is pressed. */
export async function openSimilar(place, choose) {
  const found = document.createElement("div");
  found.className = "found";
  found.append(waitingGrid());
  openSheet("More like this", remarkLine(`Like “${place.title || place.file}”`), found);
  try {
    const items = await api.similar(place.ref, MOST);
    found.replaceChildren(
      items.length ? posterGrid(items, { remark: alike, choose }) : remarkLine("Nothing else is like this one yet."),
    );
  } catch (problem) {
    found.replaceChildren(remarkLine(problem.message));
  }
}
