// How far taking in the videos has come: a small pill while it goes on.

import * as api from "./api.js";

const BUSY_MS = 1500;
const IDLE_MS = 20000; // `up` looks at its folder every 30 s

const pill = document.getElementById("ingest");

/** Asks again and again while the page is visible; `tell(progress)` hears every answer. */
export function followIngest(tell) {
  let wasOpen = false;
  async function look() {
    let wait = IDLE_MS;
    if (document.visibilityState === "visible") {
      try {
        const progress = await api.ingest();
        const open = progress.waiting + progress.working > 0;
        showPill(progress, open, wasOpen);
        tell(progress);
        if (open || progress.ready === 0) wait = BUSY_MS;
        wasOpen = open;
      } catch {
        // The feed's own requests say what is wrong; the pill only falls silent.
        pill.hidden = true;
      }
    }
    setTimeout(look, wait);
  }
  look();
}

export const totalOf = ({ waiting, working, ready, failed, rejected }) =>
  waiting + working + ready + failed + rejected;

function showPill(progress, open, wasOpen) {
  pill.hidden = !open && !wasOpen;
  const done = totalOf(progress) - progress.waiting - progress.working;
  pill.classList.toggle("done", !open);
  pill.style.setProperty("--share", done / Math.max(1, totalOf(progress)));
  pill.textContent = open ? `${done} of ${totalOf(progress)} videos` : `${progress.ready} videos ready`;
}
