// The keyboard. Keys with a modifier belong to the browser, and keys in a field to the field.

const KEYS = {
  ArrowDown: "next",
  j: "next",
  PageDown: "next",
  ArrowUp: "previous",
  k: "previous",
  PageUp: "previous",
  " ": "toggle",
  m: "sound",
  l: "like",
  b: "boards",
  "/": "search",
};

/** `on` holds next, previous, toggle, sound, like, boards and search; `isBusy()` is true while a sheet is open. */
export function followKeys(on, isBusy) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isBusy()) return;
    if (event.target.closest("input")) return;
    const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!act) return;
    if (event.key === " " && event.target.closest("button")) return; // Space presses the button in focus
    event.preventDefault();
    if (event.repeat && act !== "next" && act !== "previous") return;
    on[act]();
  });
}
