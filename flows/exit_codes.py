"""What the command line's exit codes mean; scripts may rely on them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `faxforms`."""

    DONE = 0  # all done
    ERROR = 1  # nothing, or not all, could be done; the reason is on stderr
    USAGE = 2  # the command line was not understood
    WAITS = 3  # done, but some documents could not be read whole (failed, partial) and wait for a person
