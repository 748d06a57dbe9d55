"""Does a feed understand after five videos what a new user likes?

The labelled clips (test_data.py), copied to names that say nothing, are taken in with `tiny`, and `coldreel
serve` answers over loopback HTTP. A new user scrolls the feed page by page: a clip of its label is watched to
the end, any other is swiped away after about a second, until five were watched. From then on places are
only looked at, without any feedback: first those that are left of the page, then those of the pages that are
asked for next. The user is erased before the next one comes, so that all meet the same catalogue; they differ
by the server's own chance.

at once  of the label among the ten main places that follow the fifth video, mean over users, in parts of what
         there was to show: ten, or all that were unseen where those are fewer. In brackets the number.
next     the same of the ten main places of the pages that are asked for after the fifth video. What is left
         of the page before is held back, and cannot be there.
met      users who got 0.6 at once, and by then at least one of another label on any place; and the same of
         the next pages
chance   share of the label among all that was unseen
clips    that the user saw until five of the label had been among them, mean

A label counts that has clips enough: five to watch and one to find. Re-uploads are no clips of their own: the
feed shows only one of them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from coldreel import Coldreel
from coldreel.app.recording import event
from coldreel.model import EventKind, Slot
from coldreel.store.embedded.server import stop
from feed import serving
from similar import Clip, clips, opaque_copies
from test_data import DATA

WATCHED, PLACES = 5, 10
TARGET = 0.6
_GIVEN_UP = 60
"""Pages after which a user has seen all there is."""
_GLANCE_S = 0.7, 1.4
"""Seconds for which what is not wanted is looked at."""


@dataclass(frozen=True, slots=True)
class Places:
    """The labels of ten main places, of all places up to the last of these, and of all that was unseen."""

    main: tuple[str, ...]
    shown: tuple[str, ...]
    unseen: tuple[str, ...]

    def of(self, label: str) -> int:
        return self.main.count(label)

    def share(self, label: str) -> float:
        """Of what there was to show."""
        return self.of(label) / max(min(PLACES, self.unseen.count(label)), 1)

    def met(self, label: str) -> bool:
        return self.share(label) >= TARGET and self.shown.count(label) < len(self.shown)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one user met: clips until the fifth of its label, and what came after it."""

    label: str
    scrolled: int
    at_once: Places
    next: Places


@dataclass(frozen=True, slots=True)
class Line:
    """A label's users together; all but `users` and the two of `met` are means over them."""

    label: str
    users: int
    met_at_once: int
    met_next: int
    at_once: float
    at_once_number: float
    next: float
    next_number: float
    chance: float
    clips: float


class Site:
    """The API of a catalogue whose labels only this side knows."""

    def __init__(self, client: httpx.Client, labels: Mapping[str, str]) -> None:
        self._client = client
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            answer = self._get(f"/api/items?n=100{before}")
            found += answer["items"]
            if answer["next"] is None:
                break
            before = f"&before={answer['next']}"
        self.labels = {item["ref"]: labels[item["file"]] for item in found if item["duplicate_of"] is None}

    def page(self, user: str) -> dict[str, Any]:
        return self._get(f"/api/feed?user={user}&n={PLACES}")

    def watched(self, user: str, page: Mapping[str, Any], item: Mapping[str, Any], seconds: float) -> None:
        seen = event(user, item["ref"], EventKind.VIEW, datetime.now(UTC), None, page["request_id"])
        said = {
            "event_id": str(seen.event_id), "item": seen.item, "kind": seen.kind, "at": seen.at.isoformat(),
            "intervals": [[0.0, seconds]], "request_id": page["request_id"],
        }  # fmt: skip
        answer = self._client.post(f"/api/feedback?user={user}", json={"events": [said]}).raise_for_status()
        assert answer.json()["accepted"] == 1, answer.text

    def erase(self, user: str) -> None:
        self._client.delete(f"/api/users/{user}").raise_for_status()

    def _get(self, path: str) -> dict[str, Any]:
        return dict(self._client.get(path).raise_for_status().json())


def scroll(site: Site, label: str, user: str, rng: random.Random) -> Seen:
    """A new user of one taste, until ten main places were served after its fifth video."""
    seen: set[str] = set()
    left = WATCHED
    for _ in range(_GIVEN_UP):
        page = site.page(user)
        for place, item in enumerate(page["items"]):
            wanted = site.labels[item["ref"]] == label
            site.watched(user, page, item, item["duration_s"] if wanted else rng.uniform(*_GLANCE_S))
            seen.add(item["ref"])
            left -= wanted and not item["again"]
            if not left:
                rest = page["items"][place + 1 :]
                at_once, following = _looked_at(site, user, seen, rest)
                return Seen(label, len(seen), at_once, following)
    sys.exit(f"{WATCHED} clips of {label} were not shown within {_GIVEN_UP} pages")


def _looked_at(
    site: Site, user: str, seen: set[str], rest: Sequence[Mapping[str, Any]]
) -> tuple[Places, Places]:
    known = seen | {item["ref"] for item in rest}
    following: list[Mapping[str, Any]] = []
    for _ in range(_GIVEN_UP):
        news = [item for item in site.page(user)["items"] if item["ref"] not in known]
        following += news
        known = known | {item["ref"] for item in news}
        if len(_main(following)) >= PLACES or not news:
            break
    held_back = {item["ref"] for item in rest}
    return _places(site, [*rest, *following], seen), _places(site, following, seen | held_back)


def _main(items: Sequence[Mapping[str, Any]]) -> list[int]:
    """Which of these are on main places."""
    return [place for place, item in enumerate(items) if item["slot"] == Slot.MAIN]


def _places(site: Site, items: Sequence[Mapping[str, Any]], gone: set[str]) -> Places:
    main = _main(items)[:PLACES]
    labels = [site.labels[item["ref"]] for item in items]
    return Places(
        tuple(labels[place] for place in main),
        tuple(labels[: main[-1] + 1] if main else ()),
        tuple(label for ref, label in site.labels.items() if ref not in gone),
    )


def measure(site: Site, users: int) -> list[Seen]:
    labels = list(site.labels.values())
    enough = sorted(label for label in set(labels) if labels.count(label) > WATCHED)
    found: list[Seen] = []
    for label in enough:
        for number in range(users):
            user = f"user-{len(found)}"
            rng = random.Random(number)  # noqa: S311 - guards nothing
            found.append(scroll(site, label, user, rng))
            site.erase(user)
            print(f"\r{len(found)} of {users * len(enough)} users", end="", file=sys.stderr, flush=True)
    return found


def table(found: Sequence[Seen]) -> list[Line]:
    lines = [_line(label, [s for s in found if s.label == label]) for label in _in_order(found)]
    return [*lines, _line("all", found)]


def _in_order(found: Sequence[Seen]) -> list[str]:
    return list(dict.fromkeys(each.label for each in found))


def _line(label: str, users: Sequence[Seen]) -> Line:
    columns = [
        (
            s.at_once.share(s.label), s.at_once.of(s.label), s.next.share(s.label), s.next.of(s.label),
            s.at_once.unseen.count(s.label) / len(s.at_once.unseen), s.scrolled,
        )
        for s in users
    ]  # fmt: skip
    means = [round(float(mean), 3) for mean in np.mean(columns, axis=0)]
    met = [sum(places.met(s.label) for s, places in pairs) for pairs in _both(users)]
    return Line(label, len(users), *met, *means)


def _both(users: Sequence[Seen]) -> tuple[list[tuple[Seen, Places]], list[tuple[Seen, Places]]]:
    return [(s, s.at_once) for s in users], [(s, s.next) for s in users]


@contextmanager
def site(found: Sequence[Clip], provider: str, folder: Path) -> Iterator[Site]:
    """The clips, taken in where the folder has none yet, and served."""
    named, data = folder / "clips", folder / "data"
    try:
        if not named.exists():  # new files would be taken in anew
            named.mkdir(parents=True)
            opaque_copies([clip.path for clip in found], named)
        paths = sorted(named.iterdir())
        labels = {path.name: clip.label for path, clip in zip(paths, found, strict=True)}
        with Coldreel(data_dir=data, provider=provider, models_dir=DATA / "models") as reel:
            reel.ingest(*paths)
        with (
            serving(data, folder / "log") as (port, _),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            yield Site(client, labels)
    finally:
        stop(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--users", type=int, default=10, help="of each label")
    parser.add_argument("--provider", default="tiny")
    parser.add_argument("--quick", action="store_true", help="every third clip, and three users a label")
    parser.add_argument("--keep", type=Path, help="a folder: taken in where it is empty, and left there")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    found = clips()[:: 3 if args.quick else 1]
    with tempfile.TemporaryDirectory() as temporary, site(
        found, args.provider, args.keep or Path(temporary)
    ) as catalogue:  # fmt: skip
        users = measure(catalogue, 3 if args.quick else args.users)
    lines = table(users)
    print(f"{len(catalogue.labels)} clips in the feed, {args.provider}")
    print("label          users     at once   met        next   met  chance  clips")
    for line in lines:
        at_once = f"{line.at_once:5.2f} ({line.at_once_number:.1f})"
        following = f"{line.next:5.2f} ({line.next_number:.1f})"
        met = f"{at_once}  {line.met_at_once:4d}  {following}  {line.met_next:4d}"
        print(f"{line.label:13s}  {line.users:5d}  {met}  {line.chance:6.2f}  {line.clips:5.1f}")
    if args.json:
        print(json.dumps({"provider": args.provider, "target": TARGET, "lines": [asdict(x) for x in lines]}))


if __name__ == "__main__":
    main()
