"""Are the words right that `tiny` says of videos that it was not tuned on?

right_words.csv names 40 clips of odd sources (see similar.py) and what is in them, written by hand from their
frames and, for what is heard, their spectrograms: `obvious` are the words that everybody would say, each as
good as the others; `also` are others that are right. A word that is in neither column is wrong.

precision  share of all words said that are right
           (the floors were changed once after a first run, for what the even sources showed: it was 0.96)
named      clips that got one of their obvious words. Some of these have no class in either model: nobody
           taught MobileNet what a person is.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from coldreel.media.limits import Limits
from coldreel.media.watch import watch
from coldreel.settings import Settings
from coldreel.understand.metering import Unmetered
from coldreel.understand.tiny import Tiny
from test_data import CLIPS, DATA, require

TABLE = Path(__file__).with_name("right_words.csv")
QUICK = 3
"""Every so many clips."""


@dataclass(frozen=True, slots=True)
class Judged:
    file: str
    said: tuple[str, ...]
    obvious: frozenset[str]
    right: frozenset[str]

    @property
    def wrong(self) -> list[str]:
        return [word for word in self.said if word not in self.right]

    @property
    def named(self) -> bool:
        return bool(self.obvious.intersection(self.said))


def judge(row: dict[str, str], provider: Tiny) -> Judged:
    understanding = provider.understand(watch(CLIPS / row["file"], Limits()))
    obvious, also = (frozenset(filter(None, row[name].split("; "))) for name in ("obvious", "also"))
    return Judged(row["file"], understanding.description.tags, obvious, obvious | also)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK}rd clip")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    require(CLIPS)
    settings = _settings()
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:: QUICK if args.quick else 1]
    judged = [judge(row, Tiny.open(settings, Unmetered())) for row in rows]
    for each in judged:
        mark = "named" if each.named else ""
        wrong = f"WRONG: {', '.join(each.wrong)}" if each.wrong else ""
        print(f"{each.file[:44]:44s}  {mark:5s}  {', '.join(each.said)}  {wrong}".rstrip())
    said = sum(len(each.said) for each in judged)
    right = said - sum(len(each.wrong) for each in judged)
    named, silent = sum(each.named for each in judged), sum(not each.said for each in judged)
    print(f"{len(judged)} clips, {said} words, {right} right: precision {right / said:.3f}")
    print(f"{named} named, {silent} without any word")
    if args.json:
        figures = {"clips": len(judged), "words": said, "right": right, "precision": right / said}
        print(json.dumps(figures | {"named": named, "without": silent}))


def _settings() -> Settings:
    """The models of the machine, or else those beside the clips."""
    settings = Settings.load()
    if Tiny.lacks(settings) is not None:
        settings = Settings.load(models_dir=DATA / "models")
    if (lacking := Tiny.lacks(settings)) is not None:
        sys.exit(lacking)
    return settings


if __name__ == "__main__":
    main()
