"""What use cases answer to the words of a person, which stand by the names of their options."""

import re
from pathlib import Path
from typing import Any

from fl_planner.intake.request.request import Request
from fl_planner.liver.names.structures import ROLES
from fl_planner.record.declaration.part import RecordPart, as_dict, as_written
from fl_planner.record.plan import as_plan_record
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import make_request
from fl_planner.workup.volume import measure_volume
from tests.cli.outside import BUNDLED, Record

UNSAID: dict[str, Any] = {
    **dict.fromkeys((*ROLES, "labelmap", "scheme", "remnant_segments")),
    **dict.fromkeys(("no_tumour", "resample", "gaps_to_nearest"), False),
    **dict.fromkeys(("absent_segment", "exclude"), ()),
    "size_limit": 1,
}


def volumes_of(case: Path | None = None, **words: Any) -> Record:
    """Measure what a case file, words or both name."""
    return _written(measure_volume(_asked(case, words)))


def function_text() -> str:
    """Give the case file of the bundled scintigraphy, as it is read from any folder."""
    folder = BUNDLED / "function"
    text = (folder / "function.toml").read_text("utf-8")
    at = r'"([\w./]+\.(?:nii\.gz|dcm))"'
    return re.sub(at, lambda file: f'"{(folder / file[1]).resolve()}"', text)


def plan_of(case: Path | None = None, **words: Any) -> Record:
    """Plan it."""
    return _written(as_plan_record(make_plan(_asked(case, words))))


def _asked(case: Path | None, words: dict[str, Any]) -> Request:
    return make_request(case, UNSAID | words)


def _written(record: RecordPart) -> Record:
    return as_written(as_dict(record))
