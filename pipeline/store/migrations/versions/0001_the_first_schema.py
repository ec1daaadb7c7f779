"""The first schema.

Revision 0001, after nothing.

"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TABLES = (
    "designees",
    "documents",
    "patients",
    "pharmacies",
    "prescribers",
    "settings_snapshots",
    "audit",
    "forms",
    "pages",
    "sources",
    "evaluated_rules",
    "findings",
    "readings",
    "registry_changes",
    "review_items",
    "routes",
)
"""In the order in which they can be made."""

NO_CHANGE = "the audit trail is append-only"


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "designees",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prescriber_npi", sa.String(length=10), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("enrolled_on_2015", sa.Date(), nullable=True),
        sa.Column("enrolled_on_2021", sa.Date(), nullable=True),
        sa.Column("known_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_designees"),
        sa.UniqueConstraint(
            "prescriber_npi",
            "last_name",
            "first_name",
            "email",
            name="uq_designees_prescriber_npi_last_name_first_name_email",
        ),
    )
    op.create_index("ix_designees_prescriber_npi", "designees", ["prescriber_npi"])

    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("sha256", name="uq_documents_sha256"),
    )
    op.create_index("ix_documents_state", "documents", ["state"])

    op.create_table(
        "patients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("dob", sa.Date(), nullable=False),
        sa.Column("zip", sa.String(length=10), nullable=True),
        sa.Column("gender", sa.String(length=16), nullable=True),
        sa.Column("prescriber_npi", sa.String(length=10), nullable=True),
        sa.Column("enrolled_on_2015", sa.Date(), nullable=True),
        sa.Column("enrolled_on_2021", sa.Date(), nullable=True),
        sa.Column("ben", sa.Boolean(), nullable=False),
        sa.Column("hospice", sa.Boolean(), nullable=False),
        sa.Column("treatment_status", sa.String(length=16), nullable=True),
        sa.Column("monitoring_frequency", sa.String(length=32), nullable=True),
        sa.Column("known_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
    )
    op.create_index("ix_patients_name", "patients", ["last_name", "first_name", "dob"])
    op.create_index("ix_patients_prescriber_npi", "patients", ["prescriber_npi"])

    op.create_table(
        "pharmacies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=False),
        sa.Column("setting", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ncpdp", sa.String(length=7), nullable=True),
        sa.Column("certified_on_2021", sa.Date(), nullable=True),
        sa.Column("known_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pharmacies"),
        sa.UniqueConstraint("npi", "setting", name="uq_pharmacies_npi_setting"),
    )
    op.create_table(
        "prescribers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("fax", sa.String(), nullable=True),
        sa.Column("dea", sa.String(), nullable=True),
        sa.Column("certified_on_2015", sa.Date(), nullable=True),
        sa.Column("certified_on_2021", sa.Date(), nullable=True),
        sa.Column("known_from", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_prescribers"),
        sa.UniqueConstraint("npi", name="uq_prescribers_npi"),
    )
    op.create_table(
        "settings_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settings_snapshots"),
        sa.UniqueConstraint("sha256", name="uq_settings_snapshots_sha256"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_audit_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
        sa.UniqueConstraint("previous", name="uq_audit_previous"),
    )
    op.create_index("ix_audit_document_id", "audit", ["document_id"])

    op.create_table(
        "forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("missing_pages", sa.JSON(), nullable=False),
        sa.Column("key_by_patient", sa.String(length=200), nullable=True),
        sa.Column("key_as_read", sa.String(length=200), nullable=True),
        sa.Column("patient", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_forms_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_forms"),
        sa.UniqueConstraint("document_id", "position", name="uq_forms_document_id_position"),
    )
    op.create_index("ix_forms_document_id", "forms", ["document_id"])
    op.create_index("ix_forms_key_as_read", "forms", ["key_as_read"])
    op.create_index("ix_forms_key_by_patient", "forms", ["key_by_patient"])

    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rotated", sa.Integer(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=True),
        sa.Column("form_id", sa.String(length=64), nullable=True),
        sa.Column("form_page", sa.Integer(), nullable=True),
        sa.Column("match", sa.Double(), nullable=False),
        sa.Column("residual", sa.Double(), nullable=True),
        sa.Column("to_blank", sa.JSON(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("nearest", sa.String(length=64), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_pages_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.UniqueConstraint("document_id", "page", name="uq_pages_document_id_page"),
    )
    op.create_index("ix_pages_document_id", "pages", ["document_id"])

    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_sources_document_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
    )
    op.create_index("ix_sources_document_id", "sources", ["document_id"])

    op.create_table(
        "evaluated_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_evaluated_rules_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluated_rules"),
        sa.UniqueConstraint("form_pk", "rule", name="uq_evaluated_rules_form_pk_rule"),
    )
    op.create_index("ix_evaluated_rules_form_pk", "evaluated_rules", ["form_pk"])

    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("in_order", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_findings_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
    )
    op.create_index("ix_findings_form_pk", "findings", ["form_pk"])
    op.create_index("ix_findings_reason", "findings", ["reason"])

    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("pen", sa.String(length=16), nullable=False),
        sa.Column("second", sa.String(), nullable=True),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.Column("crop", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_readings_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint("form_pk", "field", name="uq_readings_form_pk_field"),
    )
    op.create_index("ix_readings_form_pk", "readings", ["form_pk"])

    op.create_table(
        "registry_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_registry_changes_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_changes"),
    )
    op.create_index("ix_registry_changes_effective_on", "registry_changes", ["effective_on"])
    op.create_index("ix_registry_changes_form_pk", "registry_changes", ["form_pk"])
    op.create_index("ix_registry_changes_row", "registry_changes", ["entity", "entity_id", "field"])

    op.create_table(
        "review_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name="fk_review_items_document_id"),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_review_items_form_pk"),
        sa.PrimaryKeyConstraint("id", name="pk_review_items"),
    )
    op.create_index("ix_review_items_document_id", "review_items", ["document_id"])
    op.create_index("ix_review_items_form_pk", "review_items", ["form_pk"])
    op.create_index("ix_review_items_waiting", "review_items", ["state", "priority", "created_at"])

    op.create_table(
        "routes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_pk", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("duplicate_of", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["duplicate_of"], ["forms.id"], name="fk_routes_duplicate_of"),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name="fk_routes_form_pk"),
        sa.ForeignKeyConstraint(["settings_id"], ["settings_snapshots.id"], name="fk_routes_settings_id"),
        sa.PrimaryKeyConstraint("id", name="pk_routes"),
    )
    op.create_index("ix_routes_form_pk", "routes", ["form_pk"])
    op.create_index("ix_routes_route", "routes", ["route"])
    _guard_audit()


def _guard_audit() -> None:
    """Triggers that refuse to change or take away a line of the audit trail."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{action.lower()} BEFORE {action} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{NO_CHANGE}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{NO_CHANGE}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )


def downgrade() -> None:
    """Back to an empty database."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse")
