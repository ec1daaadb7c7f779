"""One module per engine, and the interface that the engines for lines and cells share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from extractors.geometry import Grey

LogProbs = NDArray[np.float32]
"""Natural log-probabilities, T steps from left to right x C: a column for each character, the blank last."""


class Recogniser(Protocol):
    """An engine that reads lines (or single cells) of writing.

    Column i of its output belongs to `alphabet[i]`, the last column (`len(alphabet)`) to the blank. A row may sum to
    less than one where the engine knows more characters than its alphabet names: what is missing is its doubt.
    """

    @property
    def alphabet(self) -> str:
        """The characters it can read, one for each column but the last."""
        ...

    def read(self, crops: Sequence[Grey]) -> list[LogProbs]:
        """Log-probabilities T x (len(alphabet) + 1) of each crop (dark ink on white)."""
        ...
