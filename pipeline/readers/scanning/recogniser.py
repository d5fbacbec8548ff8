"""Pictures of single lines of print flow in, their text with how sure each is flows out.

The network is PP-OCRv6's recogniser as the wheel of `rapidocr` carries it; onnxruntime runs it, and nothing is
fetched. Reading its answer here, and not through rapidocr, gives every character's own probability: a line is
as sure as its least sure character, where the mean over the line would hide it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.readers.scanning.picture import Pixels
from schemas.definitions import HERE, read_definitions

Answer = Any
"""How likely each character is, by step along the line and character: an array of numbers from 0 to 1."""

LOOKALIKE_COLUMNS = ("character", "stands_for", "note")
HEIGHT = 48
"""Pixels of a line as the network takes it."""
LEAST_WIDTH = 64
WIDTH_STEP = 32
"""Lines of one width, to this step, are read together."""
MOST_WIDTH = 3200
BATCH_PIXELS = 48 * 320 * 2
"""How much is read at once, which bounds the memory."""
_BLANK = 0
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*|无")


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of a line, and how likely its least likely character is, from 0 to 1."""

    text: str
    certainty: float


NOTHING = Recognised("", 0.0)


@dataclass(frozen=True, slots=True)
class Recogniser:
    """The network, the characters it knows, and which of them are printed alike."""

    session: Any
    characters: tuple[str, ...]
    lookalikes: Mapping[int, tuple[int, ...]]

    def read(self, lines: Sequence[Pixels]) -> list[Recognised]:
        """The text of each line, in order.

        Args:
            lines: Brightness by row and column, 255 for paper; a line of no height or width reads as nothing.
        """
        read = [NOTHING] * len(lines)
        for width, places in _batches(lines):
            stack = np.stack([_fitted(lines[place], width) for place in places])
            answers = self.session.run(None, {self.session.get_inputs()[0].name: stack})[0]
            for place, answer in zip(places, answers, strict=True):
                read[place] = self._as_number(answer) or self._decoded(answer)
        return read

    def _as_number(self, answer: Answer) -> Recognised | None:
        """The number that a line is if each character is the one of a number that it looks like, else None.

        Alone in a cell, a nought cannot be told from an O; that it is one of them may be certain.
        """
        folded = answer.copy()
        for character, likes in self.lookalikes.items():
            folded[:, character] += answer[:, likes].sum(axis=1)
            folded[:, likes] = 0
        number = self._decoded(folded)
        # Digits set wide are still one word: where a gap parts two, they were parted before.
        number = Recognised(number.text.replace(" ", ""), number.certainty)
        return number if _NUMBER.fullmatch(number.text) else None

    def _decoded(self, answer: Answer) -> Recognised:
        """The likeliest characters: one is new where it differs from the one before (CTC)."""
        best, sure = answer.argmax(axis=1), answer.max(axis=1)
        ends = [*np.flatnonzero(best[1:] != best[:-1]) + 1, len(best)]
        starts = [0, *ends[:-1]]
        seen = [(best[s], sure[s:e].max()) for s, e in zip(starts, ends, strict=True) if best[s] != _BLANK]
        if not seen:
            return NOTHING
        text = "".join(self.characters[character] for character, _ in seen)
        return Recognised(text, min(1.0, float(min(peak for _, peak in seen))))


def _batches(lines: Sequence[Pixels]) -> Iterator[tuple[int, list[int]]]:
    """Lines of like width together: the width, and their places."""
    by_width: dict[int, list[int]] = {}
    for place, line in enumerate(lines):
        if min(line.shape) > 0:
            by_width.setdefault(_width(line), []).append(place)
    for width, places in sorted(by_width.items()):
        size = max(1, BATCH_PIXELS // (HEIGHT * width))
        for start in range(0, len(places), size):
            yield width, places[start : start + size]


def _width(line: Pixels) -> int:
    width: int = -(-line.shape[1] * HEIGHT // line.shape[0])
    return min(MOST_WIDTH, max(LEAST_WIDTH, -(-width // WIDTH_STEP) * WIDTH_STEP))


def _fitted(line: Pixels, width: int) -> Any:
    """The line as the network takes it: 48 high, from -1 for black to 1 for paper, paper to its right."""
    own = max(1, min(width, round(line.shape[1] * HEIGHT / line.shape[0])))
    way = cv2.INTER_CUBIC if line.shape[0] < HEIGHT else cv2.INTER_AREA
    even = np.ones((HEIGHT, width), np.float32)
    even[:, :own] = cv2.resize(line, (own, HEIGHT), interpolation=way) / 127.5 - 1
    return np.broadcast_to(even, (3, HEIGHT, width))


@cache
def recogniser() -> Recogniser:
    """The recogniser, loaded once a process.

    Raises:
        ImportError: The extra `ogi-panel[ocr]` is not installed, or its wheel has no recogniser.
    """
    onnxruntime = importlib.import_module("onnxruntime")

    options = onnxruntime.SessionOptions()
    # Documents are read side by side in worker processes; an arena and more threads would only cost memory.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False  # each width of line is another pattern, kept for good
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(_network()), sess_options=options, providers=["CPUExecutionProvider"]
    )
    known = ("", *session.get_modelmeta().custom_metadata_map["character"].splitlines(), " ")
    return Recogniser(session, known, _lookalikes(known))


def _network() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = sorted((Path(folder) / "models").glob("*_rec_*.onnx"))
        if found:
            return found[0]
    raise ImportError("rapidocr with a recogniser in its wheel")


def _lookalikes(known: Sequence[str]) -> dict[int, tuple[int, ...]]:
    """For each character of numbers, the other known ones that are printed alike, by place."""
    places = {character: place for place, character in enumerate(known)}
    alike: dict[int, tuple[int, ...]] = {}
    for row in read_definitions(HERE / "lookalikes.csv", LOOKALIKE_COLUMNS, key=["character"]).rows:
        if row["character"] in places:
            stands_for = places[row["stands_for"]]
            alike[stands_for] = (*alike.get(stands_for, ()), places[row["character"]])
    return alike
