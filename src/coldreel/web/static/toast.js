// A short message that goes away by itself, with at most one thing to do about it.

const STAYS_MS = 3500;
const STAYS_WITH_ACTION_MS = 9000;

const shelf = document.getElementById("toasts");

/** `action` is { label, act } or nothing. A new message takes the place of the one before. */
export function toast(text, action) {
  const card = document.createElement("div");
  card.className = "toast";
  const words = document.createElement("p");
  words.textContent = text;
  card.append(words);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      card.remove();
      action.act();
    });
    card.append(button);
  }
  shelf.replaceChildren(card);
  setTimeout(() => card.remove(), action ? STAYS_WITH_ACTION_MS : STAYS_MS);
}
