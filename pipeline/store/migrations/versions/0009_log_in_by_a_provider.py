"""Who somebody is at the OpenID provider, and the lines of the trail by what they tell.

Revision 0009, after 0008.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("subject", sa.String(length=400), nullable=True))
        users.create_unique_constraint("uq_users_subject", ["subject"])
    op.create_index("ix_audit_action", "audit", ["action"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_audit_action", "audit")
    with op.batch_alter_table("users") as users:
        users.drop_constraint("uq_users_subject", type_="unique")
        users.drop_column("subject")
