"""A model that looks at pictures and writes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from coldreel.errors import ProviderError
from coldreel.model import Material
from coldreel.understand.huggingface.loading import DEVICE, loading, working
from coldreel.understand.wording import at, opening

Message = dict[str, Any]

MOST_TOKENS = 1024
"""That an answer may have; one as asked has about 300."""


class Describer:
    """One model in memory, which answers one question at a time."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises ProviderError for a folder that holds no such model."""
        with loading(name, "COLDREEL_HUGGINGFACE_MODEL"):
            self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
            self._model: Any = AutoModelForImageTextToText.from_pretrained(
                folder, local_files_only=True, dtype="auto"
            )
        if not getattr(self._processor, "chat_template", None):
            raise ProviderError(
                f"The model {name} has no chat template, so it cannot be asked for a form of answer; set "
                "COLDREEL_HUGGINGFACE_MODEL to one that follows instructions"
            )
        self._model.to(DEVICE).eval()
        self._name = name
        self._turn = Lock()

    def answer(self, messages: Sequence[Message], most_tokens: int = MOST_TOKENS) -> str:
        """The model's next message, the likeliest words of it. Raises ProviderError."""
        with self._turn, working(self._name), torch.inference_mode():
            asked = self._processor.apply_chat_template(
                list(messages),
                add_generation_prompt=True,
                enable_thinking=False,  # templates that know it leave the model's musings out of the answer
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            ).to(DEVICE, dtype=self._model.dtype)
            tokens = self._model.generate(**asked, max_new_tokens=most_tokens, do_sample=False)
            written = tokens[:, asked["input_ids"].shape[1] :]
            text: str = self._processor.batch_decode(written, skip_special_tokens=True)[0]
        return text


def question(material: Material) -> Message:
    """What is asked first. Raises ProviderError when there is nothing to look at."""
    if not material.pictures:
        raise ProviderError(
            "There is no picture of this video to show to a model; `coldreel ingest` it again"
        )
    content: list[dict[str, Any]] = [_text(opening(material.transcript, pictures=True))]
    for picture in material.pictures:
        content += [_text(at(picture.second)), {"type": "image", "image": opened(picture.jpeg)}]
    return {"role": "user", "content": content}


def turn(role: str, text: str) -> Message:
    return {"role": role, "content": [_text(text)]}


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
