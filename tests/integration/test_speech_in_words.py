"""What is said in a video reaches its description, its vector and the search."""

from __future__ import annotations

from pathlib import Path

from coldreel import Coldreel
from tiny_whisper import whisper


def test_what_is_said_is_found(clips: list[Path], database_url: str, tmp_path: Path) -> None:
    (talking,) = (clip for clip in clips if clip.name == "0323_3.mp4")
    model = whisper(tmp_path / "whisper", ("zanzibar", "express"))
    with Coldreel(data_dir=tmp_path, database_url=database_url, speech_model=str(model)) as reel:
        assert reel.ingest(talking).ready == 1
        description = reel.details(talking.name).description
        assert description.transcript == "zanzibar express"
        assert description.language == "en"
        (spoken,) = description.evidence["speech"]["spoken"]
        assert (spoken["text"], spoken["start"] < spoken["end"]) == ("zanzibar express", True)
        assert [row.file for row in reel.search("zanzibar")] == [talking.name]
    with Coldreel(data_dir=tmp_path, database_url=database_url) as reel:
        assert reel.redescribe("signals").asked == 1
        assert reel.details(talking.name).description.transcript == ""
        assert list(reel.search("zanzibar")) == []
