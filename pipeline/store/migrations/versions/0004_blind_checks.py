"""Blind checks, what people key without seeing, and what came of it.

Revision 0004, after 0003.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    _create_checks()
    _create_entries()
    _create_outcomes()


def _create_checks() -> None:
    op.create_table(
        "quality_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("as_read", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_quality_checks_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_quality_checks"),
        sa.UniqueConstraint("form_pk", "kind", name="uq_quality_checks_form_pk_kind"),
    )
    op.create_index("ix_quality_checks_state", "quality_checks", ["state", "id"])


def _create_entries() -> None:
    op.create_table(
        "keyed_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("illegible", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_keyed_entries_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_keyed_entries"),
        sa.UniqueConstraint("form_pk", "field", "purpose", "turn", name="uq_keyed_entries_form_pk_field_purpose_turn"),
    )


def _create_outcomes() -> None:
    op.create_table(
        "check_outcomes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("checker", sa.String(length=100), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_check_outcomes_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_check_outcomes"),
        sa.UniqueConstraint("form_pk", "field", name="uq_check_outcomes_form_pk_field"),
    )
    op.create_index("ix_check_outcomes_week", "check_outcomes", ["week"])


def downgrade() -> None:
    """Back to the revision before."""
    for table in ("check_outcomes", "keyed_entries", "quality_checks"):
        op.drop_table(table)
