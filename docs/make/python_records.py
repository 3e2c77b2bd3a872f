"""The types of records in Python, by their keys, made from the declarations in `record/`.

The row of a plan is typed in the same way, from the columns of `plan --csv`.

`python -m docs.make.python_records --write` makes the module that editors and type checkers read;
without `--write` the exit status says whether it is as it would be made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from re import fullmatch
from typing import get_args, get_origin

from msgspec import inspect

import fl_planner
from fl_planner.export.plan_columns import list_plan_columns
from fl_planner.record.declaration.json_form import (
    DeclaredKey,
    list_keys,
    list_struct_keys,
    read_type,
)
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.dose import DoseRecord
from fl_planner.record.files.dossier import DossierRecord
from fl_planner.record.files.validation import ValidationRecord
from fl_planner.record.function import FunctionRecord
from fl_planner.record.growth import GrowthRecord
from fl_planner.record.judgement import ROUTE_ROWS, JudgementRecord
from fl_planner.record.over_time.worklist import CohortRecord, ScreenRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionsRecord
from fl_planner.record.volumes import VolumeRecord

MODULE = Path(fl_planner.__file__).parent / "workup" / "python" / "typed_records.pyi"
HEAD = '''"""Types of records by their keys; made by `docs/make/python_records.py`."""

from typing import Any, Literal, NotRequired, TypedDict, overload

from typing_extensions import TypeVar

'''
DEFAULT = 'Default = TypeVar("Default", default=None)'
RECORDS: dict[str, type[RecordPart]] = {  # class with the keys -> record
    "KeyedCohort": CohortRecord,
    "KeyedDose": DoseRecord,
    "KeyedDossier": DossierRecord,
    "KeyedFunction": FunctionRecord,
    "KeyedGrowth": GrowthRecord,
    "KeyedPlan": PlanRecord,
    "KeyedResections": ResectionsRecord,
    "KeyedScreening": ScreenRecord,
    "KeyedTrials": JudgementRecord,
    "KeyedValidation": ValidationRecord,
    "KeyedVolumes": VolumeRecord,
}
ROWS = r"list\[\w+Dict\]"
CELLS = {"text": "str", "yes_no": "bool", "integer": "int", "choice": "int"}  # others: float
SCALARS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "bool",
    inspect.FloatType: "float",
    inspect.IntType: "int",
    inspect.NoneType: "None",
    inspect.StrType: "str",
}


class Parts:
    """The parts of records, each with the name of its type."""

    def __init__(self) -> None:
        self.named: dict[str, list[str]] = {}

    def name_type(self, key: DeclaredKey) -> str:
        """Return the type of the JSON of a key."""
        if "kinds" in key.declared:
            return "dict[str, Any]"
        name = self._name(key.kind)
        words = key.schema.get("enum", ())
        if name != "str" or not words or ROUTE_ROWS in words:
            return name
        return f"Literal[{', '.join(map(repr, words))}]"

    def _name(self, kind: inspect.Type) -> str:
        match kind:
            case inspect.Metadata():
                return self.name_type(read_type(kind))
            case inspect.StructType():
                return self._name_part(kind)
            case inspect.LiteralType(values):
                return f"Literal[{', '.join(map(repr, values))}]"
            case inspect.DictType(_, each):
                return f"dict[str, {self._name(each)}]"
            case inspect.VarTupleType(each):
                return f"list[{self._name(each)}]"
            case inspect.TupleType(items):
                return f"list[{' | '.join(dict.fromkeys(map(self._name, items)))}]"
            case inspect.UnionType(kinds):
                return " | ".join(dict.fromkeys(map(self._name, kinds)))
        return SCALARS[type(kind)]

    def _name_part(self, kind: inspect.StructType) -> str:
        of = "".join(self._name(inspect.type_info(arg)).title() for arg in get_args(kind.cls))
        name = f"{(get_origin(kind.cls) or kind.cls).__name__}{of}Dict"
        if name not in self.named:
            self.named[name] = [*self._define(name, [*list_struct_keys(kind)])]
        return name

    def _define(self, name: str, keys: Sequence[DeclaredKey]) -> Iterator[str]:
        typed = {}
        for key in keys:
            of = self.name_type(key)
            typed[key.name] = of if key.always else f"NotRequired[{of}]"
        if all(key.isidentifier() and not iskeyword(key) for key in typed):
            yield f"class {name}(TypedDict):"
            yield from (f"    {key}: {of}" for key, of in typed.items())
        else:
            entries = ", ".join(f'"{key}": {of}' for key, of in typed.items())
            yield f'{name} = TypedDict("{name}", {{{entries}}})'


def as_module() -> str:
    """Make the module: a class for each kind of record, and for each kind of part."""
    parts, classes = Parts(), list[str]()
    imports = ["from fl_planner.workup.python.result import Result, ResultRows, Row"]
    for name, record in RECORDS.items():
        imports.append(f"from {record.__module__} import {record.__name__}")
        classes += ["", f"class {name}(Result[{record.__name__}]):"]
        classes += _define_keys([*_list_typed(parts, record)])
    classes += _define_row()
    kinds = [line for part in parts.named.values() for line in ("", *part)]
    return HEAD + "\n".join([*sorted(imports), "", DEFAULT, *kinds, *classes]) + "\n"


@dataclass(frozen=True, slots=True)
class TypedKey:
    """A key with its type, and whether each record has it."""

    name: str
    of: str
    always: bool

    @property
    def found(self) -> str:
        """Type of the key if the record may not have it."""
        return self.of if self.always or self.of.endswith("None") else f"{self.of} | None"


def _list_typed(parts: Parts, record: type[RecordPart]) -> Iterator[TypedKey]:
    for key in list_keys(record):
        yield TypedKey(key.name, parts.name_type(key), key.always)


def _define_keys(keys: Sequence[TypedKey]) -> Iterator[str]:
    """Declare what `[key]`, `get` and `rows` return."""
    for found, names in _group(keys, lambda key: key.found):
        yield from _overload(f"__getitem__(self, key: {names}) -> {found}")
    yield from _overload("__getitem__(self, key: str) -> Any")
    yield from _define_get(keys)
    for of, names in _group([key for key in keys if fullmatch(ROWS, key.of)], lambda key: key.of):
        yield from _overload(f"rows(self, key: {names}) -> ResultRows[{of[5:-1]}]")
    yield from _overload("rows(self, key: str) -> ResultRows[Any]")
    for of in (key.of for key in keys if key.name == "findings" and fullmatch(ROWS, key.of)):
        yield from ("    @property", f"    def findings(self) -> ResultRows[{of[5:-1]}]: ...")


def _define_get(keys: Sequence[TypedKey]) -> Iterator[str]:
    for of, names in _group([key for key in keys if key.always], lambda key: key.of):
        yield from _overload(f"get(self, key: {names}, default: object = None) -> {of}")
    for of, names in _group([key for key in keys if not key.always], lambda key: key.of):
        yield from _overload(f"get(self, key: {names}, default: Default = ...) -> {of} | Default")
    yield from _overload("get(self, key: str, default: Any = None) -> Any")


def _define_row() -> Iterator[str]:
    """Declare the row of a plan: a column of a hospital's own trial has any type."""
    columns = list_plan_columns()
    keys = [TypedKey(one.name, CELLS.get(one.kind, "float"), always=False) for one in columns]
    yield from ("", "class PlanRow(Row):")
    grouped = [*_group(keys, lambda key: key.found)]
    for found, names in grouped:
        yield from _overload(f"__getitem__(self, key: {names}, /) -> {found}")
    yield from _overload("__getitem__(self, key: str, /) -> Any")
    for found, names in grouped:
        yield from _overload(f"get(self, key: {names}, default: object = None, /) -> {found}")
    yield from _overload("get(self, key: str, default: Any = None, /) -> Any")


def _group(
    keys: Iterable[TypedKey], name_type: Callable[[TypedKey], str]
) -> Iterator[tuple[str, str]]:
    """Group keys of one type: the type, and their names as a literal."""
    found = dict[str, list[str]]()
    for key in keys:
        found.setdefault(name_type(key), []).append(f'"{key.name}"')
    yield from ((of, f"Literal[{', '.join(names)}]") for of, names in found.items())


def _overload(signature: str) -> Iterator[str]:
    yield from ("    @overload", f"    def {signature}: ...")


def main(args: Sequence[str]) -> int:
    """Write the module, or say whether it is as it would be made."""
    if "--write" in args:
        MODULE.write_text(as_module(), "utf-8")
        return 0
    return int(MODULE.read_text("utf-8") != as_module())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
