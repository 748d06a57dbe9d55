/** A hue for what has no picture, the same each time: its name decides. */
export function tint(element, name) {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  element.style.setProperty("--hue", hue);
}
