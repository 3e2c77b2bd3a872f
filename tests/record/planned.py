"""Plans of a liver of 1500 mL, whose parts are counted by hand, as records and as text."""

from dataclasses import replace
from io import StringIO
from typing import Any

from msgspec import convert, structs
from rich.console import Console, RenderableType

from fl_planner.intake.documents.bundled_trials import read_bundled_trials, read_protocols
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan, plan
from fl_planner.record.base import Record, read_findings, read_volumes, read_withdrawn
from fl_planner.record.head import InputRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from tests.masks import liver_part, small_liver

TRIALS, PROTOCOLS = read_bundled_trials(), read_protocols()
LEFT = liver_part([[1, 4, 1, 11, 1, 11]], "flr")  # 300 of 1500 mL
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8]], "tumour")  # 27 mL, 3 x 3 x 3 cm
TREATED = liver_part([[7, 16, 1, 11, 1, 11]], "treated")  # 900 mL with the tumour
NO_TUMOUR = replace(TUMOUR - TUMOUR, file=None)
WHOLE = replace(small_liver(), tumour=TUMOUR, flr=LEFT)


def made(anatomy: Anatomy = WHOLE, **entries: Any) -> Plan:
    """Plan a case of CRLM, with these entries of the case."""
    case = Case(anatomy, **{"inputs": (), "diagnosis": "crlm", **entries})
    return plan(case, TRIALS, PROTOCOLS)


def read_plan(told: Record) -> PlanRecord:
    """Read the record of a plan by the keys of its JSON."""
    known = {key: told[key] for key in PlanRecord.__struct_fields__ if key in told}
    typed = {
        "inputs": convert(told["inputs"], tuple[InputRecord, ...]),
        "volumes": read_volumes(told),
        "withdrawn": read_withdrawn(told),
        "findings": read_findings(told["findings"]),
    }
    return PlanRecord(**{**known, **typed})


def between(ends: list[float], of_trials: list[float], **changed: Any) -> PlanRecord:
    """Tell a plan whose FLR lies between these ends, and what trials ask of a share."""
    record = as_plan_record(made())
    volumes = structs.replace(record.volumes, share_limits_percent=tuple(of_trials))
    ratios = {"flr": {"interval_percent": ends}}
    return structs.replace(record, volumes=volumes, ratios=ratios, **changed)


def shown(table: RenderableType) -> str:
    """Show a table as on a terminal of 80 columns without colour."""
    out = StringIO()
    Console(file=out, width=80, highlight=False, emoji=False).print(table)
    return out.getvalue()


def flat(text: str) -> str:
    """Join folded lines."""
    return " ".join(text.split())
