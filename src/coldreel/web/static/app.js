// The page: wires the feed, the player, what is sent back, and the sheets.

import * as api from "./api.js";
import { lightUp } from "./ambience.js";
import { openBoards } from "./boards.js";
import { Feed } from "./feed.js";
import { drawIcons } from "./icons.js";
import { followIngest } from "./ingest.js";
import { followKeys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Pages } from "./pages.js";
import { Player } from "./player.js";
import { openSearch } from "./search.js";
import { shareLink } from "./share.js";
import { closeSheet, sheetIsOpen } from "./sheet.js";
import { Short, showSound } from "./short.js";
import { openSimilar } from "./similar.js";
import { showEmpty, showEnd, showLoading, showTrouble, tailElement } from "./tail.js";
import { toast } from "./toast.js";
import { Watch } from "./watch.js";
import { openWhy } from "./why.js";

const AHEAD = 3; // shorts still to come when the next page is asked for
const SKIP_MS = 2500; // long enough to read why a video is skipped
const IDEAS = 12; // words to try in the search sheet

const soundButton = document.getElementById("sound");
const announcer = document.getElementById("announcer");

const hidden = new Set(); // creators
const outbox = new Outbox();
const watch = new Watch((kind, place, seconds) => outbox.add(kind, place, { watched_s: seconds }));

const player = new Player({
  playing() {
    watch.playing();
    document.body.classList.add("offers-sound");
  },
  paused: () => watch.paused(),
  progress: (short, share) => (short.progress = share),
  muted: (muted) => showSound(soundButton, muted),
  broken: (short) => setTimeout(() => feed.active === short && short.state === "broken" && feed.move(1), SKIP_MS),
});

const feed = new Feed(document.getElementById("feed"), tailElement, { enter, rest: () => player.rest() });
const pages = new Pages(feed, outbox, (place) => new Short(place, actions), ({ creator }) => !hidden.has(creator));

let visited = null;
let hungry = false; // the last page was empty
let lastSeen = null; // the progress at the last look while the feed was hungry

const actions = {
  toggle: () => player.toggle(),
  like,
  similar: ({ place }) =>
    openSimilar(place, (item) =>
      open(item, { origin: "similar", reason: `You asked for more like “${place.title || place.file}”` }),
    ),
  why: (short) => openWhy(short.place, hidingCreatorOf(short)),
  async share({ place }) {
    outbox.add("share", place);
    await shareLink(place);
  },
  hide(short) {
    outbox.add("not_interested", short.place);
    short.dismiss();
    toast("You will see fewer like this", hidingCreatorOf(short));
    feed.move(1);
  },
  tag: (_, words) => search(words),
  skip: () => feed.move(1),
  seek: (short, share) => player.seek(short, share),
};

function like(short, liked) {
  if (short.place.liked === liked || short.place.awaits_file) return;
  short.liked = liked;
  outbox.add(liked ? "like" : "unlike", short.place);
}

/** To hide all videos of who made this one; nothing where nobody else made any, or the feed would be empty. */
function hidingCreatorOf({ place }) {
  const { creator } = place;
  if (!creator || place.awaits_file || !feed.hasOthersThan(creator)) return null;
  return { label: `Hide videos by ${creator}`, act: () => hideCreator(place) };
}

function hideCreator(place) {
  const { creator } = place;
  closeSheet();
  hidden.add(creator);
  outbox.add("hide_creator", place);
  toast(`You will see nothing more by ${creator}`);
  feed.dropFollowing((later) => later.creator === creator);
  if (feed.active.place.creator === creator) {
    feed.active.dismiss();
    feed.move(1);
  }
  refill();
}

function search(words) {
  openSearch({
    words,
    ideas: feed.commonTags(IDEAS),
    choose: (item, asked) => open(item, { origin: "search", reason: `You searched for “${asked}”` }),
  });
}

function boards() {
  openBoards((item, board) => open(item, { origin: "board", reason: `${board}: ${item.because}` }));
}

/** Puts an item that the user chose at the next place and goes there. */
function open(item, why) {
  closeSheet();
  const { ref, awaits_file } = feed.active?.place ?? {};
  if (ref === item.ref && awaits_file === item.awaits_file) return;
  feed.insertNext(new Short({ ...item, ...why }, actions));
  feed.move(1);
}

function enter(short) {
  if (short === visited) {
    player.resume();
    return;
  }
  visited = short;
  watch.begin(short.place);
  player.activate(short);
  player.prepare(feed.following);
  lightUp(short.place.poster);
  announcer.textContent = [short.place.title || short.place.file, short.place.creator].filter(Boolean).join(", by ");
  if (!sheetIsOpen()) short.element.focus({ preventScroll: true });
  refill();
}

async function refill() {
  if (!feed.isEmpty && feed.remaining > AHEAD) return;
  showLoading();
  try {
    const added = await pages.more();
    hungry = added === 0;
    if (hungry && !feed.isEmpty) showEnd(refill);
    if (feed.active) player.prepare(feed.following);
  } catch (problem) {
    showTrouble(problem, refill);
    if (!feed.isEmpty) toast(problem.message, { label: "Try again", act: refill });
  }
}

async function hearProgress(progress) {
  const before = lastSeen;
  lastSeen = hungry ? progress : null;
  if (!hungry) return;
  // The first look comes after the page that was empty: what ended in between is in neither.
  if (!before || progress.ready > before.ready || progress.rendering < before.rendering) await refill();
  if (hungry && feed.isEmpty) showEmpty(progress, refill);
}

async function openLink(ref) {
  try {
    feed.append([new Short({ ...(await api.item(ref)), origin: "link" }, actions)]);
  } catch (problem) {
    toast(problem.status === 404 ? "That video is not here any more" : problem.message);
  }
  history.replaceState(null, "", "/");
}

function leave() {
  player.rest();
  watch.away();
  outbox.flushOnLeaving();
}

function comeBack() {
  player.resume();
  outbox.flush();
}

function toggleSound() {
  document.body.classList.add("knows-sound");
  player.setMuted(!player.muted);
}

async function start() {
  drawIcons(document);
  showSound(soundButton, true);
  soundButton.addEventListener("click", toggleSound);
  document.getElementById("search").addEventListener("click", () => search());
  document.getElementById("boards").addEventListener("click", boards);
  document.getElementById("next").addEventListener("click", () => feed.move(1));
  document.getElementById("previous").addEventListener("click", () => feed.move(-1));
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : comeBack()));
  addEventListener("pagehide", leave);
  followKeys(
    {
      next: () => feed.move(1),
      previous: () => feed.move(-1),
      toggle: () => player.toggle(),
      sound: toggleSound,
      like() {
        if (!feed.active) return;
        like(feed.active, !feed.active.place.liked);
        if (feed.active.place.liked) feed.active.burst();
      },
      boards,
      search: () => search(),
    },
    sheetIsOpen,
  );
  showLoading();
  const linked = new URLSearchParams(location.search).get("item");
  if (linked) await openLink(linked);
  await refill();
  followIngest(hearProgress);
}

start();
