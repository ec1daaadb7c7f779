"""What a reading's confidence was calibrated from, and the other values that the ink could say.

Revision 0003, after 0002.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; readings of before it keep no belief, and so cannot be calibrated from."""
    op.add_column("readings", sa.Column("belief", sa.Double(), nullable=True))
    op.add_column("readings", sa.Column("alternatives", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Back to the revision before."""
    with op.batch_alter_table("readings") as readings:
        readings.drop_column("alternatives")
        readings.drop_column("belief")
