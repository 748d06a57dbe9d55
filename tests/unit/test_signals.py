"""The weightless provider, and which provider is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.model import Description, Footage, Given, Understanding, Vector
from coldreel.settings import Settings
from coldreel.understand.choice import Chosen, Rooms
from coldreel.understand.signals import Signals
from coldreel.understand.text import text_of
from made_footage import ODD, RATE, captioned, footage, noise, plain, tone


def choose(name: str) -> Chosen:
    return Rooms(Settings.load(provider=name)).choose()


def placed(chosen: Chosen, shown: Footage) -> Vector:
    understanding = Signals().understand(shown)
    return chosen.place(understanding.blocks, understanding.description)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Sockets that refuse, and a list of who tried."""
    tried: list[str] = []

    def refuse(*args: object, **kwargs: object) -> None:
        tried.append(repr(args))
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield tried


def test_the_weightless_provider_needs_no_network(no_network: list[str]) -> None:
    chosen = choose("signals")
    placed(chosen, footage(captioned("NO NETWORK"), tone(3)))
    assert no_network == []


def test_auto_says_what_it_took_and_why() -> None:
    chosen = choose("auto")
    assert chosen.provider.name == "signals"
    assert "signals" in chosen.why
    assert chosen.space == chosen.provider.space


def test_an_unknown_provider_is_refused_with_the_known_names() -> None:
    with pytest.raises(ProviderError, match=r"no provider sginals.*auto, .*signals"):
        choose("sginals")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(), "A dog. Animals. It runs dog, beach. HELLO"),
        (Given("My pet", ("Dog", "summer")), "My pet. A dog. Animals. It runs dog, summer, beach. HELLO"),
    ],
)
def test_the_searched_text_holds_all_words_once(given: Given, expected: str) -> None:
    described = Description(
        "A dog.", ("dog", "beach"), ("Animals",), "It runs", "p", "m", "1", on_screen_text="HELLO"
    )
    assert text_of(described, given) == expected
    assert text_of(replace(described, title="", on_screen_text=""), given).endswith("beach")


def understand(shown: Footage) -> Understanding:
    return Signals().understand(shown)


def test_the_caption_on_the_screen_is_read_and_becomes_the_title() -> None:
    described = understand(footage(captioned("Hidden gems"))).description
    assert described.on_screen_text.casefold() == "hidden gems"
    assert described.title.casefold() == "hidden gems"
    assert "text on screen" in described.tags


TAGGED = {
    "portrait blue": (footage(plain((30, 60, 200))), {"portrait", "blue", "still", "silent"}),
    "landscape red": (footage(plain((200, 20, 20), height=180, width=320)), {"landscape", "red"}),
    "square black": (footage(plain((0, 0, 0), height=200, width=200)), {"square", "black", "dark"}),
    "loud": (footage(noise(), tone(3, level=0.9)), {"sound", "loud sound"}),
    "quiet": (footage(noise(), tone(3, level=0.005)), {"sound", "quiet sound"}),
    "a silent track": (footage(noise(), np.zeros(RATE, np.float32)), {"silent"}),
    "cuts": (
        footage(np.concatenate([plain(c, 1) for c in [(255, 0, 0), (0, 0, 255)] * 3])),
        {"fast cuts", "red", "blue", "lively"},
    ),
}


def test_a_caption_of_two_lines_is_one_title_and_other_writing_is_not_part_of_it() -> None:
    frames = np.full((2, 640, 360, 3), 40, np.uint8)
    for frame in frames:
        for text, x, y, size in (
            ("Fast car on", 30, 120, 1.5),
            ("empty road", 40, 170, 1.5),
            ("WATERMARK", 230, 620, 0.6),
        ):
            cv2.putText(frame, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 3, cv2.LINE_AA)
    described = understand(footage(frames)).description
    assert described.title == "Fast car on empty road"
    assert "WATERMARK" in described.on_screen_text


@pytest.mark.parametrize("kind", TAGGED)
def test_tags_say_what_was_measured(kind: str) -> None:
    shown, expected = TAGGED[kind]
    described = understand(shown).description
    assert expected <= set(described.tags)
    assert not {"speech", "music"} & set(described.tags)
    assert described.genres == ()
    assert described.speech_share is None


@pytest.mark.parametrize("kind", ["no sound track", "a silent track"])
def test_a_search_for_sound_does_not_find_a_silent_video(kind: str) -> None:
    assert "sound" not in text_of(understand(ODD[kind]).description)


def test_a_search_for_silence_does_not_find_a_video_with_sound() -> None:
    assert "silent" not in text_of(understand(ODD["ordinary"]).description)


def test_a_video_without_sound_or_motion_has_no_such_blocks() -> None:
    assert set(understand(ODD["ordinary"]).blocks) == {
        "signals.colour",
        "signals.layout",
        "signals.shape",
        "signals.texture",
        "signals.motion",
        "signals.sound",
    }
    assert "signals.sound" not in understand(ODD["a silent track"]).blocks
    assert "signals.motion" not in understand(ODD["one frame"]).blocks
    assert "signals.motion" in understand(ODD["one frame for long"]).blocks


def test_videos_that_look_alike_are_nearer() -> None:
    chosen = choose("signals")
    beach, beach_again, forest = (
        placed(chosen, footage(scene))
        for scene in (
            _scene((90, 150, 230), 5),
            _scene((95, 145, 220), 9),
            _scene((20, 90, 30), 5)[:, :, ::-1] // 2,
        )
    )
    assert float(beach @ beach_again) > float(beach @ forest) + 0.1


def _scene(sky: tuple[int, int, int], sun: int) -> NDArray[np.uint8]:
    frames = plain(sky, height=200, width=120)
    frames[:, 120:] = (220, 200, 150)
    for frame in frames:
        cv2.circle(frame, (30, 40), 10 + sun, (255, 240, 200), -1)
    return frames
