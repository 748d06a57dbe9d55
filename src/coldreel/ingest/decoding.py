"""Where hostile files are decoded, and what that may cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from coldreel.media.limits import Limits

Result = TypeVar("Result")


class Children(Protocol):
    """Where hostile files are decoded: not in this process."""

    def run(self, function: Callable[..., Result], *args: Any, seconds: float) -> Result:
        """Call an importable function in a child; raises what it raised, or how the child died."""
        ...

    def close(self) -> None:
        """End all children now, whatever they are at."""
        ...


@dataclass(frozen=True, slots=True)
class DecodingRules:
    limits: Limits
    decode_seconds: float = 120.0
    """Wall-clock limit for decoding and understanding one file."""
    render_seconds: float = 3600.0
    """Wall-clock limit for coding one anew, which takes many times its length where pictures are large."""
    hardware: bool = False
    """Decode on a device, where there is one that decodes as the processor does."""
