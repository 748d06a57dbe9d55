"""What parent and child say to each other: pickles, of which the parent believes only plain data."""

from __future__ import annotations

import dataclasses
import enum
import io
import pickle
import struct
import sys
from dataclasses import dataclass
from typing import Any, BinaryIO

from coldreel.errors import ColdreelError

LENGTH = struct.Struct(">Q")
"""Before each message, both ways: its length in bytes."""
MOST_BYTES = 512 * 2**20
"""Largest message: footage of the largest kind (190 frames, ten minutes of sound) takes half of it."""

_ARRAYS = frozenset({"_reconstruct", "_frombuffer", "scalar", "ndarray", "dtype"})
"""What numpy names in the pickle of an array or a number."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it travels: an importable function, and the seconds of processor that it may take."""

    function: Any
    args: tuple[Any, ...]
    seconds: float


def read_message(stream: BinaryIO) -> bytes | None:
    """The next message, or None when the other side is gone.

    Raises UnpicklingError for one that is too long.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise pickle.UnpicklingError(f"a message of {length:,} bytes was announced")
    message = stream.read(length)
    return message if len(message) == length else None


def write_message(stream: BinaryIO, message: bytes) -> None:
    stream.write(LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def answer(message: bytes) -> Any:
    """What a child's reply holds; raises the ColdreelError that it tells.

    A child whose decoder was taken over by a hostile file can send any bytes, and an ordinary pickle may
    call any function: UnpicklingError is raised when it names anything but data, or is no answer at all.
    """
    match _PlainData(io.BytesIO(message)).load():
        case (True, value):
            return value
        case (False, ColdreelError() as error):
            raise error
        case _:
            raise pickle.UnpicklingError("neither a value nor an error")


class _PlainData(pickle.Unpickler):
    """Numbers, text, containers, numpy arrays, and coldreel's own dataclasses, enums and errors."""

    def find_class(self, module: str, name: str) -> Any:
        room, _, _ = module.partition(".")
        if room == "numpy" and name in _ARRAYS:
            return super().find_class(module, name)
        if room == "coldreel" and module in sys.modules:  # nothing is imported at a child's word
            found = getattr(sys.modules[module], name, None)
            if isinstance(found, type) and _is_data(found):
                return found
        if (module, name) == ("builtins", "getattr"):
            return _member
        raise pickle.UnpicklingError(f"{module}.{name} is not data")


def _member(kind: type, name: str) -> enum.Enum:
    """How Python 3.11.0 to 3.11.3, Debian 12's among them, pickle a member of an enum: as an attribute."""
    if not issubclass(kind, enum.Enum):
        raise pickle.UnpicklingError(f"an attribute of {kind} is not data")
    return kind[name]


def _is_data(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, (enum.Enum, ColdreelError))
