"""What the tests of this floor share: the forms that come with the package, measured once."""

from __future__ import annotations

import pytest

from extractors.read import Sight, shipped_sight


@pytest.fixture(scope="session")
def sight() -> Sight:
    return shipped_sight()
