"""Sheets of look-alike crops, and what people said of each crop.

Revision 0006, after 0005.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "group_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=80), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("dealt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_group_sheets"),
    )
    op.create_index("ix_group_sheets_who", "group_sheets", ["who"])
    op.create_table(
        "group_crops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("shows", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["sheet_id"], ["group_sheets.id"], name="fk_group_crops_sheet_id"),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_group_crops_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_group_crops"),
    )
    op.create_index("ix_group_crops_sheet_id", "group_crops", ["sheet_id"])
    op.create_index("ix_group_crops_form_pk", "group_crops", ["form_pk"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("group_crops")
    op.drop_table("group_sheets")
