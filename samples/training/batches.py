"""Crops to tensors, each time a little different."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from extractors.engines.recogniser import LINE_HEIGHT, LINE_STRIDE
from samples.training.crops import CLASS_OF, LETTER_OF, CellCrop, LineCrop

_LINES_A_RUN = 16


def cell_batch(crops: Sequence[CellCrop | LineCrop], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Images N x 1 x 40 x 40 and classes N."""
    images = np.stack([_varied(crop.image, rng) for crop in crops])
    classes = [CLASS_OF[crop.label] for crop in crops]
    return _tensor(images), torch.tensor(classes)


def line_batches(
    crops: Sequence[CellCrop | LineCrop], rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Runs of lines of like width: images N x 1 x 32 x W, all characters in a row, and how many belong to each line."""
    usable = [(_varied(crop.image, rng, widen=True), crop.label) for crop in crops]
    usable.sort(key=lambda item: item[0].shape[1])
    for first in range(0, len(usable), _LINES_A_RUN):
        run = usable[first : first + _LINES_A_RUN]
        width = -(-max(image.shape[1] for image, _ in run) // (2 * LINE_STRIDE)) * 2 * LINE_STRIDE
        images = np.zeros((len(run), LINE_HEIGHT, width), np.float32)
        for row, (image, _) in zip(images, run, strict=True):
            row[:, : image.shape[1]] = image
        letters = [LETTER_OF[character] for _, text in run for character in text]
        lengths = [len(text) for _, text in run]
        yield _tensor(images), torch.tensor(letters, dtype=torch.long), torch.tensor(lengths)


def plain_batch(images: Sequence[npt.NDArray[np.uint8]]) -> Tensor:
    """Images of one size, as they are."""
    return _tensor(np.stack(images).astype(np.float32) / np.float32(255))


def _varied(image: npt.NDArray[np.uint8], rng: np.random.Generator, widen: bool = False) -> npt.NDArray[np.float32]:
    """The image shifted, stretched and turned a little, its ink made stronger or weaker."""
    height, width = image.shape
    across = float(np.exp(rng.normal(0, 0.05)))
    if widen:  # lines only: others would leave the frame
        across *= float(rng.choice([1.0, 1.25, 0.85], p=[0.8, 0.1, 0.1]))
    down = float(np.exp(rng.normal(0, 0.04)))
    lean = rng.normal(0, 0.06)
    new_width = max(8, round(width * across)) if widen else width
    middle, new_middle = np.array([width, height]) / 2, np.array([new_width, height]) / 2
    matrix = np.array([[across, lean], [0.0 if widen else rng.normal(0, 0.03), down]])
    shift = new_middle - matrix @ middle + rng.normal(0, 0.8, 2)
    varied = cv2.warpAffine(image, np.column_stack([matrix, shift]), (new_width, height), flags=cv2.INTER_LINEAR)
    gain = np.float32(rng.uniform(0.75, 1.35) / 255)
    ink: npt.NDArray[np.float32] = np.minimum(np.asarray(varied, np.float32) * gain, np.float32(1))
    return ink


def _tensor(images: npt.NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(images[:, None]).contiguous(memory_format=torch.channels_last)
