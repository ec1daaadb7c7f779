"""How much one document may ask for; more is refused before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost.

    A document over `bytes` or `pages` is refused whole (`LimitExceeded`); a page over `pixels` is handed up with its
    error and the other pages are read. `seconds` and `memory` hold for a document and are kept by its reading process.
    """

    bytes: int = 100_000_000  # of the file; a 500-page fax at 204x196 has about 25 MB
    pages: int = 500  # of one document
    pixels: int = 60_000_000  # of one page as sent and as rendered; letter at 600 dpi has 34 million
    seconds: float = 300.0  # wall clock for one document
    memory: int = 6_000_000_000  # bytes of address space for the reading process, its libraries and models included
