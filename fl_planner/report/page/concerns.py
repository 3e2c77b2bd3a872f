"""Which value of the first page a finding concerns: by what it is about, else by whose file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.report.findings import gather_alike
from fl_planner.report.words import told

LIVER, TUMOUR, FLR = "Whole liver (TLV)", "Tumour", "FLR"
VOLUMES, LIMITS, LESIONS, SEGMENTS, FUNCTION, GROWTH = (
    "Volumes", "Against the limits", "Lesions", "FLR by segment", "Function", "After embolisation",
)  # fmt: skip
Place = tuple[str, str]  # title of a card, and name of its line; no name: the card as a whole
TOPICS: Mapping[str, Place] = {  # code of a finding, or what stands before its dot
    "baseline": (LESIONS, ""),
    "body": (VOLUMES, "sFLR"),
    "borderline": (LIMITS, ""),
    "contradiction.largest_lesion": (LESIONS, ""),
    "contradiction.no_tumour": (LESIONS, ""),
    "contradiction.volumes": (VOLUMES, ""),
    "ct": (VOLUMES, ""),
    "curves": (FUNCTION, ""),
    "edge.lesion_end": (LESIONS, ""),
    "edge.segment_end": (SEGMENTS, ""),
    "flr": (VOLUMES, FLR),
    "flr.lesions_stay": (LESIONS, "Left in the FLR"),
    "flr.typed_near_limit": (LIMITS, ""),
    "function": (FUNCTION, ""),
    "growth": (GROWTH, ""),
    "lesions": (LESIONS, ""),
    "overlap.excluded_tumour": (VOLUMES, TUMOUR),
    "overlap.flr_tumour": (VOLUMES, FLR),
    "plausibility.extent": (VOLUMES, LIVER),
    "plausibility.flr_share": (VOLUMES, FLR),
    "plausibility.liver_volume": (VOLUMES, LIVER),
    "plausibility.swapped": (VOLUMES, ""),
    "plausibility.tumour_share": (VOLUMES, TUMOUR),
    "region": (FUNCTION, ""),
    "remnant": (VOLUMES, FLR),
    "scintigram": (FUNCTION, ""),
    "second_reader": (VOLUMES, FLR),
    "segments": (SEGMENTS, ""),
    "spect": (FUNCTION, ""),
    "threshold": (LIMITS, ""),
    "tumour": (VOLUMES, TUMOUR),
}
ROLES: Mapping[str, Place] = {  # of the file that a finding names
    "flr": (VOLUMES, FLR),
    "labelmap": (SEGMENTS, ""),
    "liver": (VOLUMES, LIVER),
    "resected": (VOLUMES, FLR),
    "second": (VOLUMES, FLR),
    "tumour": (VOLUMES, TUMOUR),
    **dict.fromkeys(("curves", "dynamic", "region", "regions", "spect"), (FUNCTION, "")),
}


@dataclass(frozen=True, slots=True)
class Concern:
    """A finding and the value that it concerns.

    - `card`, `line`: title of the card and name of the line; an empty name is the whole card.
    - `severity`: warning or error.
    - `sentence`: the finding as it stands among the others.
    """

    card: str
    line: str
    severity: str
    sentence: str


def find_concerns(record: PlanRecord) -> Iterator[Concern]:
    """Find the value that each warning and error concerns; those of none are left out."""
    for one in gather_alike(record.findings):
        place = _find_place(record, one)
        if place is not None and one.severity != "info":
            yield Concern(*place, one.severity, told(one))


def _find_place(record: PlanRecord, one: FindingRecord) -> Place | None:
    for about in (one.code, one.code.partition(".")[0]):
        if about in TOPICS:
            return TOPICS[about]
    roles = [each.role.split()[0] for each in record.inputs if each.file == one.file]
    return next((ROLES[role] for role in roles if role in ROLES), None)
