"""The keywords of Python for the entries of a case file, made from their declarations in `given/`.

`python -m docs.make.python_keywords --write` makes the module that a type checker reads, then what
`docs/make/python_stub.py` and `docs/make/python_records.py` make; without `--write` the exit status
says whether the module is as it would be made.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from fl_planner.given.case import (
    AskedTable,
    CaseTables,
    ImagingTable,
    MaskTable,
    PatientTable,
    PlanTable,
    TreatedTable,
    VesselTable,
)
from fl_planner.given.facts import FactTable
from fl_planner.given.studies import DoseTable, FunctionTable
from fl_planner.given.table import IMAGES, Option, Table, options_of

MODULE = Path(__file__).parents[2] / "fl_planner" / "workup" / "python" / "given_options.py"
HEAD = '''"""Keywords for the entries of a case file; made by `docs/make/python_keywords.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from fl_planner.workup.python.types import (
    Amount,
    AnyImage,
    AnyPath,
    Day,
    Images,
    ImagesByName,
    Lesions,
    Origins,
    PlaceMm,
    Planes,
    Segments,
    YesNo,
    YesNoUnknown,
)
'''
MORE = (  # each reads what those before it wrote
    "docs.make.python_stub",
    "docs.make.python_stub --stub",
    "docs.make.python_records",
)
Keywords = Iterator[tuple[str, Option]]
FREE_DAY = ("Day", Option("--as-of", ""))  # read by a parser of its own on the command line


def _of(*tables: type[Table], beside: bool = False) -> Keywords:
    return ((key.kind.typed, one) for key, one in options_of(*tables) if one.beside is beside)


def _classes() -> Iterator[tuple[str, str, list[tuple[str, Option]]]]:
    asked = [*_of(AskedTable)]
    masks = [*_of(MaskTable, VesselTable, PlanTable, ImagingTable, TreatedTable)]
    masks += [one for one in asked if one[1].heading == IMAGES]
    facts = [one for one in _of(CaseTables) if one[1].name == "--diagnosis"]
    facts += [*_of(FactTable), FREE_DAY, *(one for one in asked if one[1].heading != IMAGES)]
    yield "MaskOptions", "Masks, label map and CT, and their description.", masks
    yield (
        "ShownOptions",
        "Spleen, second reader and divided branches.",
        [*_of(CaseTables, beside=True)],
    )
    yield "FactOptions", "Facts about the patient.", facts
    yield "BodyOptions", "Height and weight of the patient.", [*_of(PatientTable)]
    yield "StudyOptions", "A scintigraphy study, and its description.", [*_of(FunctionTable)]
    yield "NumberOptions", "Inputs for a dose calculation.", [*_of(DoseTable)]


def as_module() -> str:
    """Make the module."""
    lines = HEAD.splitlines()
    for name, says, keywords in _classes():
        lines += ["", "", f"class {name}(TypedDict, total=False):", f'    """{says}"""', ""]
        lines += [f"    {one.keyword}: {typed}" for typed, one in keywords]
    return "\n".join(lines) + "\n"


def main(args: Sequence[str]) -> int:
    """Write the module, or say whether it is as it would be made."""
    if "--write" in args:
        MODULE.write_text(as_module(), "utf-8")
        for name in MORE:
            words = [sys.executable, "-m", *name.split(), "--write"]
            subprocess.run(words, check=True, cwd=MODULE.parents[3])
        return 0
    return int(MODULE.read_text("utf-8") != as_module())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
