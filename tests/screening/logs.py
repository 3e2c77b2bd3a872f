"""Results to be logged, and logs of them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fl_planner.record.plan import as_record
from fl_planner.screening.log import Entry, append
from tests.record.planned import WHOLE, made

Record = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLAN: Record = as_record(made(WHOLE, id="case-001"))


def small(number: int) -> Record:
    """Make a small result, each another."""
    return {
        "schema": "fl-planner/trials/2",
        "version": "0.1.0",
        "id": f"case-{number:03}",
        "inputs": [{"role": "liver", "file": f"liver-{number}.nii", "sha256": "0" * 64}],
        "rules": [{"id": "NCT05428735", "name": "DRAGON 2", "sha256": "1" * 64}],
        "trials": [{"id": "NCT05428735", "verdict": "eligible"}],
        "findings": [],
    }


def fill(path: Path, *records: Record) -> tuple[Entry, ...]:
    """Log results, a day apart."""
    return tuple(
        append(path, record, "plan", NOON + timedelta(days=day))
        for day, record in enumerate(records)
    )


def tamper(path: Path, *commands: str) -> None:
    """Change a log behind its back: its triggers are taken off first."""
    with closing(sqlite3.connect(path)) as base:
        for verb in ("UPDATE", "DELETE"):
            base.execute(f"DROP TRIGGER entry_no_{verb}")
        for command in commands:
            base.execute(command)
        base.commit()
