"""Archives taken in once: their chunks and files, the batch of a document, the own day of an archived form.

Revision 0007, after 0006.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "migrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("chunk_files", sa.Integer(), nullable=False),
        sa.Column("rows_without_file", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_migrations"),
        sa.UniqueConstraint("source", name="uq_migrations_source"),
    )
    op.create_table(
        "migration_chunks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("migration_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.Column("peak_mb", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["migration_id"], ["migrations.id"], name="fk_migration_chunks_migration_id"),
        sa.PrimaryKeyConstraint("id", name="pk_migration_chunks"),
        sa.UniqueConstraint("migration_id", "number", name="uq_migration_chunks_migration_id_number"),
    )
    op.create_table(
        "migration_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("migration_id", sa.Integer(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("known", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("refused", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["migration_id"], ["migrations.id"], name="fk_migration_files_migration_id"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_migration_files_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_migration_files"),
        sa.UniqueConstraint(
            "migration_id", "name", "fingerprint", name="uq_migration_files_migration_id_name_fingerprint"
        ),
    )
    op.create_index("ix_migration_files_document_id", "migration_files", ["document_id"])
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("batch", sa.String(length=32), nullable=True))
        documents.create_index("ix_documents_batch", ["batch"])
    with op.batch_alter_table("forms") as forms:
        forms.add_column(sa.Column("judged_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("forms") as forms:
        forms.drop_column("judged_on")
    with op.batch_alter_table("documents") as documents:
        documents.drop_index("ix_documents_batch")
        documents.drop_column("batch")
    for table in ("migration_files", "migration_chunks", "migrations"):
        op.drop_table(table)
