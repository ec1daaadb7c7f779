"""Sealing everything anew with the current key: originals and notices one by one, crops in small transactions.

What the current key sealed is passed over, so a rotation that was killed does what is left when it is begun again, and
faxes can come in and be read meanwhile. Only when it says that nothing is left may an older key be thrown away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, LargeBinary, func, select, type_coerce, update
from sqlalchemy.orm import Session

from extractors.errors import FaxformsError
from pipeline import originals
from pipeline.encryption.keys import ID_BYTES
from pipeline.encryption.sealing import MAGIC, open_bytes, prefix_of, seal_bytes, sealed_by
from pipeline.errors import KeyMissing, SealBroken
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.models import FieldReading
from pipeline.store.opening import Store

CROPS_AT_ONCE = 200
"""In one transaction: a few milliseconds, so that nobody waits for it."""

PREFIX = len(MAGIC) + ID_BYTES

NOT_SEALED = "not encrypted"


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a rotation did; `refused`: what could not be opened, by its original's hash or its crop's number."""

    files: int
    crops: int
    refused: tuple[str, ...]


def seal_all_anew(store: Store, *, who: str, done_one: Callable[[], object] = lambda: None) -> Resealed:
    """Seal everything that the current key has not sealed; without keys nothing is done.

    What cannot be opened is left as it is and named in the result.
    """
    if store.originals.keys.current is None:
        return Resealed(0, 0, ())
    refused: list[str] = []
    files = sum(_seal_files(vault, refused, done_one) for vault in (store.originals, store.notices))
    crops = _seal_crops(store, refused, done_one)
    if files or crops:
        with Session(store.engine) as session, session.begin():
            after = {"key": store.originals.keys.current.name, "files": files, "crops": crops, "refused": len(refused)}
            audit.write_line(session, "encrypted anew", who=who, after=after)
    return Resealed(files, crops, tuple(refused))


def count_by_key(store: Store) -> Counter[str]:
    """How many files and crops each key has sealed, by its name."""
    counts: Counter[str] = Counter()
    for vault in (store.originals, store.notices):
        for sha256 in originals.kept(vault):
            counts[_name(originals.beginning(vault, sha256, PREFIX))] += 1
    with Session(read_only(store.engine)) as session:
        beginning = func.substr(_as_stored(), 1, PREFIX)
        grouped = select(beginning, func.count()).where(FieldReading.crop.is_not(None)).group_by(beginning)
        for prefix, number in session.execute(grouped):
            counts[_name(bytes(prefix))] += number
    return counts


def _seal_files(vault: originals.Vault, refused: list[str], done_one: Callable[[], object]) -> int:
    changed = 0
    for sha256 in originals.kept(vault):
        try:
            if originals.seal_anew(vault, sha256):
                changed += 1
                done_one()
        except FileNotFoundError:
            continue  # removed since it was listed
        except FaxformsError as error:
            refused.append(str(error))
    return changed


def _seal_crops(store: Store, refused: list[str], done_one: Callable[[], object]) -> int:
    """Crops are never changed but by this and by retention, which empties them: a row that changed is left alone."""
    changed, last = 0, 0
    while True:
        with Session(store.engine) as session, session.begin():
            batch = _crops_after(session, last, prefix_of(store.originals.keys.current))
            for number, sealed in batch:
                changed += _seal_crop(session, store, number, sealed, refused)
                done_one()
        if not batch:
            return changed
        last = batch[-1][0]


def _crops_after(session: Session, last: int, prefix: bytes) -> list[tuple[int, bytes]]:
    """The next crops that are not sealed so, with their bytes as they stand in the database."""
    wanted = (
        select(FieldReading.id, _as_stored())
        .where(FieldReading.id > last, FieldReading.crop.is_not(None))
        .where(func.substr(_as_stored(), 1, PREFIX) != type_coerce(prefix, LargeBinary))
        .order_by(FieldReading.id)
        .limit(CROPS_AT_ONCE)
    )
    return [(number, bytes(sealed)) for number, sealed in session.execute(wanted)]


def _seal_crop(session: Session, store: Store, number: int, sealed: bytes, refused: list[str]) -> int:
    keys = store.originals.keys
    assert keys.current is not None  # noqa: S101 - without one nothing is sealed anew
    try:
        anew = seal_bytes(open_bytes(sealed, keys), keys.current)
    except (KeyMissing, SealBroken) as error:
        refused.append(f"crop {number}: {error}")
        return 0
    session.execute(
        update(FieldReading)
        .where(FieldReading.id == number, _as_stored() == type_coerce(sealed, LargeBinary))
        .values(crop=type_coerce(anew, LargeBinary))
        .execution_options(synchronize_session=False)
    )
    return 1


def _as_stored() -> ColumnElement[bytes]:
    """The crop's bytes as they stand in the database, sealed or not."""
    return type_coerce(FieldReading.crop, LargeBinary)


def _name(prefix: bytes) -> str:
    key_id = sealed_by(prefix)
    return NOT_SEALED if key_id is None else key_id.hex()
