"""The worklist of a gateway: one row for each case, as JSON and CSV in its store.

It lists the last cases, and every case with pending work. Finished cases are also listed in pages,
which are kept. Only changes are written, so the cost of a case does not depend on the number of
previous cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fl_planner.export.save import save
from fl_planner.export.table_writing import as_csv
from fl_planner.gateway.jobs import Job
from fl_planner.gateway.journal import CASES_PER_PAGE
from fl_planner.gateway.store import FINISHED, Store
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.archive import GatewayRecord, GatewayRowRecord, GatewayState

WORKLIST, TABLE = "worklist.json", "worklist.csv"
LAST_CASES = 100  # of the worklist, besides open ones [project's choice]
COLUMNS = tuple(GatewayRowRecord.__struct_fields__)


def write_worklist(store: Store) -> int:
    """Write the worklist of a store as JSON and CSV, and the pages that have changed.

    Returns the number of pages, each of which is entered in the journal.

    Raises `InputRefused`: `output.unwritable`.
    """
    jobs = store.list_last_jobs(LAST_CASES)
    record = GatewayRecord(
        refusal=None, rows=tuple(_describe(store, job) for job in reversed(jobs))
    )
    save(store.folder / WORKLIST, f"{as_json(record)}\n".encode(), force=True)
    save(store.folder / TABLE, _as_table(record.rows), force=True)
    pages = store.list_unwritten_pages()
    for page in pages:
        _write_page(store, page)
        store.enter_written(page)
    return len(pages)


def _write_page(store: Store, page: int) -> None:
    folder = store.folder / FINISHED
    folder.mkdir(mode=0o700, exist_ok=True)
    first = page * CASES_PER_PAGE + 1
    rows = [_describe(store, job) for job in reversed(store.list_finished(page))]
    save(folder / f"{first:07}-{first + CASES_PER_PAGE - 1:07}.csv", _as_table(rows), force=True)


def _as_table(rows: Iterable[GatewayRowRecord]) -> bytes:
    return as_csv(COLUMNS, ([getattr(row, name) for name in COLUMNS] for row in rows)).encode()


def _describe(store: Store, job: Job) -> GatewayRowRecord:
    state: GatewayState = "withdrawn" if store.is_withdrawn(job) else job.state
    missing = store.count_missing(job) if job.state == "waiting" else None
    later = store.find_superseding(job) if state in ("planned", "stored") else None
    return GatewayRowRecord(
        id=job.case_id,
        state=state,
        images_missing=missing,
        archive=job.archive,
        replaces=_name(job.replaces),
        superseded_by=_name(later),
        changed_drawings=None if state == "withdrawn" else store.count_differing(job) or None,
        attempts=job.attempts or None,
        code=job.code,
        reason=job.reason,
        remedy=job.remedy,
        **({} if job.answer is None else json.loads(job.answer)),
    )


def _name(number: int | None) -> str | None:
    return None if number is None else f"study-{number}"


def as_row(record: Mapping[str, Any]) -> str:
    """Return the entries of a plan in a row, as JSON."""
    levels = [finding["severity"] for finding in record.get("findings", ())]
    flr = record.get("flr_percent")
    return json.dumps(
        {
            "flr_percent": flr,
            "flr_percent_shown": record.get("flr_percent_shown"),
            "denominator": None if flr is None else record.get("denominator"),
            "headline": record.get("pathway", {}).get("headline"),
            "warnings": levels.count("warning"),
        }
    )
