"""The networks, each small and large: convolutions with shortcuts, fast on one core, exported without surprises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from extractors.engines.recogniser import CELL_ALPHABET, LINE_ALPHABET, Size


class CellNetwork(nn.Module):
    """A comb cell, 1 x 40 x 40, to log-probabilities over `CELL_ALPHABET` and empty.

    About 170,000 weights, the large one 430,000.
    """

    def __init__(self, size: Size = Size.SMALL) -> None:
        super().__init__()
        middle, last, depth = (48, 96, 1) if size is Size.SMALL else (64, 128, 2)
        self.features = nn.Sequential(
            _conv(1, 24, 5, stride=2), _Shortcut(24, 24), _conv(24, middle, 3, stride=2), _Shortcut(middle, middle),
            _conv(middle, last, 3, stride=2), *(_Shortcut(last, last) for _ in range(depth)),
        )  # fmt: skip
        # weighs each place of the 5 x 5 that are left, channel by channel
        self.place = nn.Conv2d(last, last, 5, groups=last)
        self.answer = nn.Linear(last, len(CELL_ALPHABET) + 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, ink: Tensor) -> Tensor:
        """N x 1 x 40 x 40 to N x classes."""
        features = torch.relu(self.place(self.features(ink))).flatten(1)
        answer: Tensor = self.answer(self.drop(features))
        return answer.log_softmax(1)


class LineNetwork(nn.Module):
    """A line, 1 x 32 x width, to log-probabilities over `LINE_ALPHABET` and blank, a step every 4 columns.

    About 330,000 weights, the large one 530,000.
    """

    def __init__(self, size: Size = Size.SMALL) -> None:
        super().__init__()
        first, middle, last = (32, 64, 112) if size is Size.SMALL else (40, 80, 144)
        self.features = nn.Sequential(
            _conv(1, 16, 5, stride=2), _conv(16, first, 3, stride=2), _Shortcut(first, first),
            _conv(first, middle, 3, stride=(2, 1)), _Shortcut(middle, middle), _Shortcut(middle, middle),
        )  # fmt: skip
        self.column = nn.Sequential(nn.Conv2d(middle, last, (4, 1), bias=False), nn.BatchNorm2d(last), nn.ReLU())
        self.context = nn.Sequential(*(_Shortcut(last, last, kernel=(1, 5)) for _ in range(3)))
        self.answer = nn.Conv2d(last, len(LINE_ALPHABET) + 1, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, ink: Tensor) -> Tensor:
        """N x 1 x 32 x width to N x width/4 x characters."""
        features = self.context(self.column(self.features(ink)))
        answer: Tensor = self.answer(self.drop(features))
        return answer.squeeze(2).transpose(1, 2).log_softmax(2)


class _Shortcut(nn.Module):
    """A convolution whose answer is added to its input."""

    def __init__(self, inside: int, outside: int, kernel: int | tuple[int, int] = 3) -> None:
        super().__init__()
        self.conv = _conv(inside, outside, kernel)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.conv(x)
        return x + changed


def _conv(inside: int, outside: int, kernel: int | tuple[int, int], stride: int | tuple[int, int] = 1) -> nn.Sequential:
    sizes = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (sizes[0] // 2, sizes[1] // 2)
    return nn.Sequential(
        nn.Conv2d(inside, outside, sizes, stride, padding, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )
