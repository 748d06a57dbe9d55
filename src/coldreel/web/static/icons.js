// Line icons on a 24 x 24 grid, drawn for this page.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  reel: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 6.5v11M7.24 9.25l9.52 5.5M7.24 14.75l9.52-5.5",
  boards: "M5 20.5v-7h4v7M10 20.5V5.5h4v15M15 20.5v-10h4v10M3 20.5h18",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.3 15.3l5 5",
  sound: "M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM15.5 9a4.2 4.2 0 0 1 0 6M18.2 6.3a8 8 0 0 1 0 11.4",
  muted: "M4 9.5v5h3.5l4.5 4v-13l-4.5 4zM16 9.7l4.6 4.6M20.6 9.7L16 14.3",
  up: "M6 14.5l6-6l6 6",
  down: "M6 9.5l6 6l6-6",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  play: "M8.5 5.6v12.8l10.2-6.4z",
  heart: "M12 20C5.6 15.6 3.2 12.4 3.2 9.2A4.7 4.7 0 0 1 12 6.9a4.7 4.7 0 0 1 8.8 2.3c0 3.2-2.4 6.4-8.8 10.8z",
  similar: "M8.5 7.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM4 15.5V6a2.5 2.5 0 0 1 2.5-2.5H15M13 11.2v5.6M10.2 14h5.6",
  why: "M12 3.2a8.8 8.8 0 1 0 0 17.6a8.8 8.8 0 1 0 0-17.6M9.6 9.7a2.5 2.5 0 1 1 3.7 2.2c-.9.5-1.3 1-1.3 2M12 16.7v.2",
  share: "M13.5 5l6.5 6l-6.5 6v-3.6c-4.5 0-7.4 1.3-9.5 4.6c.4-5 3.2-8.6 9.5-9.2z",
  hide: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M6 6l12 12",
  spark: "M12 4c.7 4.7 2.6 7 8 8c-5.4 1-7.3 3.3-8 8c-.7-4.7-2.6-7-8-8c5.4-1 7.3-3.3 8-8z",
  broken: "M4 6.5h16v11H4zM10 9.5v5l4.2-2.5zM3.5 20.5l17-17",
};

const FILLED = new Set(["play", "spark", "share"]);

/** An SVG element of that name; it is decoration, so its button needs a text or a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  svg.classList.toggle("filled", FILLED.has(name));
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Puts the icon that `data-icon` names in front of what each element under `root` already holds. */
export function drawIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) element.prepend(icon(element.dataset.icon));
}

/** Exchanges the icon of one element. */
export function setIcon(element, name) {
  element.querySelector(":scope > .icon")?.remove();
  element.prepend(icon(name));
}
