"""Pages that every kind of file carries in these tests."""

from __future__ import annotations

import pytest
from drawn_pages import drawn_page

from extractors.geometry import Grey


@pytest.fixture(scope="session")
def fine_page() -> Grey:
    """A page of a fine fax, 204 by 196 dpi, letter."""
    return drawn_page(1728, 2156)


@pytest.fixture(scope="session")
def square_page() -> Grey:
    """A page at 200 dpi both ways, letter, which opening does not resample."""
    return drawn_page(1700, 2200)
