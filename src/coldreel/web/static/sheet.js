// The one sheet of the page: a panel at the side of a wide window, drawn up from the bottom of a narrow one.

const CLOSING_DRAG_PX = 90;

const dialog = document.getElementById("sheet");
const title = dialog.querySelector("h2");
const body = dialog.querySelector(".sheet-body");
const head = dialog.querySelector(".sheet-head");

/** Opens the sheet with this heading and these elements. */
export function openSheet(heading, ...content) {
  title.textContent = heading;
  body.replaceChildren(...content);
  body.scrollTop = 0;
  if (!dialog.open) dialog.showModal();
}

export function closeSheet() {
  dialog.close();
}

export const sheetIsOpen = () => dialog.open;

export function onSheetClosed(act) {
  dialog.addEventListener("close", act);
}

dialog.querySelector(".sheet-close").addEventListener("click", closeSheet);

// Where `closedby` is not known yet, a press beside the sheet lands on the dialog itself.
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) closeSheet();
});

let from = null;

head.addEventListener("pointerdown", (event) => {
  if (event.target.closest("button")) return;
  from = event.clientY;
  head.setPointerCapture(event.pointerId);
});

head.addEventListener("pointermove", (event) => {
  if (from === null) return;
  dialog.classList.add("dragged");
  dialog.style.setProperty("--drag", `${Math.max(0, event.clientY - from)}px`);
});

for (const name of ["pointerup", "pointercancel"]) {
  head.addEventListener(name, (event) => {
    if (from === null) return;
    const far = event.clientY - from > CLOSING_DRAG_PX;
    from = null;
    dialog.classList.remove("dragged");
    dialog.style.removeProperty("--drag");
    if (far) closeSheet();
  });
}
