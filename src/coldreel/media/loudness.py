"""How loud a sound track is, as broadcasters measure it."""

from __future__ import annotations

from contextlib import suppress

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

SILENCE_LUFS = -70.0
"""The absolute gate of the measure: what is not louder does not count."""
_TOGETHER = 64
"""Frames between two looks at what the filter says: each look costs more than what it measures."""


class Loudness:
    """Integrated loudness (EBU R 128, ITU-R BS.1770) by FFmpeg's filter `ebur128`, in LUFS.

    Of a track that changes its rate or its channels on the way, the first part is measured; of one that the
    filter does not take, such as sound of 1 Hz, nothing.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._pushed = 0
        self._form: tuple[str, str, int] | None = None
        self._told = str(SILENCE_LUFS)

    def take(self, frame: AudioFrame) -> None:
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._form not in (None, form):
            return
        try:
            if self._form is None:
                self._form, self._graph = form, _graph(*form)
            if self._graph is not None:
                self._graph.push(frame)
                self._pushed += 1
                if self._pushed % _TOGETHER == 0:
                    self._pull(self._graph)
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            self._graph, self._told = None, str(SILENCE_LUFS)

    def integrated(self) -> float | None:
        """LUFS of all that was taken; None for silence, or less than 0.4 s."""
        if self._graph is not None:
            self._graph.push(None)
            self._pull(self._graph)
        return float(self._told) if float(self._told) > SILENCE_LUFS else None

    def _pull(self, graph: Graph) -> None:
        measured = []
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                measured.append(graph.pull())
        told = (frame.metadata.get("lavfi.r128.I") for frame in reversed(measured))  # not on every frame
        self._told = next((lufs for lufs in told if lufs is not None), self._told)


def _graph(sample_format: str, layout: str, rate: int) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(sample_rate=rate, format=sample_format, layout=layout)
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph
