// A link to one video, on the clipboard or at least where it can be copied by hand.

import { openSheet } from "./sheet.js";
import { toast } from "./toast.js";

export const linkTo = (ref) => new URL(`/?item=${encodeURIComponent(ref)}`, location.href).href;

export async function shareLink(place) {
  const link = linkTo(place.ref);
  try {
    await navigator.clipboard.writeText(link);
    toast("Link copied");
  } catch {
    // Browsers keep the clipboard from pages that are neither encrypted nor on this machine.
    const field = document.createElement("input");
    Object.assign(field, { className: "link", readOnly: true, value: link });
    field.setAttribute("aria-label", "Link to this video");
    openSheet("Link to this video", field);
    field.select();
  }
}
