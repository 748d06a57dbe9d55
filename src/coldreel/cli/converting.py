"""Converting: `proxy`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coldreel.app.proxies import proxies
from coldreel.cli.options import HwAccel, Json, Workers, load
from coldreel.cli.output import err, print_json, remark
from coldreel.cli.progress import ProxyProgress
from coldreel.ingest.proxying import Proxied, ProxyState

_FAILURES_SHOWN = 10


def proxy(
    source: Annotated[str, typer.Argument(help="A file, a folder, a glob or an address.")],
    destination: Annotated[Path, typer.Argument(help="The folder for the proxies.")],
    workers: Workers = None,
    hwaccel: HwAccel = None,
    json: Json = False,
) -> None:
    """Reduce videos to one frame a second and mono sound, as small as a model needs. Can be repeated."""
    done: list[Proxied] = []
    with ProxyProgress(err) as bar:
        for each in proxies(load(workers=workers, hwaccel=hwaccel), source, destination, bar.begin):
            done.append(each)
            bar.advance()
    bad = [each for each in done if each.proxy is None]
    for each in bad[:_FAILURES_SHOWN]:
        remark(f"{each.uri}: {each.state}: {each.reason}", style="yellow")
    if len(bad) > _FAILURES_SHOWN:
        remark(f"… and {len(bad) - _FAILURES_SHOWN} more: --json lists all")
    good = [each for each in done if each.proxy is not None]
    if json:
        print_json([asdict(each) for each in done])
    else:
        counts = {state: sum(each.state is state for each in done) for state in ProxyState}
        before, after = (
            sum(getattr(each, name) for each in good) for name in ("bytes_before", "bytes_after")
        )
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        remark(f"{told}; {before / 1e6:.1f} MB became {after / 1e6:.1f} MB in {destination}")
    if not good:
        raise typer.Exit(1)
