// Words in whatever language they are, so that they are read and spoken in it.

/** Shows the text in its own direction; `language` (ISO 639-1) is told to screen readers, and fonts, if it is known. */
export function write(element, text, language) {
  element.textContent = text;
  element.dir = "auto";
  if (language) element.lang = language;
}
