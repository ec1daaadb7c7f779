"""The files of a chunk by index: an archive of a million has thousands of chunks.

Revision 0011, after 0010.

"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_index("ix_migration_files_chunk", "migration_files", ["migration_id", "chunk"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_migration_files_chunk", "migration_files")
