"""Figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api_site import environment, running

KEY = "a-key-of-more-than-16-characters"


@pytest.fixture(scope="module")
def crowd(demo_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two server processes beyond loopback, with a key."""
    env = environment(COLDREEL_API_KEY=KEY, COLDREEL_SERVER_PROCESSES="2")
    command = ("serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", demo_catalogue)
    with running(tmp_path_factory.mktemp("crowd"), *command, env=env) as server:
        yield server.address().replace("0.0.0.0", "127.0.0.1")


def _counts(text: str, name: str) -> dict[tuple[str, ...], float]:
    """The counts of a histogram by the values of its labels, in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"{name}_count"
    }


def test_requests_are_counted_by_method_route_and_status(client: httpx.Client) -> None:
    def counted() -> dict[tuple[str, ...], float]:
        return _counts(client.get("/metrics").text, "coldreel_http_request_seconds")

    before = counted()
    client.get("/api/items/nobody-has-this-ref")
    client.get("/api/items/nor-this-one")
    client.head("/api/items?n=1")
    client.get("/no-such-file")
    client.request("BREW", "/no-such-file")
    after = counted()
    more = {labels: after[labels] - before.get(labels, 0) for labels in after}
    assert more["GET", "/api/items/{ref}", "404"] == 2
    assert more["HEAD", "/api/items", "200"] == 1
    assert more["GET", "page", "404"] == 1
    assert not any("BREW" in labels or "nor-this-one" in "".join(labels) for labels in after)


def test_the_stages_of_a_feed_are_timed(client: httpx.Client) -> None:
    before = _counts(client.get("/metrics").text, "coldreel_feed_stage_seconds")
    assert client.get("/api/feed?n=2").status_code == 200
    after = _counts(client.get("/metrics").text, "coldreel_feed_stage_seconds")
    stages = {stage for (stage,) in after}
    assert stages >= {"hydrate", "candidates", "filter", "score", "select", "explain", "log"}
    assert after["log",] == before.get(("log",), 0) + 1


def test_several_processes_add_up_their_figures(crowd: str) -> None:
    """Whichever of them answers: each connection may come to another one."""
    headers = {"Authorization": f"Bearer {KEY}", "Connection": "close"}
    for _ in range(20):
        assert httpx.get(f"{crowd}/api/health/live").status_code == 200
    for _ in range(4):
        text = httpx.get(f"{crowd}/metrics", headers=headers).text
        counts = _counts(text, "coldreel_http_request_seconds")
        assert counts["GET", "/api/health/live", "200"] >= 20


def test_beyond_loopback_figures_need_the_key(crowd: str) -> None:
    assert httpx.get(f"{crowd}/metrics").status_code == 403
