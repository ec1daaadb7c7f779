"""Crops to train on: a window over an endless row of synthetic sheets, beside crops harvested from generated faxes.

Everything here follows from the seed and the step alone, so that a resumed training goes on as if it had never stopped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from samples.training.crops import CellCrop, LineCrop, draw_crops
from samples.training.pens import Writers

Crop = CellCrop | LineCrop


class Pool:
    """The crops of the last `window` sheets, and the harvested ones."""

    def __init__(
        self,
        net: str,
        writers: Writers,
        seed: int,
        window: int,
        harvested: Sequence[Crop] = (),
        harvested_share: float = 0.0,
    ) -> None:
        self._net, self._writers, self._seed, self._window = net, writers, seed, window
        self._sheets: deque[Sequence[Crop]] = deque(maxlen=window)
        self._drawn = 0
        self._harvested = harvested
        self._harvested_share = harvested_share if harvested else 0.0

    def advance(self, sheet: int) -> None:
        """Draw the sheets up to that number; those that would leave the window again at once are skipped."""
        self._drawn = max(self._drawn, sheet - self._window)
        while self._drawn < sheet:
            self._sheets.append(self._draw(self._drawn))
            self._drawn += 1

    def pick(self, count: int, step: int) -> list[Crop]:
        """`count` crops for that step."""
        rng = np.random.default_rng([self._seed, 1, step])
        from_harvest = int(count * self._harvested_share)
        chosen = [self._harvested[int(i)] for i in rng.integers(0, max(1, len(self._harvested)), from_harvest)]
        for sheet in rng.integers(0, len(self._sheets), count - from_harvest):
            crops = self._sheets[int(sheet)]
            chosen.append(crops[int(rng.integers(len(crops)))])
        return chosen

    def _draw(self, sheet: int) -> Sequence[Crop]:
        cells, lines = draw_crops(self._writers, np.random.default_rng([self._seed, 0, sheet]))
        return cells if self._net == "cell" else lines


def validation_crops(net: str, writers: Writers, sheets: int) -> list[Crop]:
    """Crops by the writers held out; always the same ones."""
    crops: list[Crop] = []
    for sheet in range(sheets):
        cells, lines = draw_crops(writers, np.random.default_rng([20_000, sheet]))
        crops += cells if net == "cell" else lines
    return crops


def load_harvest(folder: Path, net: str) -> list[Crop]:
    """Crops that `python -m samples.training.harvest` cut from generated faxes: its `<net>-*.npz` files."""
    kind = CellCrop if net == "cell" else LineCrop
    crops: list[Crop] = []
    for file in sorted(folder.glob(f"{net}-*.npz")):
        with np.load(file) as saved:
            pixels, widths, labels, writers = saved["pixels"], saved["widths"], saved["labels"], saved["writers"]
        images = np.split(pixels, np.cumsum(widths)[:-1], axis=1)
        crops += [
            kind(image, str(label), str(writer)) for image, label, writer in zip(images, labels, writers, strict=True)
        ]
    return crops
