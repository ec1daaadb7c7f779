"""The two networks: plain convolutions with shortcuts, small, fast on one core, exported without surprises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from extractors.engines.recogniser import CELL_ALPHABET, LINE_ALPHABET


class CellNetwork(nn.Module):
    """A comb cell, 1 x 40 x 40, to log-probabilities over `CELL_ALPHABET` and empty (about 170,000 weights)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(1, 24, 5, stride=2), _Shortcut(24, 24), _conv(24, 48, 3, stride=2), _Shortcut(48, 48),
            _conv(48, 96, 3, stride=2), _Shortcut(96, 96),
        )  # fmt: skip
        self.place = nn.Conv2d(96, 96, 5, groups=96)  # weighs each place of the 5 x 5 that are left, channel by channel
        self.answer = nn.Linear(96, len(CELL_ALPHABET) + 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, ink: Tensor) -> Tensor:
        """N x 1 x 40 x 40 to N x classes."""
        features = torch.relu(self.place(self.features(ink))).flatten(1)
        answer: Tensor = self.answer(self.drop(features))
        return answer.log_softmax(1)


class LineNetwork(nn.Module):
    """A line, 1 x 32 x width, to log-probabilities over `LINE_ALPHABET` and blank, a step every 4 columns.

    About 330,000 weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(1, 16, 5, stride=2), _conv(16, 32, 3, stride=2), _Shortcut(32, 32),
            _conv(32, 64, 3, stride=(2, 1)), _Shortcut(64, 64), _Shortcut(64, 64),
        )  # fmt: skip
        self.column = nn.Sequential(nn.Conv2d(64, 112, (4, 1), bias=False), nn.BatchNorm2d(112), nn.ReLU())
        self.context = nn.Sequential(*(_Shortcut(112, 112, kernel=(1, 5)) for _ in range(3)))
        self.answer = nn.Conv2d(112, len(LINE_ALPHABET) + 1, 1)
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
