"""`faxforms backup` and `faxforms restore`: an installation saved while it works, and brought back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.exit_codes import ExitCode
from flows.progress import progress_bar
from flows.store import database_errors, opened_store
from flows.terminal import err, out
from pipeline import originals
from pipeline.backup import making, restoring
from pipeline.backup.snapshot import read_manifest
from pipeline.settings import Settings

Backup = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the backup.", file_okay=False)]


def backup(
    folder: Backup,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many snapshots, and throw older ones away.")] = None,
) -> None:
    """Add a snapshot of the database, originals and notices to a backup, while work goes on.

    Only what no earlier snapshot brought is copied. What is encrypted is copied as it lies, so the keys are not in the
    backup: keep a copy of them elsewhere. What retention removed goes from a backup with the last snapshot that has it.

    Example: faxforms backup /mnt/backup/faxforms --keep 30
    """
    with opened_store() as store:
        number = sum(1 for vault in (store.originals, store.notices) for _ in originals.kept(vault))
        with progress_bar("saving", number, "files") as step:
            name, manifest = making.make(store, folder, done_one=step)
    forgotten = making.forget_old(folder, keep) if keep else 0
    out.print(f"snapshot {name}: the database and {manifest.files} files; {forgotten} older ones thrown away")


def restore(
    folder: Backup,
    snapshot: Annotated[str | None, typer.Option(help="Its name; else the newest.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Only read it whole and compare every hash.")] = False,
) -> None:
    """Bring a snapshot back, into an installation that is empty: no tables in the database, no originals.

    The snapshot is verified first; afterwards the audit trail and every original are. What came in since the snapshot
    was made must come in again.

    Example: FAXFORMS_DATA_DIR=/srv/faxforms-new faxforms restore /mnt/backup/faxforms
    """
    if verify:
        out.print(f"snapshot {restoring.verify(folder, snapshot)} is whole")
        return
    with database_errors():
        name = restoring.named(folder, snapshot)
        with progress_bar("restoring", read_manifest(folder, name).files, "files") as step:
            restored = restoring.restore(Settings(), folder, name, done_one=step)
    out.print(f"snapshot {name}: {restored.documents} documents and {restored.files} files are back")
    if restored.unopened:
        err.print(f"faxforms: {restored.unopened} originals were not tried, for their key is not given")
    if restored.broken_at is not None:
        err.print(f"faxforms: the audit trail breaks at line {restored.broken_at}")
    for number in restored.damaged:
        err.print(f"faxforms: the original of document {number} is not as it came in")
    if restored.damaged or restored.broken_at is not None:
        raise typer.Exit(ExitCode.ERROR)
    out.print("the audit trail is whole" + ("" if restored.unopened else ", and every original is as it came in"))
