"""How senders name their files, every step of a document, and the keys of uploads.

Revision 0010, after 0009.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("sources", sa.Column("source_id", sa.String(length=400), nullable=True))
    op.create_index("uq_sources_source_id", "sources", ["channel", "source_id", "document_id"], unique=True)
    op.create_table(
        "ledger_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_ledger_steps_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_steps"),
    )
    op.create_index("ix_ledger_steps_document_id", "ledger_steps", ["document_id"])
    op.create_table(
        "upload_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.String(length=100), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_upload_keys"),
        sa.UniqueConstraint("key_hash", name="uq_upload_keys_key_hash"),
        sa.UniqueConstraint("name", name="uq_upload_keys_name"),
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("upload_keys")
    op.drop_table("ledger_steps")
    op.drop_index("uq_sources_source_id", "sources")
    with op.batch_alter_table("sources") as sources:
        sources.drop_column("source_id")
