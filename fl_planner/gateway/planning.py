"""Plan a case in a separate process with its limits of memory and time."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import DEFECT, PYTHON, SAFE_PATH
from fl_planner.gateway.limits import MOST_PLAN_S

PLAN, RESULTS = "plan.json", "results"
REFUSED = 2


@dataclass(frozen=True, slots=True)
class PlannedFolder:
    """The folder of a case with its plan and its result set."""

    folder: Path
    record: dict[str, Any]


def plan_case(case: Path, centre: Path | None, earlier: Path | None) -> PlannedFolder:
    """Plan a case file, and write its record and its result set into its folder.

    - `earlier`: folder of the result set that this one replaces.

    Raises `InputRefused`: see `plan`; `listen.plan_failed` if the process ended without an answer.
    """
    folder = case.parent
    options: list[str | Path] = ["--dicom", folder / RESULTS, "--profile", "clinical"]
    if centre is not None:
        options += ["--centre", centre]
    if earlier is not None:
        options += ["--replaces", earlier]
    status, printed = _run("plan", case, "--json", *options)
    record = _as_record(printed)
    if status == REFUSED and record.get("refusal"):
        refusal = record["refusal"]
        raise InputRefused(
            refusal["code"], refusal["file"] or "case", refusal["reason"], refusal["remedy"]
        )
    if status != 0 or record.get("status") != "ok":
        reason = f"the planning process ended with status {status}"
        raise InputRefused("listen.plan_failed", "case", reason, DEFECT)
    (folder / PLAN).write_bytes(printed)
    return PlannedFolder(folder, record)


def _run(*words: str | Path) -> tuple[int, bytes]:
    command = (*PYTHON, "-m", "fl_planner", "--no-settings", *map(str, words))
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **SAFE_PATH},
            timeout=MOST_PLAN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"planning took longer than {MOST_PLAN_S // 60} min"
        remedy = "crop the CT to the liver, and send it with its drawing as new objects"
        raise InputRefused("listen.plan_failed", "case", reason, remedy) from None
    return ran.returncode, ran.stdout


def _as_record(printed: Sequence[int] | bytes) -> dict[str, Any]:
    try:
        record = json.loads(bytes(printed))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
