"""What the numbers of a label map mean: a named scheme, never a guess."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.nearest import find_nearest


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """Which number is which structure.

    - `name`, `title`, `source`: what it is called on the command line and by people, and where the
      numbers come from.
    - `structures` (mapping of int to str): label to structure. `liver`, `tumour`, `segment_1` to
      `segment_8` and the halves `segment_4a` and `segment_4b` are used.
    - `complete`: whether any other label is unknown; if not, the scheme goes on with structures
      that do not matter here.
    """

    name: str
    title: str
    source: str
    structures: Mapping[int, str]
    complete: bool


def parse_schemes(text: str) -> dict[str, LabelScheme]:
    """Read a table of schemes, name to scheme."""
    return {
        name: LabelScheme(
            name,
            table["title"],
            table["source"],
            dict(sorted((int(label), structure) for label, structure in table["labels"].items())),
            table["complete"],
        )
        for name, table in tomllib.loads(text).items()
    }


def find_scheme(schemes: Mapping[str, LabelScheme], name: str) -> LabelScheme:
    """Find a scheme by name; an unknown one is refused with the nearest right name."""
    if name in schemes:
        return schemes[name]
    near = find_nearest(name, schemes)
    meant = f"did you mean {near[0]}? " if near else ""
    remedy = f"{meant}known: {', '.join(schemes)}"
    raise InputRefused("labels.scheme_unknown", name, "no label scheme of this name", remedy)
