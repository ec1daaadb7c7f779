"""Whether every file that was fed is in the ledger exactly once, none lost and none counted twice."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounting import Accounts, account
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.intake_models import LedgerStep
from pipeline.store.models import Document, DocumentState, Source
from pipeline.store.opening import Store
from tests.faults.traffic import Fax

DECIDED = (DocumentState.STORED, DocumentState.QUEUED, DocumentState.FAILED)


def say(line: str) -> None:
    """Tell how far a test has come, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)  # noqa: T201 - what the commands are for


@dataclass(slots=True)
class Fed:
    """What was dropped: every name with the hash of its bytes."""

    files: dict[str, str] = field(default_factory=dict)

    def note(self, fax: Fax) -> None:
        """It was dropped."""
        self.files[fax.name] = hashlib.sha256(fax.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`held`: documents that were given to a person only because their reader or program was killed too often."""

    files: int
    documents: int
    lost: list[str]
    twice: list[str]
    undecided: int
    held: int
    not_acknowledged: int
    chain_holds: bool
    accounts: Accounts

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        wrong = self.lost or self.twice or self.undecided or self.not_acknowledged
        return not wrong and self.chain_holds and self.accounts.adds_up


def judge(store: Store, fed: Fed, incoming: Iterable[Path]) -> Verdict:
    """Compare what was fed with ledger, originals, pages and folders."""
    came: defaultdict[str, list[str]] = defaultdict(list)
    with Session(read_only(store.engine)) as session:
        for file, sha256 in session.execute(select(Source.file, Document.sha256).join(Document)):
            came[file].append(sha256)
        states = Counter(session.scalars(select(Document.state)))
        ends = session.execute(
            select(LedgerStep.document_id, func.count())
            .where(LedgerStep.state.in_(DECIDED))
            .group_by(LedgerStep.document_id)
        )
        decided_twice = [f"document {document}" for document, times in ends if times != 1]
        documents = session.scalar(select(func.count()).select_from(Document)) or 0
        killed = killed_over_it()
        held = session.scalar(select(func.count()).select_from(Document).where(killed)) or 0
        chain_holds = audit.verify(session) is None
    lost = [name for name, sha256 in fed.files.items() if sha256 not in came[name]]
    twice = [name for name, hashes in came.items() if hashes and hashes != [fed.files.get(name)]]
    if documents != len(set(fed.files.values())):
        twice.append(f"{documents} documents of {len(set(fed.files.values()))} different files")
    left = [path for folder in incoming for path in folder.glob("*.*")]
    undecided = sum(states[state] for state in states if state not in DECIDED)
    accounts = account(store)
    return Verdict(
        len(fed.files), documents, lost, twice + decided_twice, undecided, held, len(left), chain_holds, accounts
    )


def killed_over_it() -> object:
    """Documents that failed only because their reader or program was killed over them too often."""
    return Document.error.contains("given up") | Document.error.contains("the reading process died")
