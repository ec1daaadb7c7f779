"""Times of steps, legal holds, what was removed, and which programs can work on the database.

Revision 0008, after 0007.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "step_times",
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("up_to", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("step", "up_to", name="pk_step_times"),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("patient_key", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(length=100), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("release_reason", sa.String(), nullable=True),
        sa.Column("released_by", sa.String(length=100), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_legal_holds_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
    )
    op.create_index("ix_legal_holds_document_id", "legal_holds", ["document_id"])
    op.create_index("ix_legal_holds_patient_key", "legal_holds", ["patient_key"])
    floor = op.create_table(
        "schema_floor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schema_floor"),
    )
    op.bulk_insert(floor, [{"id": 1, "revision": revision}])
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
        documents.create_index("ix_documents_outcome", ["state", "status"])
    with op.batch_alter_table("pages") as pages:
        pages.create_index("ix_pages_kind", ["kind"])


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("pages") as pages:
        pages.drop_index("ix_pages_kind")
    with op.batch_alter_table("documents") as documents:
        documents.drop_index("ix_documents_outcome")
        documents.drop_column("removed_at")
    for table in ("schema_floor", "legal_holds", "step_times"):
        op.drop_table(table)
