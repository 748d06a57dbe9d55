// The light of the current poster behind a wide window; two pictures, one fading into the other.

const room = document.getElementById("ambience");
const wide = matchMedia("(min-width: 760px)");
const layers = [new Image(), new Image()];
let front = 0;

for (const layer of layers) layer.alt = "";
room.append(...layers);

/** Without a poster it is dark. */
export function lightUp(poster) {
  if (!wide.matches) return;
  const { classList } = layers[front];
  if (!poster) {
    classList.remove("on");
    return;
  }
  if (layers[front].getAttribute("src") === poster && classList.contains("on")) return;
  front = 1 - front;
  layers[front].src = poster;
  layers[front].classList.add("on");
  layers[1 - front].classList.remove("on");
}
