"""What many records hold, as JSON Schema: findings, files, the head of each result."""

from __future__ import annotations

from fl_planner.basis.findings import Severity
from fl_planner.planning.withdrawal import NUMBERS as MAY_BE_WITHDRAWN
from fl_planner.report._schema_words import (
    CODE,
    SHA256,
    Keys,
    Schema,
    always,
    amount,
    number,
    one_of,
    or_null,
    pair,
    rows,
    table,
    text,
    texts,
    yes_no,
)
from fl_planner.report.record import RESEARCH_USE

FILE = text("Base name of a file, never a path.")
HASH = text("SHA-256 of the file.", SHA256)
SEGMENTS = texts('Couinaud segments, "1" to "8", "4a", "4b".')
NUMBERS = rows("Numbers of lesions.", {"type": "integer"})
ID = text("The user's pseudonym, as given.")
VERSION = text("Version of fl_planner that made it.")

REFUSAL = table(
    "Why there is no result.",
    {
        "code": text("topic.detail, stable; docs/codes.md lists them all.", CODE),
        "message": text("File, reason and remedy in one sentence."),
        "file": text("Base name of the file, or the option, key or id that it is about."),
        "reason": text("What is wrong."),
        "remedy": text("What to do about it."),
    },
)
FINDING = table(
    "One observation on one thing.",
    {
        "code": text("topic.detail, stable; docs/codes.md lists them all.", CODE),
        "severity": one_of(
            "info: nothing to do; warning: look before you trust; error: do not use the number.",
            (severity.value for severity in Severity),
        ),
        "message": text("What was seen, for a person."),
        "file": or_null(FILE),
    },
    {
        "value": number("What was measured, in `unit`."),
        "unit": text("Unit of `value`."),
        "accepted": table(
            "Who has seen and accepted it.",
            {"by": text("Reader."), "why": text("Reason given.")},
        ),
    },
)
FINDINGS = rows("What a reader must know about the result.", FINDING)
WITHDRAWN = rows(
    "Numbers that are shown and not to be used, for an error among the findings; absent: none.",
    table(
        "One.",
        {
            "number": one_of("Which.", (*MAY_BE_WITHDRAWN, "growth")),
            "codes": texts("Codes of the errors."),
            "why": text("Their causes, in few words."),
        },
    ),
    1,
)
INPUT = table(
    "A file that the result rests on.",
    {
        "role": text("liver, tumour, flr, case, facts, trial ..."),
        "file": FILE,
        "format": text("nifti1, nrrd, dicom-seg, toml ..."),
        "sha256": HASH,
    },
)
HEAD: Keys = {
    "version": VERSION,
    "status": always("ok"),
    "refusal": always(None),
}
RESULT: Keys = {  # of all that rests on a patient's files
    **HEAD,
    "notice": always(RESEARCH_USE),
    "inputs": rows("The files that it rests on, by base name and hash.", INPUT),
}
FATES = table(
    "What becomes of each lesion.",
    {
        "cleared": NUMBERS,
        "cut": NUMBERS,
        "left": NUMBERS,
    },
)
GEOMETRY = table(
    "Where voxels lie.",
    {
        "shape": rows("Voxels along each axis.", {"type": "integer", "minimum": 1}, 3),
        "spacing_mm": rows("Edges of a voxel, mm.", {"type": "number"}, 3),
        "extent_mm": rows("Edges of the grid, mm.", {"type": "number"}, 3),
        "voxel_ml": amount("Volume of a voxel, mL."),
        "placed": yes_no("Whether side and place in the patient are known."),
        "words": text("The same for a person."),
    },
    {
        "axis_codes": text("Where each index axis leads: R, L, A, P, S, I.", "^[RLAPSI]{3}$"),
        "tilt_degrees": amount("Angle to the patient's axes, degrees."),
    },
)
VALUES = pair("Least and greatest value of an image.")


def of_schema(name: str) -> Schema:
    """Describe the name that a record says it follows."""
    return always(f"fl-planner/{name}/1", "Which schema the record follows.")
