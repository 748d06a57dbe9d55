"""coldreel recommends raw short videos from a cold start.

with Coldreel(data_dir="~/reel") as reel:
    reel.ingest("~/my/shorts")
    reel.similar("clip.mp4", k=5)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coldreel.app.facade import Coldreel

__all__ = ["Coldreel"]


def __getattr__(name: str) -> Any:
    # Decoder children import this package for one room of it; the whole house would cost them memory.
    if name == "Coldreel":
        from coldreel.app.facade import Coldreel

        return Coldreel
    raise AttributeError(f"module coldreel has no attribute {name}")
