"""The record of `volume`, as JSON Schema; `plan` and `resections` have its keys too."""

from __future__ import annotations

from fl_planner.report._schema_parts import (
    FILE,
    FINDINGS,
    RESULT,
    SEGMENTS,
    WITHDRAWN,
    of_schema,
)
from fl_planner.report._schema_words import (
    Keys,
    Schema,
    amount,
    count,
    named,
    number,
    one_of,
    rows,
    table,
    text,
)
from fl_planner.report.record import DENOMINATORS

PARTS = {
    "liver": "Whole organ, liver and tumour together",
    "tumour": "All tumour",
    "nontumorous_liver": "Organ without its tumour; without a tumour mask the whole organ",
    "flr": "Future liver remnant without tumour, and without what works no more",
    "resected": "Part to be removed",
    "untreated": "Non-tumorous liver outside the treated area",
    "excluded": "Structures inside the liver that are none of it",
    "impaired": "Liver that works no more",
    "flr_impaired": "Of that, what lies in the remnant",
    "unassigned": "Non-tumorous liver in no segment of the label map",
}
ALWAYS_MEASURED = ("liver", "nontumorous_liver")
SHARES = {
    "flr_percent": "FLR of the denominator, percent",
    "flr_percent_with_impaired": "The same, what works no more counted with the remnant",
    "flr_percent_without_excluded": "The same, excluded structures out of both",
    "flr_percent_of_segments": "The same, liver in no segment out of both",
    "untreated_percent": "Untreated share of the denominator, percent",
}
DENOMINATOR = one_of("The whole that shares are of.", DENOMINATORS)


def _parts(of: dict[str, Schema], says: str) -> Schema:
    may = {name: each for name, each in of.items() if name not in ALWAYS_MEASURED}
    return table(says, {name: of[name] for name in ALWAYS_MEASURED}, may)


LABEL_MAP = table(
    "A label map, and what its labels were taken for.",
    {
        "file": FILE,
        "labels": named("Structure by label.", text("Structure."), "^-?[0-9]+$"),
    },
    {
        "scheme": text("Name of the scheme."),
        "source": text("Where the scheme comes from."),
    },
)
RESAMPLED = table(
    "A mask that was brought onto another grid.",
    {
        "name": text("What it is of."),
        "file": FILE,
        "before_ml": amount("Volume on its own grid, mL."),
        "after_ml": amount("Volume on the common grid, mL."),
        "cut_off_ml": amount("What of it lies beyond the liver there and is not counted, mL."),
        "error_ml": number("How far it may be off, by partial volume and by what is cut off, mL."),
    },
)
EXCLUDED = table(
    "A structure that was given to be excluded, and as what it is counted.",
    {
        "name": text("What it is."),
        "volume_ml": amount("All of it, mL."),
        "in_liver_ml": amount("What of it the liver mask holds as drawn, mL."),
        "counted": one_of(
            "It leaves the liver; stays in it and leaves the remnant; or stays in both.",
            ("outside", "not_working", "liver"),
        ),
    },
)
MEASURED: Keys = {
    "voxels": _parts({n: count(f"{s}, voxels.") for n, s in PARTS.items()}, "Counts: they decide."),
    "volumes_ml": _parts({n: amount(f"{s}, mL.") for n, s in PARTS.items()}, "Counts times voxel."),
    "voxel_ml": amount("Volume of a voxel, mL."),
    "denominator": DENOMINATOR,
    "share_limits_percent": rows(
        "Limits of all trials on a share, percent: no shown share changes its side of one.",
        number("One.", 0, 100),
    ),
}
WITH_MASKS: Keys = {
    **{name: number(f"{says}, 0 to 100.", 0, 100) for name, says in SHARES.items()},
    **{
        f"{name}_shown": text(f"{says}, on its side of every limit.", "^[0-9]+[.][0-9]+$")
        for name, says in SHARES.items()
    },
    "remnant": table(
        "Where the remnant comes from.",
        {"origin": one_of("Drawn, or whole segments.", ("drawn", "segments")),
         "segments": SEGMENTS},
    ),
    "withdrawn": WITHDRAWN,
    "label_map": LABEL_MAP,
    "excluded_structures": rows("Structures that were given to be excluded.", EXCLUDED, 1),
    "resampled": rows("Masks that were brought onto another grid.", RESAMPLED, 1),
}  # fmt: skip


def volume() -> Schema:
    """Describe the record of `volume`."""
    must = {"schema": of_schema("volume"), **RESULT, **MEASURED, "findings": FINDINGS}
    return table("Volumes and the FLR's share; nothing clinical.", must, WITH_MASKS)
