"""`faxforms keys …`: the keys that encrypt originals, notices and crops."""

from __future__ import annotations

import getpass

import typer

from flows.exit_codes import ExitCode
from flows.progress import progress_bar
from flows.store import opened_store
from flows.terminal import err, out, print_table
from pipeline.encryption import keys as keyring
from pipeline.encryption.rotation import NOT_SEALED, count_by_key, seal_all_anew
from pipeline.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The keys that encrypt originals, notices and crops.")


@app.callback()
def _group() -> None:
    """The keys that encrypt originals, notices and crops."""


@app.command()
def new() -> None:
    """Put a new key at the end of the key file (FAXFORMS_ENCRYPTION_KEY_FILE): from now on it encrypts what comes in.

    Older keys stay, and open what they encrypted. Keep a copy of the file where the backups are not: without
    its keys nothing can be opened, by nobody.

    Example: FAXFORMS_ENCRYPTION_KEY_FILE=/etc/faxforms/keys faxforms keys new
    """
    file = Settings().encryption_key_file
    if file is None:
        raise typer.BadParameter("FAXFORMS_ENCRYPTION_KEY_FILE names no file to put it in")
    key = keyring.add_key(file)
    out.print(f"key {key.name} encrypts from now on; running services take it up when they are started again")


@app.command("list")
def list_keys() -> None:
    """Show which keys there are, and how many files and crops each has encrypted.

    Example: faxforms keys list
    """
    with opened_store() as store:
        keys, counts = store.originals.keys, count_by_key(store)
    given = {key.name for key in keys.keys}
    rows = [(key.name, "encrypts" if key is keys.current else "opens", counts[key.name]) for key in keys.keys]
    rows += [(name, "" if name == NOT_SEALED else "missing", counts[name]) for name in sorted(counts.keys() - given)]
    print_table("Keys, the oldest first", ("key", "state", "files and crops"), rows)


@app.command()
def rotate() -> None:
    """Encrypt everything anew that the newest key has not encrypted; also what is not encrypted yet.

    It may be broken off and begun again, and the service may go on meanwhile. When it ends with 0, the older keys can
    be thrown away, as soon as no backup needs them.

    Example: faxforms keys new && faxforms keys rotate
    """
    with opened_store() as store:
        if store.originals.keys.current is None:
            raise typer.BadParameter("there is no key: make one with `faxforms keys new`")
        counts = count_by_key(store)
        left = counts.total() - counts[store.originals.keys.current.name]
        with progress_bar("encrypting", left, "files and crops") as step:
            done = seal_all_anew(store, who=getpass.getuser(), done_one=step)
    for line in done.refused:
        err.print(f"faxforms: not encrypted anew: {line}", markup=False, highlight=False)
    out.print(f"{done.files} files and {done.crops} crops encrypted anew")
    if done.refused:
        raise typer.Exit(ExitCode.ERROR)
