"""From a file to words and vector: what runs in the decoder child and what runs here, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from coldreel.errors import ProviderError
from coldreel.ingest.decoding import Children, DecodingRules
from coldreel.ingest.preparation import Prepared, Seen, Wanted, look_again, prepare
from coldreel.model import Description, Material, Transcript, Vector
from coldreel.settings import Settings
from coldreel.understand.contract import FootageProvider, MaterialProvider, Medium, Provider

Result = TypeVar("Result")


class Recogniser(Protocol):
    """Writes down what is said."""

    def transcribe(self, sound: Any) -> Transcript | None:
        """Of 16 kHz mono; None where nothing is said."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Interpretation:
    """What was understood of a file; `description` is None where nobody was asked to describe it."""

    description: Description | None
    blocks: Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Watches files in children, and asks the providers that do not run there."""

    children: Children
    settings: Settings
    """Without secrets: they go into the children."""
    rules: DecodingRules
    recogniser: Recogniser | None = None

    def prepare(
        self,
        path: Path,
        rendition: Path,
        about: tuple[bytes, str],
        describer: Provider | None,
        makers: Sequence[Provider],
    ) -> tuple[Prepared, Interpretation]:
        """Everything that is to be known of a file. `about` is its content hash and its address.

        describer: None where the words are there already

        Raises RejectedError when the file is no use, WorkError, ProviderError and their kin.
        """
        prepared = self._in_child(prepare, path, rendition, self._wanted(describer, makers))
        return prepared, self._interpreted(prepared.seen, about, describer, makers)

    def look_again(
        self,
        path: Path,
        scratch: Path,
        about: tuple[bytes, str],
        describer: Provider | None,
        makers: Sequence[Provider],
    ) -> Interpretation:
        """The words, the blocks or both of a file that was prepared before."""
        seen = self._in_child(look_again, path, scratch, self._wanted(describer, makers))
        return self._interpreted(seen, about, describer, makers)

    def _in_child(self, function: Callable[..., Result], path: Path, place: Path, wanted: Wanted) -> Result:
        rules = self.rules
        return self.children.run(
            function, path, place, wanted, rules.limits, rules.hardware, seconds=rules.decode_seconds
        )

    def _wanted(self, describer: Provider | None, makers: Sequence[Provider]) -> Wanted:
        asked = _each(describer, makers)
        takes = {medium for each in asked if isinstance(each, MaterialProvider) for medium in each.takes}
        if describer is not None and self.recogniser is not None:
            takes.add(Medium.SOUND)
        return Wanted(
            describer=describer.name if isinstance(describer, FootageProvider) else None,
            makers=tuple(each.name for each in makers if isinstance(each, FootageProvider)),
            takes=frozenset(takes),
            settings=self.settings,
        )

    def _interpreted(
        self, seen: Seen, about: tuple[bytes, str], describer: Provider | None, makers: Sequence[Provider]
    ) -> Interpretation:
        material = _identified(seen.material, *about)
        transcript = self._transcript(material) if describer is not None else None
        description, blocks = seen.description, dict(seen.blocks)
        for each in _each(describer, makers):
            if isinstance(each, MaterialProvider):
                if material is None:
                    raise ProviderError(f"Provider {each.name} does not say what it takes of a video")
                understood = each.understand(replace(material, transcript=transcript))
                blocks |= understood.blocks
                description = understood.description if each is describer else description
        if description is not None and transcript is not None:
            description = _with_speech(description, transcript)
        return Interpretation(description, blocks)

    def _transcript(self, material: Material | None) -> Transcript | None:
        if self.recogniser is None or material is None or material.sound is None:
            return None
        return self.recogniser.transcribe(material.sound)


def _each(describer: Provider | None, makers: Sequence[Provider]) -> list[Provider]:
    """Everybody who is asked, once."""
    everybody = [*makers, *([describer] if describer is not None else [])]
    return list({each.name: each for each in everybody}.values())


def _identified(material: Material | None, content_hash: bytes, uri: str) -> Material | None:
    """The material with what the child does not know."""
    return None if material is None else replace(material, content_hash=content_hash, uri=uri)


def _with_speech(description: Description, transcript: Transcript) -> Description:
    spoken = [{"start": s.start, "end": s.end, "text": s.text} for s in transcript.spoken]
    speech = {
        "model": transcript.model,
        "language": transcript.language,
        "certainty": transcript.certainty,
        "spoken": spoken,
    }
    return replace(
        description,
        transcript=transcript.text,
        language=description.language or transcript.language,
        evidence={**description.evidence, "speech": speech},
    )
