"""The stand-in goes wrong by content alone, and everything gets through it in the end."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coldreel.errors import ColdreelError
from coldreel.model import Material, MediaFacts
from coldreel.settings import Settings
from coldreel.understand.gemini import Gemini
from coldreel.understand.metering import Unmetered
from gemini_faults import PASSING, share_of, tenths
from gemini_stand_in import KEY, GeminiStandIn, quick_clients
from gemini_wire import described

FACTS = MediaFacts(9.5, 360, 640, 25.0, "mp4", "h264", "yuv420p", "aac")


def test_about_a_tenth_goes_wrong_in_every_way_there_is() -> None:
    faults = Counter(share_of(b"video %d" % i, 0.1) for i in range(2000))
    assert 150 < 2000 - faults[None] < 250
    assert set(PASSING) < set(faults)


def test_each_video_gets_through_at_its_second_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_clients(monkeypatch, tmp_path)
    videos = [b"video %d" % i for i in range(100)]
    expected_errors = [video for video in videos if share_of(video, 0.2) is not None]

    with GeminiStandIn(plan=tenths(0.2)) as stand_in:
        gemini = Gemini(Settings(gemini_api_key=KEY, gemini_base_url=stand_in.url), Unmetered())

        def title(video: bytes) -> str:
            material = Material(video.ljust(32), FACTS, video=video)
            try:
                return gemini.understand(material).description.title
            except ColdreelError as error:
                assert error.retryable
                return gemini.understand(material).description.title

        with ThreadPoolExecutor(8) as pool:
            titles = list(pool.map(title, videos))
        calls = stand_in.asked()

    assert titles == [described(video)["title"] for video in videos]
    assert len(calls) == len(videos) + len(expected_errors)
    assert sorted(call.content for call in calls if call.fault) == sorted(expected_errors)
