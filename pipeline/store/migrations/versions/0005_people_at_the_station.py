"""The people at the review station, and what an item of its queue keeps of them.

Revision 0005, after 0004.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW_TABLES = ("login_failures", "user_sessions", "users")


def upgrade() -> None:
    """To this revision."""
    _create_people()
    with op.batch_alter_table("review_items") as items:
        items.add_column(sa.Column("prescriber_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        items.add_column(sa.Column("escalated", sa.String(), nullable=True))
        items.add_column(sa.Column("postponed_until", sa.DateTime(timezone=True), nullable=True))
        items.add_column(sa.Column("draft", sa.JSON(), nullable=True))
    _mark_prescriber_only()


def _create_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("decides_prescriber_only", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_sessions_user_id"),
        sa.PrimaryKeyConstraint("id_hash", name="pk_user_sessions"),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_login_failures"),
    )
    op.create_index("ix_login_failures_name", "login_failures", ["name_hash", "at"])
    op.create_index("ix_login_failures_address", "login_failures", ["address", "at"])


def _mark_prescriber_only() -> None:
    """Items that wait already: by what the rules found on their forms."""
    items = sa.table("review_items", sa.column("form_pk", sa.Integer()), sa.column("prescriber_only", sa.Boolean()))
    findings = sa.table("findings", sa.column("form_pk", sa.Integer()), sa.column("outcome", sa.String()))
    marked = sa.select(findings.c.form_pk).where(findings.c.outcome == "prescriber_only")
    op.execute(sa.update(items).where(items.c.form_pk.in_(marked)).values(prescriber_only=sa.true()))


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("review_items") as items:
        for column in ("draft", "postponed_until", "escalated", "prescriber_only"):
            items.drop_column(column)
    for table in NEW_TABLES:
        op.drop_table(table)
