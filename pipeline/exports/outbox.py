"""The outbox: a folder where other programs find what was accepted, as it happens.

Each file holds the forms decided after the cursor that its name tells, as `faxforms export --accepted` writes them; the
file `cursor` holds where the next one begins. Whoever takes a file away may do so at any time.
"""

from __future__ import annotations

from pipeline.exports.accepted import keep_cursor, read_cursor, write_accepted_jsonl
from pipeline.store.opening import Store

CURSOR = "cursor"


def hand_on(store: Store) -> int:
    """Write what was decided since the last time, as one file, if there was anything; the cursor reached.

    Killed in between, the next time writes the same file again, with what came since.

    Raises:
        ExportFileError: the cursor file holds something else; nothing is written.
    """
    outbox = store.settings.outbox
    if outbox is None:
        return 0
    outbox.mkdir(parents=True, exist_ok=True)
    since = read_cursor(outbox / CURSOR)
    target = outbox / f"accepted-after-{since:012}.jsonl"
    reached = write_accepted_jsonl(store.engine, target, since)
    if reached == since:
        target.unlink()
    else:
        keep_cursor(outbox / CURSOR, reached)
    return reached
