"""The course of a patient, what a correction takes back, and look-ups of people by index.

Revision 0002, after 0001.

"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PEOPLE = ("prescribers", "designees")
ROWS = (*PEOPLE, "patients", "pharmacies")
STANDING: dict[str, Any] = {
    "sqlite_where": sa.text("withdrawn_at IS NULL"),
    "postgresql_where": sa.text("withdrawn_at IS NULL"),
}
NEW_TABLES = ("forms_on_record", "anc_results", "dispense_rationales")


def upgrade() -> None:
    """To this revision."""
    for table in (*ROWS, "registry_changes"):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    for table in PEOPLE:
        for half in ("first", "last"):
            key = sa.Column(f"{half}_key", sa.String(length=3), nullable=False, server_default="")
            op.add_column(table, key)
            op.create_index(f"ix_{table}_{half}_key", table, [f"{half}_key"])
        _fill_keys(table)
    op.create_index("ix_patients_dob", "patients", ["dob"])
    op.create_index("ix_patients_zip", "patients", ["zip"])
    op.create_index("ix_registry_changes_field", "registry_changes", ["entity", "field", "effective_on"])
    with op.batch_alter_table("routes") as routes:
        routes.add_column(sa.Column("contradicts", sa.Integer(), nullable=True))
        routes.create_foreign_key("fk_routes_contradicts", "forms", ["contradicts"], ["id"])
    _create_forms_on_record()
    _create_course()


def _create_forms_on_record() -> None:
    op.create_table(
        "forms_on_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=True),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("prescriber_npi", sa.String(length=10), nullable=True),
        sa.Column("added_row", sa.Boolean(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_forms_on_record_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_forms_on_record"),
    )
    op.create_index("ix_forms_on_record_form_pk", "forms_on_record", ["form_pk"])
    op.create_index("ix_forms_on_record_prescriber_npi", "forms_on_record", ["prescriber_npi"])
    row = ["entity", "entity_id", "family", "received"]
    op.create_index("ix_forms_on_record_row", "forms_on_record", row, **STANDING)


def _create_course() -> None:
    op.create_table(
        "anc_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("anc", sa.Integer(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_anc_results_form_pk"),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="fk_anc_results_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_anc_results"),
    )
    op.create_index("ix_anc_results_form_pk", "anc_results", ["form_pk"])
    op.create_index("ix_anc_results_patient", "anc_results", ["patient_id", "drawn_on", "received", "anc"], **STANDING)
    op.create_table(
        "dispense_rationales",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("setting", sa.String(length=16), nullable=False),
        sa.Column("pharmacy_npi", sa.String(length=10), nullable=True),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="fk_dispense_rationales_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispense_rationales"),
    )
    op.create_index("ix_dispense_rationales_patient", "dispense_rationales", ["patient_id", "given_on"])


def _fill_keys(table: str) -> None:
    """The keys of the names that are there already: three letters without case and accents."""
    columns: list[sa.ColumnClause[str]] = [
        sa.column(name) for name in ("id", "first_name", "last_name", "first_key", "last_key")
    ]
    people = sa.table(table, *columns)
    connection = op.get_bind()
    for row in connection.execute(sa.select(people.c.id, people.c.first_name, people.c.last_name)).all():
        keys = {"first_key": _key(row.first_name), "last_key": _key(row.last_name)}
        connection.execute(sa.update(people).where(people.c.id == row.id).values(**keys))


def _key(word: str) -> str:
    bare = unicodedata.normalize("NFKD", word)
    return re.sub(r"[^a-z0-9]", "", bare.casefold())[:3]


def downgrade() -> None:
    """Back to the first schema."""
    for table in NEW_TABLES:
        op.drop_table(table)
    with op.batch_alter_table("routes") as routes:
        routes.drop_constraint("fk_routes_contradicts", type_="foreignkey")
        routes.drop_column("contradicts")
    op.drop_index("ix_registry_changes_field", "registry_changes")
    op.drop_index("ix_patients_zip", "patients")
    op.drop_index("ix_patients_dob", "patients")
    for table in PEOPLE:
        for half in ("first", "last"):
            op.drop_index(f"ix_{table}_{half}_key", table)
            op.drop_column(table, f"{half}_key")
    for table in (*ROWS, "registry_changes"):
        op.drop_column(table, "withdrawn_at")
