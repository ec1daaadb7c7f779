"""Our own recogniser for digits and dates, typed or handwritten: comb cells one by one, and whole lines as one string.

Two small networks, trained by `python -m samples.training.train` and described in `models/CARD.md`:

- the cell network sees one comb cell with a margin around it and says what stands in it;
- the line network sees a whole field and says, column by column (CTC: Graves et al., 2006), what stands in it.

For a comb field the two are independent readings of the same ink. Both hand out log-probabilities, so that a decoder
that knows the field's format (`extractors/decoding.py`) chooses. The preparation of a crop lives here because training
has to use the very same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from extractors.engines import LogProbs
from extractors.geometry import Grey

Floats = npt.NDArray[np.float32]

STRUCK = "#"
"""Stands for a character that was struck out, scribbled or written over, in cells and lines alike."""
CELL_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ/.,-" + STRUCK
"""What a cell can hold. The column after the last says that the cell is empty."""
LINE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ/-.,()+ " + STRUCK
"""What a line can hold, small letters as capitals (K/uL reads K/UL). The column after the last is CTC's blank."""

CELL_MARGIN = 2.0
"""Points around a comb cell that its crop shows, so that strokes that leave the cell are seen."""
CELL_SIZE = 40
"""The cell network's input, pixels each way."""
LINE_HEIGHT = 32
"""The line network's input height in pixels."""
LINE_STRIDE = 4
"""Input columns for each row of the line network's answer."""

_MODELS = Path(__file__).parent / "models"
_CELLS_A_RUN = 64
_LEAST_CONTRAST = 80.0  # grey levels between paper and ink
_SPECK = 1.5  # pixels of ink in a row or column
_WIDTH_STEP = 32  # line widths are rounded up to this, so that lines of one width run together
_WIDEST_LINE = 640


class Size(StrEnum):
    """Each network comes twice: a small one for everything, and a large one for what the small ones are not sure of."""

    SMALL = ""
    LARGE = "_large"


def installed() -> bool:
    """Whether the networks' files are there; without them other engines read the numbers, all of them doubtful."""
    return all((_MODELS / f"{net}{size}.onnx").exists() for net in ("cell", "line") for size in Size)


def changed() -> list[str]:
    """The networks' files that are missing or not as `models/checksums.txt` has them (as `sha256sum` writes it)."""
    told = (line.split() for line in (_MODELS / "checksums.txt").read_text(encoding="ascii").splitlines())
    return [name for sha256, name in told if not _has(_MODELS / name, sha256)]


def read_cells(crops: Sequence[Grey], size: Size = Size.SMALL) -> LogProbs:
    """Log-probabilities for comb cells.

    Args:
        crops: one image a cell, the cell and `CELL_MARGIN` points around it, at about `WORKING_DPI`.
        size: which of the two networks.

    Returns:
        cells x classes, columns in the order of `CELL_ALPHABET`, "empty" last.
    """
    if not crops:
        return np.empty((0, len(CELL_ALPHABET) + 1), np.float32)
    inputs = np.stack([prepare_cell(crop) for crop in crops])[:, None]
    session = _session(f"cell{size}.onnx")
    runs = [session.run(None, {"ink": inputs[i : i + _CELLS_A_RUN]})[0] for i in range(0, len(inputs), _CELLS_A_RUN)]
    return np.concatenate(runs)


def read_lines(crops: Sequence[Grey], size: Size = Size.SMALL) -> list[LogProbs]:
    """Log-probabilities for whole fields, column by column.

    Args:
        crops: one image a line, the field's box and a little around it, at about `WORKING_DPI`, lines and print removed
            as far as possible. A line without ink gives an answer of blanks.
        size: which of the two networks.

    Returns:
        for each line steps x characters, columns by `LINE_ALPHABET`, the blank last. Lines differ in steps.
    """
    inputs = [prepare_line(crop) for crop in crops]
    by_width: dict[int, list[int]] = {}
    for index, line in enumerate(inputs):
        by_width.setdefault(line.shape[1], []).append(index)
    answers: dict[int, LogProbs] = {}
    for indices in by_width.values():
        batch = np.stack([inputs[index] for index in indices])[:, None]
        answers.update(zip(indices, _session(f"line{size}.onnx").run(None, {"ink": batch})[0], strict=True))
    return [answers[index] for index in range(len(inputs))]


def greedy(log_probs: LogProbs) -> str:
    """What a line's answer spells when no format is known: each step's best character, repeats and blanks dropped."""
    best = log_probs.argmax(axis=1)
    changed = np.insert(best[1:] != best[:-1], 0, True)
    return "".join(LINE_ALPHABET[index] for index in best[changed] if index < len(LINE_ALPHABET))


def prepare_cell(crop: Grey) -> Floats:
    """A cell's crop as the network takes it: `CELL_SIZE` square, ink 1 on paper 0."""
    return np.asarray(cv2.resize(ink_of(crop), (CELL_SIZE, CELL_SIZE), interpolation=cv2.INTER_AREA), np.float32)


def prepare_line(crop: Grey) -> Floats:
    """A line's crop as the network takes it: cut to its ink, `LINE_HEIGHT` high, with paper to the next width step."""
    ink = _cut_to_ink(ink_of(crop))
    height, width = ink.shape
    scale = LINE_HEIGHT / height
    new_width = min(_WIDEST_LINE, max(1, round(width * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    line = np.zeros((LINE_HEIGHT, -(-new_width // _WIDTH_STEP) * _WIDTH_STEP), np.float32)
    line[:, :new_width] = cv2.resize(ink, (new_width, LINE_HEIGHT), interpolation=interpolation)
    return line


def ink_of(crop: Grey) -> Floats:
    """How dark each pixel is between the crop's own paper (0) and ink (1).

    The ink level is kept well below the paper's: an empty crop must not have its noise stretched into ink.
    """
    at_paper, at_ink = crop.size * 7 // 10, crop.size // 50
    levels = np.partition(crop, (at_ink, at_paper), axis=None)
    paper = float(levels[at_paper])
    dark = max(0.0, min(float(levels[at_ink]), paper - _LEAST_CONTRAST))
    ink = (paper - crop.astype(np.float32)) * np.float32(1.0 / max(paper - dark, 1.0))
    return np.asarray(np.clip(ink, 0.0, 1.0), np.float32)


def _cut_to_ink(ink: Floats) -> Floats:
    """The rows and columns that hold ink and a little around them, so that small and large writing come out alike."""
    rows, columns = _span(ink.sum(axis=1), 3, 24), _span(ink.sum(axis=0), 6, 16)
    return np.ascontiguousarray(ink[rows, columns])


def _span(profile: Floats, pad: int, shortest: int) -> slice:
    """From the first to the last place with more ink than a speck has, and `pad` pixels more; at least `shortest`."""
    places = np.flatnonzero(profile > _SPECK)
    if len(places) == 0:
        return slice(0, min(shortest, len(profile)))
    first, last = int(places[0]) - pad, int(places[-1]) + 1 + pad
    lacking = max(0, shortest - (last - first))
    first, last = first - lacking // 2, last + (lacking + 1) // 2
    return slice(max(0, first), min(len(profile), last))


def _has(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


@cache
def _session(name: str) -> Any:  # onnxruntime ships no types
    """The network of that file, loaded once a process, on one thread: workers are processes, one a core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(_MODELS / name), options, providers=["CPUExecutionProvider"])
