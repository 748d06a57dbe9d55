// One tap or two on a surface.

const DOUBLE_MS = 260; // longer feels slow for a single tap, shorter misses slow double taps

/** Calls `single()` after a lone tap and `double(x, y)` at once for each tap that follows another. */
export function onTaps(surface, { single, double }) {
  let waiting = 0;
  let last = -Infinity;
  surface.addEventListener("click", (event) => {
    clearTimeout(waiting);
    const quick = event.timeStamp - last < DOUBLE_MS;
    last = event.timeStamp;
    if (quick) {
      const box = surface.getBoundingClientRect();
      double(event.clientX - box.left, event.clientY - box.top);
    } else waiting = setTimeout(single, DOUBLE_MS);
  });
}
