"""The tables of group verification: what crops were put before whom, and what that person said of each.

group_sheets    some look-alike crops on one screen, in one person's hand
group_crops     a crop on such a sheet: what it was read as, and the verdict
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pipeline.store.models import Base, Form


class GroupSheet(Base):
    """Crops of one group before one person; closed when they judged it or put it back. What was shown stays kept."""

    __tablename__ = "group_sheets"

    id: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(String(80))  # pipeline.review.grouping.Group.key
    who: Mapped[str] = mapped_column(String(100), index=True)
    dealt_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime]
    closed_at: Mapped[dt.datetime | None]

    crops: Mapped[list[GroupCrop]] = relationship(back_populates="sheet", order_by="GroupCrop.id")


class GroupCrop(Base):
    """A field, or one cell of its comb (`cell` counts from 1; 0: the whole field), and what it was read as."""

    __tablename__ = "group_crops"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("group_sheets.id"), index=True)
    form_pk: Mapped[int] = mapped_column(ForeignKey("forms.id"), index=True)
    field: Mapped[str] = mapped_column(String(64))
    cell: Mapped[int]
    shows: Mapped[str]  # as a person would write it (pipeline.review.writing.as_written), of a cell its digit
    verdict: Mapped[str | None] = mapped_column(String(16))  # "confirmed" or "odd"; None: not judged

    sheet: Mapped[GroupSheet] = relationship(back_populates="crops")
    form: Mapped[Form] = relationship()
