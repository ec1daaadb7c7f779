"""`python -m flows` is `faxforms`, for those who start it by its interpreter, as the supervisor does."""

from flows.cli import app

app(prog_name="faxforms")
