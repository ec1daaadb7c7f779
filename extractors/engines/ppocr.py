"""PP-OCRv6, the general line recogniser: the ONNX file that the `rapidocr` package ships, run directly by onnxruntime.

No detection and no direction classifier: the registered form says where a line stands. Model and package: Apache-2.0.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.engines import LogProbs
from extractors.errors import EngineError
from extractors.geometry import Grey

MODEL = "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT = 48  # pixels: the height of the model's input
LEAST_WIDTH = 48  # pixels: a narrower input leaves the model less than a few steps to look at
MOST_WIDTH = 3200  # pixels: a longer line is squeezed, so that a strange crop cannot ask for any amount of memory
LEAST_PROBABILITY = 1e-12  # stands for 0 in the logarithms

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
LATIN_LETTERS = "".join(c for c in map(chr, range(0xC0, 0x180)) if c.isalpha())
ALPHABET = PRINTABLE + LATIN_LETTERS + "µ"

# The model knows 18,000 characters of many scripts, and spells Latin ones with them at times (full-width ones: NFKC).
SPELLED = {
    "'": "‘’′´",
    '"': "“”″",
    "-": "–—―−一",
    "/": "∕",
    "|": "丨",
    ":": "∶",
    ".": "·•∙。",
    ",": "、",
    "O": "○〇",
    "x": "×",
    "µ": "μ",
}


@cache
def ppocr() -> Ppocr:
    """The engine of this process; the model is loaded at the first call (about 0.2 s, 60 MB).

    Raises:
        EngineError: the package or its model is not installed.
    """
    return Ppocr(_model_path())


class Ppocr:
    """PP-OCRv6 recognition as a `Recogniser`."""

    alphabet = ALPHABET

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a process a core reads pages; threads inside would only fight
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # lines differ in width: the arena would keep the widest of each
        self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name
        characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._sources, self._starts = _folding(characters)

    def read(self, crops: Sequence[Grey]) -> list[LogProbs]:
        """Log-probabilities of each crop, one step for 8 pixels of its width at a height of 48.

        One crop after the other: a batch gains nothing on one thread and costs memory.
        """
        return [self._read_one(crop) for crop in crops]

    def _read_one(self, crop: Grey) -> LogProbs:
        (output,) = self._session.run(None, {self._input: _network_input(crop)})
        probabilities: NDArray[np.float32] = output[0]
        folded = np.add.reduceat(probabilities[:, self._sources], self._starts, axis=1)
        return np.log(np.maximum(folded, LEAST_PROBABILITY)).astype(np.float32)


def _network_input(crop: Grey) -> NDArray[np.float32]:
    """The crop at the model's height, three equal channels, -1 (black) to 1 (white): 1 x 3 x 48 x W."""
    height, width = crop.shape
    wanted = min(max(round(width * LINE_HEIGHT / height), 1), MOST_WIDTH)
    resized = cv2.resize(crop, (wanted, LINE_HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 127.5 - 1.0
    if wanted < LEAST_WIDTH:
        resized = np.pad(resized, ((0, 0), (0, LEAST_WIDTH - wanted)), constant_values=1.0)
    return np.ascontiguousarray(np.broadcast_to(resized, (1, 3, *resized.shape)))


def _folding(characters: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The model's columns (blank, characters, space) in the order of ours (ALPHABET, blank), and where each begins."""
    column = {character: index for index, character in enumerate(ALPHABET)}
    spelling = {foreign: ours for ours, others in SPELLED.items() for foreign in others}
    pairs = [(0, len(ALPHABET)), (len(characters) + 1, column[" "])]
    for index, character in enumerate(characters, start=1):
        ours = character if character in column else spelling.get(character, unicodedata.normalize("NFKC", character))
        if ours in column:
            pairs.append((index, column[ours]))
    pairs.sort(key=lambda pair: pair[1])
    sources, targets = (np.array(side) for side in zip(*pairs, strict=True))
    return sources, np.searchsorted(targets, np.arange(len(ALPHABET) + 1))


def _model_path() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise EngineError("PP-OCR", "install the Python package rapidocr, which ships its model")
    path = Path(spec.origin).with_name("models") / MODEL
    if not path.is_file():
        raise EngineError("PP-OCR", f"the installed rapidocr does not ship {MODEL}; rapidocr 3.10 does")
    return path
