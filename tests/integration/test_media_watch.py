import math
import os
import shutil
import subprocess
from fractions import Fraction
from typing import cast

import av
import numpy as np
import pytest
from media_filming import film, number_of, numbered

from coldreel.media.geometry import Geometry
from coldreel.media.keeping import SAMPLES_BYTES, KeptPictures
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.speech import speech_share
from coldreel.media.watch import watch
from coldreel.model import SOUND_RATE

QUIET_HEVC = {"x265-params": "log-level=none"}


@pytest.fixture(autouse=True)
def silent_encoder(monkeypatch):
    monkeypatch.setenv("SVT_LOG", "0")


def late_film(path, picture_s, sounds):
    """Three seconds of picture and some stretches of a tone, each from a second on for so many seconds.

    It does not say how long it is.
    """
    with av.open(str(path), "w", options={"live": "1"}) as output:
        picture = output.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        track = output.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(numbered(number, 320, 180))
            frame.pts, frame.time_base = round(10 * picture_s) + number, Fraction(1, 10)
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        for start_s, seconds in sounds:
            for at in range(0, round(seconds * 48_000), 1000):
                wave = 9000 * np.sin(2 * np.pi * 440 * np.arange(at, at + 1000) / 48_000)
                tone = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
                tone.sample_rate, tone.time_base = 48_000, Fraction(1, 48_000)
                tone.pts = round(start_s * 48_000) + at
                output.mux(track.encode(tone))
        output.mux(track.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "how", "codec", "container"),
    [
        ("phone.mp4", {}, "h264", "mp4"),
        ("phone.mov", {}, "h264", "mov"),
        ("high.mp4", {"pix_fmt": "yuv420p10le"}, "h264", "mp4"),
        ("ten-bit.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le", "options": QUIET_HEVC}, "hevc", "mp4"),
        ("page.webm", {"codec": "libvpx"}, "vp8", "webm"),
        ("page9.webm", {"codec": "libvpx-vp9"}, "vp9", "webm"),
        ("new.mkv", {"codec": "libsvtav1", "options": {"preset": "10"}}, "av1", "matroska"),
        ("old.mp4", {"codec": "mpeg4"}, "mpeg4", "mp4"),
        ("flash.flv", {"codec": "flv1"}, "flv1", "flv"),
        ("broadcast.ts", {}, "h264", "mpegts"),
        ("a film named.txt", {"container": "mp4"}, "h264", "mp4"),
    ],
)
def test_the_frame_on_show_at_each_whole_second_is_kept(tmp_path, name, how, codec, container):
    footage = watch(film(tmp_path / name, seconds=3, **how), Limits())
    assert [number_of(frame) for frame in footage.frames] == [0, 10, 20]
    assert footage.times.tolist() == [0, 1, 2]
    assert footage.frames.shape == (3, 180, 320, 3)
    assert footage.frames.dtype == np.uint8
    assert (footage.facts.video_codec, footage.facts.container) == (codec, container)
    assert footage.facts.duration_s == pytest.approx(3, abs=0.15)
    assert footage.facts.fps == pytest.approx(10, abs=0.5)
    assert footage.sound is None
    assert footage.poster[8:12] == b"WEBP"


def test_frames_are_bit_exact_those_of_a_full_decode(tmp_path):
    path = film(tmp_path / "film.mp4", size=(768, 432), seconds=2.5)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    footage = watch(path, Limits())
    for second, kept in zip(footage.times, footage.frames, strict=True):
        shown = [frame for frame in frames if frame.time <= second][-1]
        assert np.array_equal(kept, shown.to_ndarray(format="rgb24"))


@pytest.mark.parametrize(
    ("times_ms", "seconds", "numbers"),
    [
        ([0, 100, 200, 1500, 1600, 5000, 5100], [0, 1, 2, 5], [0, 2, 4, 5]),
        ([0, 40, 80], [0], [0]),
        ([0, 999, 1001, 2000], [0, 1, 2], [0, 1, 3]),
        ([3000, 3500, 4000, 4500], [0, 1], [0, 2]),
    ],
    ids=["gaps", "shorter than a second", "just before and after", "starts late"],
)
def test_a_variable_frame_rate_is_taken_as_it_is(tmp_path, times_ms, seconds, numbers):
    footage = watch(film(tmp_path / "film.mkv", times_ms=times_ms), Limits())
    assert footage.times.tolist() == seconds
    assert [number_of(frame) for frame in footage.frames] == numbers


def as_ffmpeg_shows(path, width, height):
    """The first picture as the command of FFmpeg turns it."""
    raw = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), *raw], check=True, capture_output=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(height, width, 3)


needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None and os.environ.get("CI") != "true",
    reason="the command ffmpeg is not there to compare with",
)


@needs_ffmpeg
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_pictures_are_turned_upright_as_ffmpeg_turns_them(tmp_path, rotation, mirrored, flipped):
    path = film(tmp_path / "film.mp4", seconds=1, rotation=rotation, mirrored=mirrored, flipped=flipped)
    footage = watch(path, Limits())
    height, width = footage.frames.shape[1:3]
    assert (width, height) == ((320, 180) if rotation in (0, 180) else (180, 320))
    assert (footage.facts.width, footage.facts.height) == (width, height)
    shown = as_ffmpeg_shows(path, width, height)
    assert np.abs(shown.astype(int) - footage.frames[0]).mean() < 4


class NewerFrame:
    """A frame beside which something is told that PyAV has no name for."""

    def __init__(self, frame):
        self.width, self.height, self.rotation = frame.width, frame.height, frame.rotation

    @property
    def side_data(self):
        raise ValueError("29 is not a valid Type")


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_pictures_are_turned_upright_whatever_else_is_told_beside_them(tmp_path, rotation):
    with av.open(str(film(tmp_path / "film.mp4", seconds=1, rotation=rotation))) as media:
        stream = media.streams.video[0]
        frame = next(media.decode(stream))
        assert Geometry.of(cast("av.VideoFrame", NewerFrame(frame)), stream) == Geometry.of(frame, stream)


@pytest.mark.parametrize(
    ("size", "pix_fmt", "kept"),
    [((321, 181), "yuv444p", (181, 321)), ((1280, 720), "yuv420p", (432, 768)), ((2, 2), "yuv420p", (2, 2))],
)
def test_pictures_of_any_size_are_made_small_but_never_larger(tmp_path, size, pix_fmt, kept):
    footage = watch(film(tmp_path / "film.mp4", size=size, pix_fmt=pix_fmt, seconds=1), Limits())
    assert footage.frames.shape[1:3] == kept
    assert (footage.facts.width, footage.facts.height) == size


def test_a_file_without_a_duration_is_measured(tmp_path):
    path = film(tmp_path / "live.webm", codec="libvpx", muxing={"live": "1"})
    with open_media(path, Limits()) as media:
        assert media.stated_duration_s is None
    assert watch(path, Limits()).facts.duration_s == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    ("sound", "channels"),
    [
        ("aac", "mono"),
        ("aac", "5.1"),
        ("libopus", "stereo"),
        ("libmp3lame", "stereo"),
        ("pcm_s16le", "stereo"),
    ],
)
def test_the_sound_becomes_16_khz_mono(tmp_path, sound, channels):
    footage = watch(film(tmp_path / "film.mkv", seconds=2, sound=sound, channels=channels), Limits())
    assert footage.sound is not None
    assert footage.sound.dtype == np.float32
    assert len(footage.sound) == pytest.approx(32_000, abs=2_000)
    middle = footage.sound[8_000:24_000]
    loudest = np.abs(np.fft.rfft(middle)).argmax()  # one bin a hertz
    assert loudest == pytest.approx(440, abs=2)
    assert middle.std() == pytest.approx(0.5 / math.sqrt(2), abs=0.03)


@pytest.mark.parametrize(
    ("picture_s", "sound_s"), [(0, 0), (0, 2), (2, 0), (3, 1.5), (0, 0.05)], ids=lambda value: f"{value} s"
)
def test_sound_runs_beside_the_picture_whichever_begins_first(tmp_path, picture_s, sound_s):
    path = late_film(tmp_path / "film.mkv", picture_s, [(sound_s, 4)])
    footage = watch(path, Limits())
    assert footage.sound is not None
    loud = np.flatnonzero(np.abs(footage.sound) > 0.1) / SOUND_RATE
    assert loud[0] == pytest.approx(max(0, sound_s - picture_s), abs=0.03)
    assert len(footage.sound) / SOUND_RATE == pytest.approx(sound_s - picture_s + 4, abs=0.05)


def test_gaps_in_the_sound_are_silent(tmp_path):
    footage = watch(late_film(tmp_path / "film.mkv", 0, [(0, 1), (3, 1)]), Limits())
    assert footage.sound is not None
    loudness = [np.abs(footage.sound[round(at * SOUND_RATE) :][:3200]).max() for at in (0.5, 1.5, 2.5, 3.5)]
    assert [level > 0.1 for level in loudness] == [True, False, False, True]


def test_a_sound_track_that_claims_to_begin_in_another_age_begins_with_the_picture(tmp_path):
    path = late_film(tmp_path / "film.mkv", 0, [(5_000_000, 2)])
    footage = watch(path, Limits())
    assert footage.sound is not None
    assert len(footage.sound) == pytest.approx(32_000, abs=100)
    assert footage.sound.nbytes < 200_000


@pytest.mark.parametrize("rate", [1, 2, 7])
def test_a_sound_track_of_no_use_costs_no_picture(tmp_path, rate):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as output:
        picture = output.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        track = output.add_stream("pcm_s16le", rate=rate, layout="mono")
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(numbered(number, 64, 64))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        sound = av.AudioFrame.from_ndarray(
            np.full((1, 2 * rate), 9000, np.int16), format="s16", layout="mono"
        )
        sound.sample_rate, sound.pts, sound.time_base = rate, 0, Fraction(1, rate)
        output.mux(track.encode(sound))
        output.mux(track.encode(None))
    footage = watch(path, Limits())
    assert [number_of(frame) for frame in footage.frames] == [0, 10]


@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_loudness_is_measured_as_broadcasters_do(tmp_path, channels):
    footage = watch(film(tmp_path / "film.mkv", sound="pcm_s16le", channels=channels, seconds=4), Limits())
    # BS.1770: a full sine of 997 Hz in one channel is -3.01; half the height 6.02 less, two channels 3 more
    expected = -3.01 - 6.02 + (3.01 if channels == "stereo" else 0)
    assert footage.loudness == pytest.approx(expected, abs=0.8)  # 440 Hz weighs a little less


@pytest.mark.parametrize(
    ("clip", "least", "most"),
    [
        ("0040_d11.mp4", 0.7, 1.0),
        ("0323_3.mp4", 0.8, 1.0),
        ("0454_drum.mp4", 0.0, 0.05),
        ("0453_car.mp4", 0.0, 0.05),
    ],
)
def test_speech_is_told_from_other_sound(clips, clip, least, most):
    (path,) = [path for path in clips if path.name == clip]
    share = watch(path, Limits()).speech_share
    assert share is not None
    assert least <= share <= most


def test_a_click_is_too_short_to_be_speech(tmp_path):
    assert speech_share(np.zeros(500, np.float32)) is None
    assert speech_share(np.zeros(600, np.float32)) == 0
    assert watch(film(tmp_path / "film.mp4"), Limits()).speech_share is None


def test_silence_has_no_loudness(tmp_path):
    assert watch(film(tmp_path / "film.mp4"), Limits()).loudness is None
    path = film(tmp_path / "quiet.mkv", sound="pcm_s16le", seconds=2)
    with av.open(str(path)) as container:
        spoken = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    content = path.read_bytes()
    for packet in spoken:
        content = content.replace(packet, bytes(len(packet)))
    path.write_bytes(content)
    assert watch(path, Limits()).loudness is None


def test_keyframes_are_hints_at_cuts(tmp_path):
    footage = watch(
        film(tmp_path / "film.mp4", seconds=5, options={"g": "20", "sc_threshold": "0"}), Limits()
    )
    assert footage.key_times == (0.0, 2.0, 4.0)


def test_a_broken_sound_track_costs_no_picture(tmp_path):
    path = film(tmp_path / "film.mkv", seconds=2, sound="pcm_s16le")
    whole = path.read_bytes()
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    broken = bytearray(whole)
    for packet in packets:
        at = whole.find(bytes(packet))
        broken[at : at + packet.size] = b"\xff" * packet.size
    path.write_bytes(broken)
    footage = watch(path, Limits())
    assert [number_of(frame) for frame in footage.frames] == [0, 10]


def test_a_sound_track_that_changes_its_channels_on_the_way_is_heard_to_the_end(tmp_path):
    parts = [film(tmp_path / f"{n}.ts", seconds=2, sound="aac", channels=channels)
             for n, channels in enumerate(["mono", "stereo"])]  # fmt: skip
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    footage = watch(joined, Limits())
    assert footage.sound is not None
    assert len(footage.sound) == pytest.approx(64_000, abs=5_000)
    assert footage.sound[-16_000:-4_000].std() == pytest.approx(0.5 / math.sqrt(2), abs=0.05)


def test_a_file_whose_end_is_cut_still_gives_its_frames(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=6, muxing={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    footage = watch(path, Limits())
    assert 2 <= len(footage.frames) < 6
    assert [number_of(frame) for frame in footage.frames] == [10 * n for n in range(len(footage.frames))]
    assert footage.facts.duration_s < 5


def test_bits_that_rot_cost_some_frames(tmp_path):
    path = film(tmp_path / "film.ts", seconds=8, options={"g": "10"})
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + len(content) // 6] = bytes(len(content) // 6)
    path.write_bytes(content)
    footage = watch(path, Limits())
    assert 3 <= len(footage.frames) <= 8
    assert number_of(footage.frames[0]) == 0
    assert (np.diff(footage.times) > 0).all()


def test_a_picture_that_changes_its_size_on_the_way_is_fitted_into_its_first_shape(tmp_path):
    wide = film(tmp_path / "wide.ts", size=(320, 180), seconds=2)
    tall = film(tmp_path / "tall.ts", size=(180, 320), seconds=4)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(wide.read_bytes() + tall.read_bytes())
    footage = watch(joined, Limits())
    assert footage.frames.shape[1:] == (180, 320, 3)
    assert number_of(footage.frames[1]) == 10
    last = footage.frames[-1]
    assert last[:, :100].max() < 40  # black at the sides
    assert last[:80, 115:155].min() > 200  # the white quarter, upright


def test_the_longest_clip_is_kept_in_bounded_memory():
    kept = KeptPictures(Limits())
    picture = np.zeros((768, 768, 3), np.uint8)
    for second in range(600):
        kept.add(second, picture)
    frames, times = kept.arrays()
    assert frames.base is not None and frames.base.nbytes <= SAMPLES_BYTES
    assert np.unique(np.diff(times)).tolist() == [8]
    assert len(times) == 75


def test_a_long_clip_is_thinned_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr("coldreel.media.keeping.SAMPLES_BYTES", 10 * 320 * 180 * 3)
    footage = watch(film(tmp_path / "film.mp4", seconds=45, rate=2), Limits())
    assert footage.times.tolist() == list(range(0, 45, 8))
    assert [number_of(frame) for frame in footage.frames] == [2 * second for second in range(0, 45, 8)]
