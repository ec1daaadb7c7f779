"""The command line: `faxforms COMMAND`. Each command stands in `flows/commands/`, its work on the floors below."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from extractors.errors import FaxformsError
from flows.commands import (
    audit,
    backup,
    calibrate,
    correct,
    dashboard,
    database,
    deploy,
    doctor,
    documents,
    export,
    forms,
    forms_learning,
    hold,
    ingest,
    keys,
    ledger,
    metrics,
    migrate,
    migration,
    notice,
    quality,
    queue,
    receive,
    registry,
    reprocess,
    retention,
    review,
    rules,
    show,
    status,
    up,
    watch,
    work,
)
from flows.exit_codes import ExitCode
from flows.terminal import print_error


class Commands(TyperGroup):
    """Turns the errors that this program raises on purpose into one line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except FaxformsError as error:
            print_error(str(error))
            raise typer.Exit(ExitCode.ERROR) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would hold patient data
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Take in faxed and scanned forms, read them, check them by dated rules, hand people what needs a person.

    A first round:

        faxforms db upgrade
        faxforms registry import samples/faxes/registry.json
        faxforms ingest --manifest samples/faxes/manifest.csv
        faxforms queue

    Settings come from the environment (FAXFORMS_DATA_DIR, FAXFORMS_DATABASE_URL, …) or from faxforms.toml in the
    working directory.

    Exit codes: 0 all done; 1 an error, told on stderr; 2 the command line was not understood; 3 done, but some
    documents could not be read whole and wait for a person.""",
)
app.command()(ingest.ingest)
app.command()(migrate.migrate)
app.command()(documents.documents)
app.command("reprocess")(reprocess.reprocess_waiting)
app.command()(queue.queue)
app.command()(show.show)
app.command()(correct.correct)
app.command()(status.status)
app.command()(status.due)
app.command()(notice.notice)
app.command()(export.export)
app.command()(calibrate.calibrate)
app.command()(metrics.metrics)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(dashboard.dashboard)
app.command()(watch.watch)
app.command()(up.up)
app.command()(deploy.deploy)
app.command()(work.work)
app.add_typer(receive.app, name="receive")
app.add_typer(ledger.app, name="ledger")
app.add_typer(migration.app, name="migration")
app.add_typer(quality.app, name="quality")
app.add_typer(registry.app, name="registry")
app.add_typer(review.app, name="review")
app.add_typer(audit.app, name="audit")
app.add_typer(rules.app, name="rules")
forms.app.command("learn")(forms_learning.learn_form)
forms.app.command("check")(forms_learning.check_form)
app.add_typer(forms.app, name="forms")
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(retention.app, name="retention")
app.add_typer(hold.app, name="hold")
