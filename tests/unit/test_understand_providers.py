"""What every provider promises, held against each one that is installed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.ingest.handing import material
from coldreel.model import Description, Footage, Given, MediaFacts, Understanding, Vector
from coldreel.settings import Settings
from coldreel.understand.choice import Chosen, Rooms, known
from coldreel.understand.contract import FootageProvider, MaterialProvider
from coldreel.understand.spaces import TEXT
from coldreel.understand.text import NOTHING_GIVEN, text_of

RATE = 16_000


def footage(
    frames: NDArray[np.uint8], sound: NDArray[np.float32] | None = None, seconds: float | None = None
) -> Footage:
    """Frames one second apart."""
    height, width = frames.shape[1:3]
    length = float(len(frames)) if seconds is None else seconds
    facts = MediaFacts(
        length, width, height, 25.0, "mp4", "h264", "yuv420p", None if sound is None else "aac"
    )
    return Footage(facts, frames, np.arange(len(frames), dtype=np.float64), sound, b"")


def plain(colour: tuple[int, int, int], n: int = 3, height: int = 320, width: int = 180) -> NDArray[np.uint8]:
    return np.full((n, height, width, 3), colour, np.uint8)


def noise(n: int = 3, height: int = 120, width: int = 200) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (n, height, width, 3)).astype(np.uint8)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def captioned(text: str) -> NDArray[np.uint8]:
    frames = plain((20, 40, 160), height=360, width=640)
    for frame in frames:
        cv2.putText(frame, text, (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3, cv2.LINE_AA)
    return frames


ODD = {
    "ordinary": footage(noise(), tone(3)),
    "no sound track": footage(noise()),
    "a silent track": footage(noise(), np.zeros(3 * RATE, np.float32)),
    "an empty track": footage(noise(), np.zeros(0, np.float32)),
    "a click of sound": footage(noise(), tone(0.01)),
    "black": footage(plain((0, 0, 0))),
    "white": footage(plain((255, 255, 255))),
    "one frame": footage(noise(1), seconds=0.04),
    "one frame for long": footage(noise(1), seconds=9.0),
    "tiny": footage(noise(2, 2, 2)),
    "a strip": footage(noise(2, 2, 768)),
    "long": footage(np.repeat(noise(2, 24, 32), 100, axis=0), tone(200)),
}


def choose(name: str) -> Chosen:
    return Rooms(Settings.load(provider=name)).choose()


def seen(chosen: Chosen, shown: Footage) -> Understanding:
    """What a provider understands of footage, whichever way it is given."""
    provider = chosen.provider
    if isinstance(provider, FootageProvider):
        return provider.understand(shown)
    assert isinstance(provider, MaterialProvider)
    return provider.understand(material(shown, provider.takes, 16, b"proxy"))


def placed(chosen: Chosen, understanding: Understanding, given: Given = NOTHING_GIVEN) -> Vector:
    return chosen.place(understanding.blocks, understanding.description, given)


@pytest.fixture(params=sorted(known()))
def chosen(request: pytest.FixtureRequest) -> Chosen:
    return choose(str(request.param))


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


@pytest.mark.parametrize("kind", ODD)
def test_any_footage_becomes_a_description_and_a_vector(chosen: Chosen, kind: str) -> None:
    understanding = seen(chosen, ODD[kind])
    described = understanding.description
    assert described.title
    assert described.provider == chosen.provider.name
    assert described.model
    assert described.prompt_version
    json.dumps(dict(described.evidence), allow_nan=False)
    sizes = {block.name: block.dimensions for block in chosen.space.blocks}
    assert TEXT not in understanding.blocks
    assert understanding.blocks
    for name, values in understanding.blocks.items():
        assert values.dtype == np.float32
        assert values.shape == (sizes[name],)
        assert float(np.linalg.norm(values)) == pytest.approx(1, abs=1e-5)
    vector = placed(chosen, understanding)
    assert vector.shape == (chosen.space.dimensions,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_the_same_footage_gives_the_same_answer(chosen: Chosen) -> None:
    once, again = (seen(chosen, ODD["ordinary"]) for _ in range(2))
    assert once.description == again.description
    np.testing.assert_array_equal(placed(chosen, once), placed(chosen, again))


def test_the_frames_are_not_changed(chosen: Chosen) -> None:
    before = ODD["ordinary"].frames.copy()
    seen(chosen, ODD["ordinary"])
    np.testing.assert_array_equal(ODD["ordinary"].frames, before)


def test_a_given_title_moves_the_vector_towards_its_words(chosen: Chosen) -> None:
    understanding = seen(chosen, ODD["no sound track"])
    query = chosen.query("basketball training")
    titled = placed(chosen, understanding, Given(title="Basketball training", tags=("sport",)))
    words = chosen.space.place_of(TEXT)
    norm = chosen.space.text_norm(titled)
    assert float(query @ titled[words]) / norm > chosen.text.floor
    assert float(query @ placed(chosen, understanding)[words]) < float(query @ titled[words])


def test_the_weightless_provider_needs_no_network(no_network: list[str]) -> None:
    chosen = choose("signals")
    placed(chosen, seen(chosen, footage(captioned("NO NETWORK"), tone(3))))
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
    return seen(choose("signals"), shown)


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
        placed(chosen, seen(chosen, footage(scene)))
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
