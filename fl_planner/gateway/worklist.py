"""The worklist of a gateway: one row for each case, as JSON and CSV in its store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fl_planner.export.csv import as_csv
from fl_planner.export.save import save
from fl_planner.gateway.jobs import Job
from fl_planner.gateway.store import Store
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.archive import GatewayRecord, GatewayRowRecord, GatewayState

WORKLIST, TABLE = "worklist.json", "worklist.csv"
MOST_ROWS = 1000  # the last cases [project's choice]
COLUMNS = tuple(GatewayRowRecord.__struct_fields__)


def write_worklist(store: Store) -> None:
    """Write the worklist of a store, as JSON and CSV.

    Raises `InputRefused`: `output.unwritable`.
    """
    record = describe_jobs(store)
    save(store.folder / WORKLIST, f"{as_json(record)}\n".encode(), force=True)
    rows = ([getattr(row, name) for name in COLUMNS] for row in record.rows)
    save(store.folder / TABLE, as_csv(COLUMNS, rows).encode(), force=True)


def describe_jobs(store: Store) -> GatewayRecord:
    """Return the record of all jobs, the last one first."""
    jobs = store.list_last_jobs(MOST_ROWS)
    withdrawn = {job.replaces for job in jobs if job.withdrawn}
    rows = tuple(_describe(store, job, withdrawn) for job in reversed(jobs))
    return GatewayRecord(refusal=None, rows=rows)


def _describe(store: Store, job: Job, withdrawn: set[int | None]) -> GatewayRowRecord:
    state: GatewayState = "withdrawn" if job.number in withdrawn else job.state
    missing = store.count_missing(job) if job.state == "waiting" else None
    return GatewayRowRecord(
        id=job.case_id,
        state=state,
        images_missing=missing,
        archive=job.archive,
        replaces=None if job.replaces is None else f"study-{job.replaces}",
        attempts=job.attempts or None,
        code=job.code,
        reason=job.reason,
        remedy=job.remedy,
        **({} if job.answer is None else json.loads(job.answer)),
    )


def as_row(record: Mapping[str, Any]) -> str:
    """Return the entries of a plan in a row, as JSON."""
    levels = [finding["severity"] for finding in record.get("findings", ())]
    return json.dumps(
        {
            "flr_percent": record.get("flr_percent"),
            "flr_percent_shown": record.get("flr_percent_shown"),
            "headline": record.get("pathway", {}).get("headline"),
            "warnings": levels.count("warning"),
        }
    )
