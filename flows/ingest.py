"""The Prefect flow that works through a batch: a run for a batch, a task for a chunk of documents.

Prefect is told document numbers and counts, nothing else: its database keeps parameters, names, logs and artifacts.
Import this module only to run the flow: Prefect takes seconds to import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow, runtime, task  # noqa: E402
from prefect.artifacts import create_table_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402

from flows.batch import listening, work_through  # noqa: E402
from flows.patience import AWAY, RETRY_AFTER  # noqa: E402
from pipeline.process import Outcome  # noqa: E402

DOCUMENTS_A_TASK = 50
"""About 100 pages: a task costs 40 ms with its server, and its processes 2 s to start; both vanish beside 100 pages."""


def _run_name() -> str:
    documents = runtime.flow_run.parameters["documents"]
    return f"{len(documents)} documents from {min(documents, default=0)} to {max(documents, default=0)}"


@flow(name="ingest", flow_run_name=_run_name)
def ingest(documents: list[int]) -> list[Outcome]:
    """Read and decide the documents of those numbers, in that order; what became of each stands in a table artifact.

    Raises:
        DatabaseAway: the database was away for longer than the tries; the next run does what is left.
    """
    outcomes: list[Outcome] = []
    with listening(outcomes.append):
        # one after another: documents are decided in the order of their arrival
        for start in range(0, len(documents), DOCUMENTS_A_TASK):
            read_and_decide(documents[start : start + DOCUMENTS_A_TASK])
    create_table_artifact(key="ingest", table=_table(outcomes), description=_sum(outcomes))
    return outcomes


def database_is_away(_task: Any, _run: Any, state: Any) -> bool:
    """Tell whether trying again can help."""
    try:
        state.result()
    except AWAY:
        return True
    except Exception:  # noqa: BLE001 - whatever it is, Prefect raises it after this
        return False
    return False


@task(
    name="read and decide",
    retries=len(RETRY_AFTER),
    retry_delay_seconds=list(RETRY_AFTER),
    retry_condition_fn=database_is_away,
    cache_policy=NO_CACHE,  # the store knows what is done
)
def read_and_decide(documents: list[int]) -> None:
    """Work through a chunk with a process pool of its own."""
    work_through(documents)


def _table(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """A line a document: its number, how it was read, its pages, and how many forms took which route."""
    return [
        {
            "document": outcome.document_id,
            "status": str(outcome.status),
            "pages": outcome.pages,
            "forms": len(outcome.routes),
            **{route: outcome.routes.count(route) for route in ("accept", "review", "duplicate")},
        }
        for outcome in outcomes
    ]


def _sum(outcomes: Sequence[Outcome]) -> str:
    statuses = Counter(str(outcome.status) for outcome in outcomes)
    routes = Counter(route for outcome in outcomes for route in outcome.routes)
    counts = {
        **dict(sorted(statuses.items())),
        "pages": sum(outcome.pages for outcome in outcomes),
        **dict(sorted(routes.items())),
    }
    return f"{len(outcomes)} documents: " + ", ".join(f"{name} {count}" for name, count in counts.items())
