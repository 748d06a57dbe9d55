from fractions import Fraction

import pytest

from coldreel.media.decoding import MediaClock

MILLISECONDS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("stamps", "seconds"),
    [
        ([0, 500, 1000], [0, 0.5, 1]),
        ([7000, 7500, 8000], [0, 0.5, 1]),
        ([-500, 0, 500], [0, 0.5, 1]),
        ([0, 30_000], [0, 30]),
        ([None, None, None], [0, 0.5, 1]),
        ([0, None, 1000], [0, 0.5, 1]),
        ([0, 1000, 900, 1500], [0, 1, 1, 1.5]),
        ([0, 500, 9_000_000, 1000], [0, 0.5, None, 1]),
        ([5000, 5500, 0, 6000], [0, 0.5, None, 1]),
    ],
    ids=[
        "even", "late start", "negative start", "a still", "no stamps", "one stamp missing", "out of order",
        "one stamp far ahead", "one stamp far behind",
    ],
)  # fmt: skip
def test_frames_are_timed_from_the_first_one(stamps, seconds):
    clock = MediaClock(MILLISECONDS, rate=Fraction(2), longest_s=60)
    assert [clock.seconds(stamp) for stamp in stamps] == seconds


def test_a_clock_that_starts_anew_goes_on_where_it_was():
    clock = MediaClock(MILLISECONDS, rate=Fraction(2), longest_s=60)
    times = [clock.seconds(stamp) for stamp in [90_000, 99_000, *range(0, 5000, 500)]]
    assert times[:2] == [0, 9]
    assert [time for time in times[2:] if time is not None] == [9.5, 10, 10.5, 11, 11.5, 12]


@pytest.mark.parametrize("ticks_a_second", [1000, 10_240, 15_360, 48_000, 90_000, 10_000_000])
def test_whole_seconds_are_exact(ticks_a_second):
    clock = MediaClock(Fraction(1, ticks_a_second), rate=Fraction(30), longest_s=600)
    clock.seconds(11)
    assert clock.seconds(11 + 7 * ticks_a_second) == 7.0
