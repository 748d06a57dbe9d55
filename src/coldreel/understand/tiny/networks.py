"""The two models as functions, run by LiteRT. A process loads them once."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldreel.errors import ProviderError
from coldreel.understand.tiny.models import PICTURES, SOUNDS

SIDE = 224
"""Pixels of a picture."""
WINDOW = 15_600
"""Samples of a stretch of sound, at 16 kHz."""
FEATURES, CLASSES, SOUND_CLASSES = 1280, 1000, 521


class PictureNetwork:
    """MobileNet v2. `weights` are of its last layer, (CLASSES, FEATURES)."""

    _POOLED, _WEIGHTS = 172, 107
    """Tensors of this very file: the features that the last layer sees, and its weights."""

    def __init__(self, folder: Path) -> None:
        """Raises ProviderError where the file is not what it should be."""
        self._tensors = _Tensors(folder / PICTURES.name, (1, SIDE, SIDE, 3), inner=True)
        weights = self._tensors.real(self._WEIGHTS, (CLASSES + 1, 1, 1, FEATURES))
        self.weights = weights.reshape(CLASSES + 1, FEATURES)[1:]

    def run(self, picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Features (FEATURES,) and the probability of each class (CLASSES,) of a picture (SIDE, SIDE, 3)."""
        chances = self._tensors.run(picture)
        features = self._tensors.real(self._POOLED, (1, 1, 1, FEATURES))
        return features.ravel(), chances[1:]  # the first class is "background", which nobody learned


class SoundNetwork:
    """YAMNet. `weights` are of its last layer, (SOUND_CLASSES, 1024)."""

    _WEIGHTS = 116

    def __init__(self, folder: Path) -> None:
        """Raises ProviderError where the file is not what it should be."""
        self._tensors = _Tensors(folder / SOUNDS.name, (WINDOW,))
        self.weights = self._tensors.real(self._WEIGHTS, (SOUND_CLASSES, 1024))

    def run(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """How likely each class is to be heard, (SOUND_CLASSES,), in samples (WINDOW,)."""
        return self._tensors.run(samples)


@cache
def pictures(folder: Path) -> PictureNetwork:
    return PictureNetwork(folder)


@cache
def sounds(folder: Path) -> SoundNetwork:
    return SoundNetwork(folder)


class _Tensors:
    """A model in memory. `inner`: what its layers leave behind can be read too."""

    def __init__(self, path: Path, shape: tuple[int, ...], *, inner: bool = False) -> None:
        from ai_edge_litert.interpreter import Interpreter  # 0.3 s

        self._path = path
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that inner tensors take memory: 10 MB
                self._model: Any = Interpreter(
                    str(path), num_threads=1, experimental_preserve_all_tensors=inner
                )
            self._model.allocate_tensors()
            given, gives = self._model.get_input_details()[0], self._model.get_output_details()[0]
            details = self._model.get_tensor_details()
        except (ValueError, RuntimeError) as error:
            raise self._strange() from error
        if tuple(given["shape"]) != shape:
            raise self._strange()
        self._input, self._given = given["index"], shape
        self._output, self._gives = gives["index"], tuple(gives["shape"])
        self._codes = {each["index"]: each["quantization_parameters"] for each in details}

    def run(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The output in one row."""
        self._model.set_tensor(self._input, values.reshape(self._given))
        self._model.invoke()
        return self.real(self._output, self._gives).ravel()

    def real(self, index: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """A tensor's values, whatever they are coded as."""
        try:
            coded = self._model.get_tensor(index)
        except ValueError as error:
            raise self._strange() from error
        if coded.shape != shape:
            raise self._strange()
        codes = self._codes[index]
        if not len(codes["scales"]):
            return np.asarray(coded, np.float32)
        along = [1] * coded.ndim
        along[codes["quantized_dimension"]] = -1
        scales, zeros = (codes[name].reshape(along) for name in ("scales", "zero_points"))
        return np.asarray((coded.astype(np.float32) - zeros) * scales, np.float32)

    def _strange(self) -> ProviderError:
        return ProviderError(
            f"{self._path} is not the model that coldreel knows; delete it, and `coldreel models pull` "
            "brings the right one"
        )
