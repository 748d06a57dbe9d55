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
        const open = isWatching(progress) || progress.rendering > 0;
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

export const watchedOf = (progress) => totalOf(progress) - progress.waiting - progress.working;

/** A sentence about the videos that browsers cannot play yet. */
export const renderingOf = ({ rendering }) =>
  rendering === 1 ? "1 video is being made playable" : `${rendering} videos are being made playable`;

const isWatching = (progress) => progress.waiting + progress.working > 0;

function showPill(progress, open, wasOpen) {
  pill.hidden = !open && !wasOpen;
  pill.classList.toggle("done", !open);
  pill.style.setProperty("--share", watchedOf(progress) / Math.max(1, totalOf(progress)));
  pill.textContent = summaryOf(progress);
}

function summaryOf(progress) {
  if (isWatching(progress)) return `${watchedOf(progress)} of ${totalOf(progress)} videos`;
  return progress.rendering > 0 ? renderingOf(progress) : `${progress.ready} videos ready`;
}
