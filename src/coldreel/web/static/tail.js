// The place after the last short: waiting, trouble, or the end.

import { renderingOf, totalOf, watchedOf } from "./ingest.js";

const tail = document.getElementById("tail");
const heading = tail.querySelector("h2");
const words = tail.querySelector("p");
const bar = tail.querySelector("progress");
const button = tail.querySelector("button");

function show(state, title, text, action) {
  tail.dataset.state = state;
  tail.hidden = false;
  heading.textContent = title;
  words.textContent = text;
  bar.hidden = true;
  button.hidden = !action;
  if (action) {
    button.textContent = action.label;
    button.onclick = action.act;
  }
}

export const tailElement = tail;

const awaitedOf = ({ awaiting_files: n }) =>
  (n === 1 ? "1 video is known, and its file has not come yet" : `${n} videos are known, and their files have not come yet`) +
  ": coldreel ingest FOLDER";

export function showLoading() {
  show("loading", "", "");
}

/** The feed is empty; `progress` says how far taking videos in has come. */
export function showEmpty(progress, retry) {
  const total = totalOf(progress);
  if (total === 0 && progress.awaiting_files > 0) {
    show("waiting", "No files yet", awaitedOf(progress));
    return;
  }
  if (total === 0) {
    show("waiting", "No videos yet", "Put some into the folder that coldreel was started with; they appear here by themselves.");
    return;
  }
  const done = watchedOf(progress);
  if (done === total) {
    if (progress.rendering > 0) show("waiting", "Almost there", `${renderingOf(progress)}. The feed starts with the first one.`);
    else if (progress.ready > 0) showEnd(retry);
    else show("trouble", "No video could be used", "None of the files could be opened. coldreel status says why.");
    return;
  }
  show("waiting", "Watching your videos", `${done} of ${total} watched. The feed starts with the first one.`);
  bar.hidden = false;
  bar.value = done / total;
}

export function showTrouble(problem, retry) {
  show("trouble", "The feed has stopped", problem.message, { label: "Try again", act: retry });
}

export function showEnd(retry) {
  show("end", "That is all for now", "There is no other video to show. New ones appear here as soon as coldreel has watched them.", {
    label: "Look again",
    act: retry,
  });
}
