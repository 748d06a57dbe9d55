from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from media_filming import film, number_of, play
from media_hdr import hdr_film, scene

from coldreel.errors import CorruptError, RejectedError, WorkError
from coldreel.media.boxes import layout_of
from coldreel.media.limits import Limits
from coldreel.media.playback import decide
from coldreel.media.remuxing import remux
from coldreel.media.tone_mapping import HLG, PQ
from coldreel.media.transcoding import transcode
from coldreel.media.watch import watch
from coldreel.model import Playback

FAST = {"movflags": "faststart"}
QUIET_HEVC = {"x265-params": "log-level=none"}
HEVC = {"codec": "libx265", "options": QUIET_HEVC}
PLACE = {"com.apple.quicktime.location.ISO6709": "+48.8577+002.295/", "title": "home"}
LIMITS = Limits()


def verdict_on(path):
    return decide(path, watch(path, LIMITS).facts, LIMITS)


@pytest.mark.parametrize(
    ("name", "how", "verdict"),
    [
        ("film.mp4", {"muxing": FAST, "sound": "aac"}, Playback.AS_IS),
        ("mp3.mp4", {"muxing": FAST, "sound": "libmp3lame"}, Playback.AS_IS),
        ("silent.mp4", {"muxing": FAST}, Playback.AS_IS),
        ("turned.mp4", {"muxing": FAST, "rotation": 90}, Playback.AS_IS),
        ("vp9.webm", {"codec": "libvpx-vp9", "sound": "libopus"}, Playback.AS_IS),
        ("vp8.webm", {"codec": "libvpx", "sound": "libopus"}, Playback.AS_IS),
        ("vorbis.webm", {"codec": "libvpx", "sound": "vorbis", "channels": "stereo"}, Playback.AS_IS),
        ("av1.webm", {"codec": "libsvtav1", "options": {"preset": "10"}}, Playback.AS_IS),
        ("webm.mp4", {"codec": "libvpx", "container": "webm"}, Playback.AS_IS),
        ("full-range.mp4", {"muxing": FAST, "pix_fmt": "yuvj420p"}, Playback.AS_IS),
        ("opus.mp4", {"muxing": FAST, "sound": "libopus"}, Playback.AS_IS),
        ("edge.mp4", {"muxing": FAST, "size": (1080, 1920), "seconds": 0.2}, Playback.AS_IS),
        ("edge+.mp4", {"muxing": FAST, "size": (1082, 1920), "seconds": 0.2}, Playback.TRANSCODE),
        ("index-last.mp4", {"sound": "aac"}, Playback.REMUX),
        ("place.mp4", {"muxing": FAST, "metadata": PLACE}, Playback.REMUX),
        ("author.mp4", {"muxing": FAST, "metadata": {"artist": "Ann"}}, Playback.REMUX),
        ("date.mp4", {"muxing": FAST, "metadata": {"creation_time": "2024-05-01T12:00:00Z"}}, Playback.REMUX),
        ("fragments.mp4", {"muxing": {"movflags": "frag_keyframe+empty_moov"}}, Playback.REMUX),
        ("film.mov", {"muxing": FAST, "sound": "aac"}, Playback.REMUX),
        ("film.mkv", {"sound": "aac"}, Playback.REMUX),
        ("film.ts", {"sound": "aac"}, Playback.REMUX),
        ("film.flv", {"sound": "aac"}, Playback.REMUX),
        ("vp9.mkv", {"codec": "libvpx-vp9", "sound": "libopus"}, Playback.REMUX),
        ("av1.mkv", {"codec": "libsvtav1", "options": {"preset": "10"}}, Playback.REMUX),
        ("film.avi", {}, Playback.TRANSCODE),
        ("pcm.mov", {"muxing": FAST, "sound": "pcm_s16le"}, Playback.TRANSCODE),
        ("high.mp4", {"muxing": FAST, "pix_fmt": "yuv420p10le"}, Playback.TRANSCODE),
        ("full.mp4", {"muxing": FAST, "pix_fmt": "yuv444p"}, Playback.TRANSCODE),
        ("hevc.mp4", {"muxing": FAST, **HEVC}, Playback.TRANSCODE),
        ("part2.mp4", {"muxing": FAST, "codec": "mpeg4"}, Playback.TRANSCODE),
        ("mpeg1.mpg", {"codec": "mpeg1video", "rate": 25}, Playback.TRANSCODE),
        ("large.mp4", {"muxing": FAST, "size": (2160, 1216), "seconds": 0.2}, Playback.TRANSCODE),
        ("vp8.mkv", {"codec": "libvpx"}, Playback.TRANSCODE),
    ],
)
def test_the_streams_decide_how_a_file_reaches_browsers(tmp_path, monkeypatch, name, how, verdict):
    monkeypatch.setenv("SVT_LOG", "0")
    path = film(tmp_path / name, **{"seconds": 1, **how})
    assert verdict_on(path) == verdict
    if verdict is Playback.REMUX:
        remux(path, tmp_path / "new.mp4", LIMITS)
        assert verdict_on(tmp_path / "new.mp4") is Playback.AS_IS
    if verdict is Playback.TRANSCODE:
        transcode(path, tmp_path / "new.mp4", LIMITS)
        assert verdict_on(tmp_path / "new.mp4") is Playback.AS_IS


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("film.mp4", {"sound": "aac"}),
        ("film.mov", {"rotation": 90}),
        ("film.ts", {"sound": "aac"}),
        ("film.mkv", {"times_ms": [0, 100, 200, 1500, 1600, 2500, 3000]}),
    ],
)
def test_remuxing_changes_no_frame(tmp_path, name, how):
    path = film(tmp_path / name, **how)
    remux(path, tmp_path / "new.mp4", LIMITS)
    before, after = watch(path, LIMITS), watch(tmp_path / "new.mp4", LIMITS)
    assert np.array_equal(before.frames, after.frames)
    assert np.array_equal(before.times, after.times)
    assert (before.sound is None) == (after.sound is None)
    if before.sound is not None and after.sound is not None:
        assert len(after.sound) == pytest.approx(len(before.sound), abs=1100)  # a frame of AAC


@pytest.mark.parametrize("box", [b"uuid", b"meta"])
def test_a_box_that_may_say_anything_is_not_served(tmp_path, box):
    path = film(tmp_path / "film.mp4", muxing=FAST, seconds=1)
    assert verdict_on(path) is Playback.AS_IS
    told = b"exif:GPSLatitude 48,51.4620N"
    path.write_bytes(path.read_bytes() + (8 + len(told)).to_bytes(4, "big") + box + told)
    assert verdict_on(path) is Playback.REMUX
    remux(path, tmp_path / "new.mp4", LIMITS)
    assert b"GPSLatitude" not in (tmp_path / "new.mp4").read_bytes()
    assert verdict_on(tmp_path / "new.mp4") is Playback.AS_IS


def test_more_than_a_picture_and_a_sound_is_not_served(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", options=FAST) as output:
        pictures = output.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        tracks = [output.add_stream("aac", rate=48_000, layout="mono") for _ in range(2)]
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 9 * number, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(pictures.encode(frame))
        output.mux(pictures.encode(None))
        for track in tracks:
            play(output, track, 1)
    assert verdict_on(path) is Playback.REMUX


@pytest.mark.parametrize("make", [remux, transcode])
@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_a_mirrored_film_stays_mirrored(tmp_path, make, rotation):
    path = film(tmp_path / "film.mp4", seconds=1, rotation=rotation, mirrored=True)
    make(path, tmp_path / "new.mp4", LIMITS)
    before, after = watch(path, LIMITS).frames[0], watch(tmp_path / "new.mp4", LIMITS).frames[0]
    assert np.abs(before.astype(int) - after).mean() < 4


def test_a_rendition_of_high_dynamic_range_is_an_ordinary_film(tmp_path):
    for transfer in (PQ, HLG):
        path = hdr_film(tmp_path / "film.mp4", transfer)
        transcode(path, tmp_path / "new.mp4", LIMITS)
        with av.open(str(tmp_path / "new.mp4")) as container:
            frame = next(container.decode(video=0))
        assert (frame.color_trc, frame.color_primaries, frame.colorspace) == (1, 1, 1)  # BT.709
        shown, wanted = frame.to_ndarray(format="rgb24") / 255, watch(path, LIMITS).frames[0] / 255
        assert np.abs(shown - wanted).mean() < 0.02
        assert shown.std() == pytest.approx(scene().std(), abs=0.03)


def test_a_rendition_of_rgb_says_what_its_colours_are(tmp_path):
    path = tmp_path / "film.mkv"
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[:, :160], picture[:, 160:] = (200, 30, 30), (30, 30, 200)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264rgb", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb24"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    transcode(path, tmp_path / "new.mp4", LIMITS)
    with av.open(str(tmp_path / "new.mp4")) as container:
        frame = next(container.decode(video=0))
    assert frame.colorspace == Colorspace.ITU709
    assert np.abs(watch(tmp_path / "new.mp4", LIMITS).frames[0].astype(int) - picture).mean() < 6


def test_a_film_that_changes_its_size_keeps_the_shape_of_its_pictures(tmp_path):
    parts = [film(tmp_path / "wide.ts", seconds=2), film(tmp_path / "tall.ts", size=(180, 320), seconds=4)]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    transcode(joined, tmp_path / "new.mp4", LIMITS)
    with av.open(str(tmp_path / "new.mp4")) as container:
        last = list(container.decode(video=0))[-1].to_ndarray(format="rgb24")
    assert last.shape == (180, 320, 3)
    assert last[:, :100].max() < 40  # black at the sides
    assert last[:80, 115:155].min() > 200  # the white quarter, upright


@pytest.mark.parametrize("make", [remux, transcode])
def test_a_rendition_may_be_read_by_others(tmp_path, make):
    path = film(tmp_path / "film.mp4", seconds=1)
    make(path, tmp_path / "new.mp4", LIMITS)
    assert (tmp_path / "new.mp4").stat().st_mode == path.stat().st_mode


@pytest.mark.parametrize("make", [remux, transcode])
def test_a_rendition_tells_nothing_about_the_person_who_filmed(tmp_path, make):
    path = film(tmp_path / "film.mp4", metadata=PLACE, sound="aac", seconds=1)
    assert b"+48.8577" in path.read_bytes()
    make(path, tmp_path / "new.mp4", LIMITS)
    content = (tmp_path / "new.mp4").read_bytes()
    assert b"+48.8577" not in content
    assert b"home" not in content
    assert layout_of(tmp_path / "new.mp4").index_first


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ({"size": (1600, 1200), **HEVC, "pix_fmt": "yuv420p10le"}, (960, 720)),
        ({"size": (321, 181), "pix_fmt": "yuv444p"}, (320, 180)),
        ({"size": (1080, 1920)}, (720, 1280)),
        ({"size": (1920, 1080), "rotation": 90}, (720, 1280)),
        ({"size": (320, 180), "rotation": -90}, (180, 320)),
        ({"size": (2, 2)}, (2, 2)),
    ],
)
def test_a_transcoded_film_is_the_same_film(tmp_path, how, size):
    path = film(tmp_path / "film.mp4", seconds=2, **how)
    transcode(path, tmp_path / "new.mp4", LIMITS)
    before, after = watch(path, LIMITS), watch(tmp_path / "new.mp4", LIMITS)
    facts = after.facts
    assert (facts.width, facts.height) == size
    assert (facts.video_codec, facts.pixel_format) == ("h264", "yuv420p")
    assert after.times.tolist() == before.times.tolist()
    for old, new in zip(before.frames, after.frames, strict=True):
        if old.shape == new.shape:
            assert np.abs(old.astype(int) - new).mean() < 6


def test_a_transcoded_film_keeps_its_clock_and_its_sound(tmp_path):
    path = film(tmp_path / "film.mkv", times_ms=[0, 100, 200, 1500, 1600, 2500, 3000], sound="pcm_s16le")
    transcode(path, tmp_path / "new.mp4", LIMITS)
    before, after = watch(path, LIMITS), watch(tmp_path / "new.mp4", LIMITS)
    assert [number_of(frame) for frame in after.frames] == [number_of(frame) for frame in before.frames]
    assert after.facts.audio_codec == "aac"
    assert after.sound is not None and before.sound is not None
    assert len(after.sound) == pytest.approx(len(before.sound), abs=1600)
    assert after.sound[8000:24000].std() == pytest.approx(before.sound[8000:24000].std(), rel=0.1)


def test_picture_and_sound_lie_side_by_side_in_a_rendition(tmp_path):
    path = film(tmp_path / "film.mkv", seconds=8, sound="pcm_s16le")
    transcode(path, tmp_path / "new.mp4", LIMITS)
    with av.open(str(tmp_path / "new.mp4")) as container:
        order = [(packet.pos, packet.stream.type, float((packet.dts or 0) * packet.time_base))
                 for packet in container.demux() if packet.size]  # fmt: skip
    latest = {"video": 0.0, "audio": 0.0}
    for _, kind, seconds in sorted(order):
        latest[kind] = seconds
        assert abs(latest["video"] - latest["audio"]) < 2


def test_slow_motion_is_thinned_to_60_frames_a_second(tmp_path):
    path = film(tmp_path / "film.mp4", rate=250, seconds=1, codec="mpeg4")
    transcode(path, tmp_path / "new.mp4", LIMITS)
    assert 50 <= watch(tmp_path / "new.mp4", LIMITS).facts.fps <= 61


@pytest.mark.parametrize("make", [remux, transcode])
def test_what_cannot_be_made_leaves_nothing_behind(tmp_path, make):
    path = film(tmp_path / "film.mp4", seconds=1, muxing=FAST)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    with pytest.raises(CorruptError):
        make(path, tmp_path / "new.mp4", LIMITS)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def test_streams_that_no_mp4_holds_are_refused_by_remux(tmp_path):
    path = film(tmp_path / "film.webm", codec="libvpx", seconds=1)
    with pytest.raises(RejectedError, match="transcode"):
        remux(path, tmp_path / "new.mp4", LIMITS)
    assert not (tmp_path / "new.mp4").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = film(tmp_path / "film.mp4", seconds=1)
    with pytest.raises(WorkError, match=r"nowhere.*cannot be written"):
        transcode(path, tmp_path / "nowhere" / "new.mp4", LIMITS)
