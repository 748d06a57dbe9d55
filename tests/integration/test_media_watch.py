import math
import shutil
import subprocess

import av
import numpy as np
import pytest
from media_filming import film, number_of, numbered

from coldreel.media.keeping import SAMPLES_BYTES
from coldreel.media.limits import Limits
from coldreel.media.opening import open_media
from coldreel.media.speech import speech_share
from coldreel.media.watch import watch

QUIET_HEVC = {"x265-params": "log-level=none"}


@pytest.fixture(autouse=True)
def silent_encoder(monkeypatch):
    monkeypatch.setenv("SVT_LOG", "0")


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
    path = film(tmp_path / "film.mp4", size=(960, 540), seconds=2.5)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    footage = watch(path, Limits())
    for second, kept in zip(footage.times, footage.frames, strict=True):
        shown = [frame for frame in frames if frame.time <= second][-1]
        assert np.array_equal(kept, shown.reformat(768, 432, "rgb24", interpolation="AREA").to_ndarray())


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


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg command is not there to compare with")
@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_pictures_are_turned_upright_as_ffmpeg_turns_them(tmp_path, rotation):
    path = film(tmp_path / "film.mp4", seconds=1, rotation=rotation)
    footage = watch(path, Limits())
    height, width = footage.frames.shape[1:3]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    turned = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
    assert (width, height) == ((320, 180) if rotation in (0, 180) else (180, 320))
    assert (footage.facts.width, footage.facts.height) == (width, height)
    assert np.abs(turned.reshape(height, width, 3).astype(int) - footage.frames[0]).mean() < 4


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


def test_a_long_clip_is_thinned_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr("coldreel.media.keeping.SAMPLES_BYTES", 10 * 320 * 180 * 3)
    footage = watch(film(tmp_path / "film.mp4", seconds=45, rate=2), Limits())
    assert footage.times.tolist() == list(range(0, 45, 8))
    assert [number_of(frame) for frame in footage.frames] == [2 * second for second in range(0, 45, 8)]


def test_the_frames_of_the_longest_clip_stay_below_200_mb():
    frame_bytes = 768 * 768 * 3
    assert SAMPLES_BYTES // frame_bytes * frame_bytes < 204e6
    assert math.floor(SAMPLES_BYTES / frame_bytes) >= 100


def test_a_still_is_kept_once(tmp_path):
    footage = watch(film(tmp_path / "film.mkv", times_ms=[0, 5900]), Limits())
    assert footage.times.tolist() == [0]
    assert np.abs(footage.frames[0].astype(int) - numbered(0, 320, 180)).mean() < 8


def test_the_file_itself_is_left_alone(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=1, sound="aac")
    before, facts = path.read_bytes(), path.stat()
    watch(path, Limits())
    assert path.read_bytes() == before
    assert path.stat().st_mtime_ns == facts.st_mtime_ns
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
