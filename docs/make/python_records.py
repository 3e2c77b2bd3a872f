"""The types of records in Python, by their keys, made from the declarations in `record/`.

`python -m docs.make.python_records --write` makes the module that editors and type checkers read;
without `--write` the exit status says whether it is as it would be made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import get_args, get_origin

from msgspec import inspect

import fl_planner
from fl_planner.record.declaration.keys import DeclaredKey, list_keys, list_struct_keys, read_type
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.dose import DoseRecord
from fl_planner.record.function import FunctionRecord
from fl_planner.record.growth import GrowthRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.volumes import VolumeRecord

MODULE = Path(fl_planner.__file__).parent / "workup" / "python" / "typed_records.py"
HEAD = '''"""Types of records by their keys, for type checkers alone.

Made by `docs/make/python_records.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, Literal, NotRequired, TypedDict, overload

'''
RECORDS: dict[str, type[RecordPart]] = {  # class with the keys -> record
    "KeyedDose": DoseRecord,
    "KeyedFunction": FunctionRecord,
    "KeyedGrowth": GrowthRecord,
    "KeyedPlan": PlanRecord,
    "KeyedVolumes": VolumeRecord,
}
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
        return self._name(key.kind)

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
    imports = ["from fl_planner.workup.python.result import Result"]
    for name, record in RECORDS.items():
        imports.append(f"from {record.__module__} import {record.__name__}")
        classes += ["", f"class {name}(Result[{record.__name__}]):"]
        for key in list_keys(record):
            of = parts.name_type(key)
            of = of if key.always or of.endswith("None") else f"{of} | None"
            taken = f'key: Literal["{key.name}"]'
            classes += ["    @overload", f"    def __getitem__(self, {taken}) -> {of}: ..."]
        classes += ["    @overload", "    def __getitem__(self, key: str) -> Any: ..."]
        classes += ["    def __getitem__(self, key: str) -> Any: ..."]
    kinds = [line for part in parts.named.values() for line in ("", *part)]
    below = [f"    {line}".rstrip() for line in (*sorted(imports), *kinds, *classes)]
    return "\n".join([HEAD.rstrip(), "", *below]) + "\n"


def main(args: Sequence[str]) -> int:
    """Write the module, or say whether it is as it would be made."""
    if "--write" in args:
        MODULE.write_text(as_module(), "utf-8")
        return 0
    return int(MODULE.read_text("utf-8") != as_module())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
