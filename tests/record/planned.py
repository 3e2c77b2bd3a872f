"""Plans of a liver of 1500 mL, whose parts are counted by hand, as records and as text."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from io import StringIO
from typing import Any, TypeVar, get_origin

from msgspec import inspect, structs
from rich.console import Console, RenderableType

from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan, plan
from fl_planner.record.declaration.json_form import read_type
from fl_planner.record.declaration.part import SHOWN, RecordKeys, RecordPart, Sided
from fl_planner.record.head import Record
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.ratios import RatiosRecord
from tests.masks import liver_part, small_liver

Part = TypeVar("Part", bound=RecordPart)
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
    return read_part(PlanRecord, told)


def read_part(of: type[Part], told: Record) -> Part:
    """Read a part of a record by the keys of its JSON; what it lacks is None."""
    part: Part = _read(told, inspect.type_info(of))
    return part


def _read(told: Any, of: inspect.Type) -> Any:
    match of:
        case inspect.Metadata(inner):
            return _read(told, inner)
        case inspect.UnionType((inner, inspect.NoneType())):
            return None if told is None else _read(told, inner)
        case inspect.StructType(cls, fields):
            return cls(**dict(_read_fields(told, fields)))
        case inspect.VarTupleType(each):
            return tuple(_read(one, each) for one in told)
        case inspect.DictType(_, each):
            return {key: _read(one, each) for key, one in told.items()}
        case inspect.TupleType():
            return tuple(told)
    return told


def _read_fields(told: Record, fields: Iterable[inspect.Field]) -> Iterator[tuple[str, Any]]:
    for field in fields:
        key, kind = field.encode_name, read_type(field.type, always=field.required).kind
        match kind:
            case inspect.StructType(cls, inner) if issubclass(get_origin(cls) or cls, RecordKeys):
                if field.required or any(one.encode_name in told for one in inner):
                    yield field.name, _read(told, kind)
            case _ if key not in told:
                yield from [(field.name, None)] if field.required else ()
            case inspect.StructType(cls) if issubclass(get_origin(cls) or cls, Sided):
                yield field.name, Sided(value=told[key], shown=told[f"{key}{SHOWN}"])
            case _:
                yield field.name, _read(told[key], field.type)


def between(ends: list[float], of_trials: list[float], **changed: Any) -> PlanRecord:
    """Tell a plan whose FLR lies between these ends, and what trials ask of a share."""
    record = as_plan_record(made())
    volumes = structs.replace(record.volumes, share_limits_percent=tuple(of_trials))
    ratios = read_part(RatiosRecord, {"flr": {"interval_percent": ends}})
    return structs.replace(record, volumes=volumes, ratios=ratios, **changed)


def shown(table: RenderableType) -> str:
    """Show a table as on a terminal of 80 columns without colour."""
    out = StringIO()
    Console(file=out, width=80, highlight=False, emoji=False).print(table)
    return out.getvalue()


def flat(text: str) -> str:
    """Join folded lines."""
    return " ".join(text.split())


class CertainLoss(SupplyLoss):
    """A loss whose cuts are not doubted."""

    doubtful_trees = frozenset()


def certain(plan: Plan) -> PlanRecord:
    """As of a larger liver: in one of 332 mL every cut is uncertain."""
    vessels = plan.measured.vessels
    assert vessels is not None
    plans = tuple(
        replace(one, loss=CertainLoss(*(getattr(one.loss, each.name) for each in fields(one.loss))))
        for one in vessels.plans
    )
    measured = structs.replace(plan.measured, vessels=replace(vessels, plans=plans))
    return as_plan_record(replace(plan, measured=measured))
