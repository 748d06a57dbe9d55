"""All settings, read once at the edges (command line, server, Python facade) and handed down."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from coldreel.errors import SettingsError

PREFIX = "COLDREEL_"
_SECRETS = frozenset({"api_key", "database_url", "gemini_api_key", "openai_api_key"})
"""What no message repeats."""


class Settings(BaseSettings):
    """Each field is set by the variable of its name in capitals after `COLDREEL_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    # where things are
    data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("coldreel")))
    """The embedded database, posters, renditions and uploads."""
    database_url: str | None = None
    """A PostgreSQL server to use instead of the embedded one: postgresql://user:password@host/name."""
    connections: int = Field(8, ge=2, le=1000)
    """Database connections of one process, at most; a worker takes one more for each of its decoders."""

    # taking files in
    provider: str = "auto"
    """Who describes and embeds: auto, or a provider's name."""
    space: str | None = None
    """Blocks and weights of the vectors, such as "text 0.6, tiny.look 0.3, tiny.sound 0.1"; by default the
    provider's own."""
    workers: int = Field(default_factory=lambda: _cores(), ge=1, le=256)
    """Decoder processes of one worker; by default the cores that this process may use."""
    relist_s: float = Field(30.0, gt=0)
    """Seconds between two looks of `up` at its folder."""
    max_duration_s: float = Field(600.0, gt=0)
    """Longer videos are rejected."""
    max_bytes: int = Field(2_000_000_000, gt=0)
    """Larger files are rejected."""
    max_pixels: int = Field(4096 * 2304, gt=0)
    """Larger pictures are rejected."""
    max_frames: int = Field(150_000, gt=0)
    """Videos of more frames are rejected."""
    max_packets: int = Field(1_000_000, gt=0)
    """Files of more packets are rejected."""
    max_streams: int = Field(32, ge=1, le=1000)
    """Files of more streams are not opened."""
    decode_seconds: float = Field(120.0, gt=0)
    """Wall-clock limit for decoding and understanding one file."""
    render_seconds: float = Field(3600.0, gt=0)
    """Wall-clock limit for coding one file anew for browsers."""
    child_memory_mb: int = Field(2048, ge=512)
    """Address space of one decoder process."""
    hwaccel: Literal["auto", "off"] = "off"
    """auto: decode on a device, where there is one that decodes as the processor does."""
    lease_s: float = Field(10.0, gt=0)
    """A worker that is silent for longer loses its claim."""
    max_errors: int = Field(3, ge=1)
    """Errors that the worker saw before a row is failed."""
    max_lost_leases: int = Field(10, ge=1)
    """Leases that ran out before a row is failed."""

    # models
    models_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("coldreel")) / "models")
    """Models that were downloaded, or put there."""
    budget: float | None = Field(None, ge=0)
    """US dollars that all calls of this catalogue may cost together; work stops when they are spent."""
    requests_per_minute: float = Field(300.0, gt=0)
    """Calls to one provider, of all workers together."""
    call_seconds: float = Field(120.0, gt=0)
    """How long a provider may take to answer."""
    pictures: int = Field(16, ge=1, le=100)
    """Pictures of one video that are shown to a model that takes no video, at most."""
    batch: bool = False
    """Ask in batches, which are answered within a day and cost half, where the provider offers that."""
    gemini_api_key: str | None = Field(
        None, validation_alias=AliasChoices("gemini_api_key", "COLDREEL_GEMINI_API_KEY", "GEMINI_API_KEY")
    )
    gemini_project: str | None = None
    """A Google Cloud project: Gemini is then used through Vertex, with that project's credentials."""
    gemini_location: str = "global"
    """The Vertex location."""
    gemini_base_url: str | None = None
    """Another address that speaks Gemini's protocol."""
    gemini_model: str = "gemini-3.5-flash-lite"
    gemini_embedding_model: str = "gemini-embedding-001"
    gemini_input_price: float = Field(0.30, ge=0)
    """US dollars for a million tokens, as of November 2026; the same of the next two."""
    gemini_output_price: float = Field(2.50, ge=0)
    gemini_embedding_price: float = Field(0.15, ge=0)
    openai_base_url: str = "https://api.openai.com/v1"
    """Any server that speaks OpenAI's protocol: vLLM, Ollama, SGLang, llama.cpp, a cloud."""
    openai_api_key: str | None = Field(
        None, validation_alias=AliasChoices("openai_api_key", "COLDREEL_OPENAI_API_KEY", "OPENAI_API_KEY")
    )
    openai_model: str | None = None
    """A model that takes pictures; the provider `openai` is set up once this is."""
    openai_takes_video: bool = False
    """Send the small video instead of pictures, as vLLM and SGLang take it."""
    openai_embedding_model: str | None = None
    """A model for text vectors; without one, words are hashed."""
    openai_embedding_dimensions: int = Field(768, ge=1)
    """Of its vectors, as the server gives them."""
    openai_input_price: float = Field(0.0, ge=0)
    """US dollars for a million tokens; the same of the next two."""
    openai_output_price: float = Field(0.0, ge=0)
    openai_embedding_price: float = Field(0.0, ge=0)
    huggingface_model: str | None = None
    """An image-text-to-text model that describes: a name, or a folder; the provider `huggingface` is set up
    once this or the next is."""
    huggingface_embedding_model: str | None = None
    """A sentence-transformers model that places text, and pictures or videos too where it can."""
    speech_model: str | None = None
    """A faster-whisper model that writes down what is said: a name, or a folder."""

    # serving
    host: str = "127.0.0.1"
    port: int = Field(8765, ge=0, le=65535)
    """0 takes a free one."""
    server_processes: int = Field(1, ge=1, le=64)
    """Processes that answer requests."""
    api_key: str | None = Field(None, min_length=16)
    """Needed by writers once coldreel listens beyond loopback."""
    page_size: int = Field(10, ge=1, le=50)
    """Items of one feed page; smaller ones learn from the last swipes sooner."""
    count_s: float = Field(60.0, gt=0)
    """Seconds between two counts of the catalogue: boards and what is expected of items follow from these."""
    hold_back_s: float = Field(600.0, ge=0)
    """Served but not shown: held back for so long, while there are others."""
    explore_per_item: int = Field(50, ge=1)
    """Viewers after which the trial of a video ends at the latest; it can pass or fail from the fifth on."""
    explore_per_day: int = Field(30, ge=0)
    """Videos on trial that a user is given a day in the places kept for these; others may hold some, too."""
    random_share: float = Field(0.01, ge=0, lt=1)
    """Probability with which a place goes to a video drawn at random: `learn` checks by these."""
    show_again: bool = True
    """When everything has been seen, show the least recently seen again."""
    exclude_tags: str = ""
    """Tags and genres of which nothing is recommended, separated by commas (or by ;, or by |)."""
    min_age_s: float = Field(0.0, ge=0, le=100 * 365.25 * 86_400)
    """Seconds that an item has been here before it is recommended: so somebody can look at it first."""
    with_sound: bool = False
    """Recommend only what has sound."""
    feed_max_duration_s: float | None = Field(None, gt=0)
    """Seconds; what is longer is not recommended, but taken in."""

    @field_validator("data_dir", "models_dir")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        """`~` is for shells to replace, and not everything that sets a variable is one."""
        try:
            return folder.expanduser()
        except RuntimeError as error:  # nobody has that name
            raise ValueError(str(error)) from None

    @field_validator("gemini_api_key", "openai_api_key", mode="before")
    @classmethod
    def _some(cls, key: object) -> object:
        """A variable of another program that is set to nothing is not set."""
        return key or None

    @classmethod
    def load(cls, **given: object) -> Settings:
        """Settings from the environment, then from what was given; None means not given.

        Raises SettingsError, which names the variable and what it may hold.
        """
        for name in os.environ:
            field = name.removeprefix(PREFIX).lower()
            if name.startswith(PREFIX) and field not in cls.model_fields:
                near = difflib.get_close_matches(field, cls.model_fields, n=1)
                names = [PREFIX + each.upper() for each in near or sorted(cls.model_fields)]
                hint = f"did you mean {names[0]}?" if near else f"known are {', '.join(names)}"
                raise SettingsError(f"There is no setting {name}; {hint}")
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            raise SettingsError("; ".join(_explain(line) for line in error.errors())) from None

    def without_secrets(self) -> Settings:
        """For a process that may be taken over by a file."""
        return self.model_copy(update=dict.fromkeys(_SECRETS))

    def exported(self) -> dict[str, str]:
        """The settings as environment variables, for processes that are started with them."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {PREFIX + name.upper(): str(value) for name, value in values.items()}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # fewer than the machine has, in a container for instance
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _explain(line: object) -> str:
    assert isinstance(line, dict)
    name = str(line["loc"][0])
    value = "not usable" if name in _SECRETS else repr(line["input"])
    return f"{PREFIX}{name.upper()} is {value}: {line['msg']}"
