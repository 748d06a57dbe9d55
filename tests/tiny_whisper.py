"""A Whisper of a few megabytes, written on the spot in the form that real ones are converted into."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperConfig, WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_TEXT, _ALL = 50257, 51866
"""Tokens of text, and all that large-v3 has."""
_HIDDEN, _MELS, _HEARD, _WRITTEN = 32, 80, 1500, 448
START, NOTHING, WRITE, END = "<|startoftranscript|>", "<|nospeech|>", "<|transcribe|>", "<|endoftext|>"


def whisper(
    folder: Path,
    says: tuple[str, ...],
    language: str = "en",
    nothing: bool = False,
    certain: bool = True,
) -> Path:
    """It writes the words `says`, one token each, whatever it hears.

    nothing: it holds at the same time that nobody speaks
    certain: of each token; otherwise with a probability of about a quarter
    """
    tokenizer = _tokenizer(says)
    vocabulary = [tokenizer.id_to_token(place) for place in range(tokenizer.get_vocab_size())]
    vocabulary += [f"<|{0.02 * step:.2f}|>" for step in range(_ALL - len(vocabulary))]
    spec = WhisperSpec(1, 2, 1, 2)
    _fill(spec)
    chain = [WRITE, "<|0.00|>", *(f"\u0120{word}" for word in says), "<|0.50|>", END]
    steps = [(START, NOTHING if nothing else f"<|{language}|>"), *pairwise(chain)]
    _chain(spec.decoder, {vocabulary.index(last): vocabulary.index(next_) for last, next_ in steps})
    spec.decoder.layer_norm.gamma[:] = 8 if certain else 1.4
    spec.register_vocabulary(vocabulary)
    spec._config = WhisperConfig(
        suppress_ids=[],
        suppress_ids_begin=[],
        lang_ids=[vocabulary.index(f"<|{name}|>") for name in _LANGUAGE_CODES],
        alignment_heads=[(0, 0)],
    )
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _tokenizer(says: tuple[str, ...]) -> Tokenizer:
    """A token for each byte and each word, others that fill the places up, then the special ones."""
    text = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(f"\u0120{word}" for word in says)]
    text += [f"unused{place}" for place in range(len(text), _TEXT - 1)]
    text.append("")  # by this one the runtime tells a multilingual model
    tokenizer = Tokenizer(models.BPE(vocab={token: place for place, token in enumerate(text)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [END, START, *(f"<|{name}|>" for name in _LANGUAGE_CODES), "<|translate|>", WRITE]
    special += ["<|startoflm|>", "<|startofprev|>", NOTHING, "<|notimestamps|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer


def _fill(spec: Any) -> None:
    """Zeros where it does not matter: neither encoder nor attention add anything."""
    hidden = _HIDDEN
    for conv, inputs in ((spec.encoder.conv1, _MELS), (spec.encoder.conv2, hidden)):
        conv.weight, conv.bias = _zeros(hidden, inputs, 3), _zeros(hidden)
    for part, length in ((spec.encoder, _HEARD), (spec.decoder, _WRITTEN)):
        part.position_encodings.encodings = _zeros(length, hidden)
        (layer,) = part.layer
        linears = [*zip(layer.self_attention.linear, (3, 1), strict=True)]
        norms = [part.layer_norm, layer.self_attention.layer_norm, layer.ffn.layer_norm]
        if part is spec.decoder:
            linears += zip(layer.attention.linear, (1, 2, 1), strict=True)
            norms.append(layer.attention.layer_norm)
        for linear, times in [*linears, (layer.ffn.linear_0, 1), (layer.ffn.linear_1, 1)]:
            linear.weight, linear.bias = _zeros(times * hidden, hidden), _zeros(times * hidden)
        for norm in norms:
            norm.gamma, norm.beta = _zeros(hidden) + 1, _zeros(hidden)
    spec.decoder.embeddings.weight = _zeros(_ALL, hidden)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight


def _chain(decoder: Any, after: Mapping[int, int]) -> None:
    """After each token the other: one unit of the feed-forward layer knows each."""
    used = {token: place for place, token in enumerate(dict.fromkeys([*after, *after.values()]))}
    (layer,) = decoder.layer
    layer.ffn.linear_0.bias[:] = -3
    for token, place in used.items():
        decoder.embeddings.weight[token, place] = 1
    for token, following in after.items():
        layer.ffn.linear_0.weight[used[token], used[token]] = 1
        layer.ffn.linear_1.weight[used[following], used[token]] = 100


def _zeros(*shape: int) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)
