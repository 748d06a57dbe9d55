"""What describing and embedding a catalogue costs with each provider: counted on the clips, scaled to 2,659.

    python benchmarks/costs.py [--quick] [--json]

No provider is asked. The small video of each clip is made, and its tokens are counted by the function that
says beforehand what a call should take: rather too many ("reserved"). The row "likely" takes what the
documentation says of Gemini 3, and answers as long as those of the seed, without any thinking before them.
Prices are those of the settings (COLDREEL_GEMINI_INPUT_PRICE and so on), in US dollars.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from coldreel.media.limits import Limits
from coldreel.media.watch import watch_with_proxy
from coldreel.model import Description
from coldreel.settings import Settings
from coldreel.understand.gemini import tokens
from coldreel.understand.gemini.tokens import Prices
from coldreel.understand.request import REQUEST
from coldreel.understand.text import text_of
from test_data import CLIPS, DATA, require

CATALOGUE = 2_659
"""Clips of the seed."""

QUICK = 12
"""Every so many clips."""

PIXELS_A_TOKEN = 32 * 32
"""Qwen3-VL, a usual model behind `openai`: patches of 16 by 16, four to a token (its technical report)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What of a clip counts."""

    seconds: float
    proxy_bytes: int
    pictures: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Row:
    """The mean of a clip, and US dollars for the catalogue; None where there are no batches."""

    provider: str
    input_tokens: int
    output_tokens: int
    embedded_tokens: int
    now: float
    in_batches: float | None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK}th clip")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    require(CLIPS)
    settings = Settings.load()
    paths = [CLIPS / row["file"] for row in _table(CLIPS / "manifest.csv")]
    clips = [_look(path, settings.pictures) for path in (paths[::QUICK] if args.quick else paths)]
    answers = _answers()
    rows = [*_gemini(clips, answers, settings), _openai(clips, answers, settings)]
    rows += [Row(name, 0, 0, 0, 0.0, None) for name in ("huggingface", "tiny", "signals")]
    _print(rows, clips)
    if args.json:
        print(
            json.dumps({"clips": len(clips), "catalogue": CATALOGUE, "rows": [asdict(row) for row in rows]})
        )


def of_picture(width: int, height: int) -> int:
    """Tokens of a picture: one for each square of 32 by 32 pixels, sides rounded to whole squares."""
    side = math.isqrt(PIXELS_A_TOKEN)
    return max(1, round(width / side)) * max(1, round(height / side))


def _look(path: Path, most_pictures: int) -> Clip:
    with tempfile.TemporaryDirectory() as folder:
        proxy = Path(folder) / "proxy.mp4"
        footage = watch_with_proxy(path, proxy, Limits())
        _, height, width, _ = footage.frames.shape
        pictures = min(most_pictures, len(footage.distinct))
        return Clip(footage.facts.duration_s, proxy.stat().st_size, pictures, width, height)


def _answers() -> list[Description]:
    """What Gemini said about fifty clips of the seed."""
    return [
        Description(
            row["title"],
            tuple(ast.literal_eval(row["tags"])),
            tuple(ast.literal_eval(row["genres"])),
            row["description"],
            "gemini",
            "gemini-1.5-flash",
            "0",
        )
        for row in _table(DATA / "seed" / "final_df.csv")
    ]


def _written(answer: Description) -> int:
    """Tokens of an answer, with its title and description in another language beside the English ones."""
    words = {"title": answer.title, "description": answer.description}
    lists = {"tags": answer.tags, "genres": answer.genres}
    again = {f"original_{name}": text for name, text in words.items()}
    return tokens.of_words(json.dumps({**words, **lists, **again}, ensure_ascii=False))


def _gemini(clips: Sequence[Clip], answers: Sequence[Description], settings: Settings) -> list[Row]:
    written = statistics.fmean(map(_written, answers))
    embedded = statistics.fmean(tokens.of_words(text_of(answer)) for answer in answers)
    reserved = [tokens.of_describing(clip.seconds) for clip in clips]
    likely = [tokens.of_describing(clip.seconds, a_second=tokens.A_SECOND_GEMINI_3) for clip in clips]
    output = statistics.fmean(output for _, output in reserved)
    return [
        _priced(
            "gemini, reserved", statistics.fmean(given for given, _ in reserved), output, embedded, settings
        ),
        _priced(
            "gemini, likely", statistics.fmean(given for given, _ in likely), written, embedded, settings
        ),
    ]


def _priced(name: str, given: float, written: float, embedded: float, settings: Settings) -> Row:
    def dollars(prices: Prices) -> float:
        words = Prices.of_embedding(settings).usage(round(embedded)).cost
        return round(CATALOGUE * (prices.usage(round(given), round(written)).cost + words), 2)

    return Row(
        name,
        round(given),
        round(written),
        round(embedded),
        dollars(Prices.of_describing(settings)),
        dollars(Prices.of_batches(settings)),
    )


def _openai(clips: Sequence[Clip], answers: Sequence[Description], settings: Settings) -> Row:
    """Pictures as Qwen3-VL counts them; by default on a server of one's own, where tokens cost nothing."""
    pictures = statistics.fmean(clip.pictures * of_picture(clip.width, clip.height) for clip in clips)
    given = round(pictures) + tokens.of_words(REQUEST) + tokens.FORM
    written = round(statistics.fmean(map(_written, answers)))
    embedded = round(statistics.fmean(tokens.of_words(text_of(answer)) for answer in answers))
    prices = Prices(settings.openai_input_price, settings.openai_output_price)
    words = Prices(settings.openai_embedding_price).usage(embedded).cost
    cost = CATALOGUE * (prices.usage(given, written).cost + words)
    return Row("openai", given, written, embedded, round(cost, 2), None)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _print(rows: Sequence[Row], clips: Sequence[Clip]) -> None:
    table = Table("provider", "tokens in", "out", "embedded", "US dollars", "in batches")
    for row in rows:
        batches = "" if row.in_batches is None else f"{row.in_batches:.2f}"
        counts = (f"{count:,}" for count in (row.input_tokens, row.output_tokens, row.embedded_tokens))
        table.add_row(row.provider, *counts, f"{row.now:.2f}", batches)
    console = Console()
    console.print(table)
    seconds = statistics.fmean(clip.seconds for clip in clips)
    megabytes = statistics.fmean(clip.proxy_bytes for clip in clips) / 1e6
    console.print(
        f"Tokens of a clip, in the mean of {len(clips)} ({seconds:.1f} s; {megabytes:.2f} MB as the small "
        f"video); dollars for {CATALOGUE:,} such clips"
    )


if __name__ == "__main__":
    main()
