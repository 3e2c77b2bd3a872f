"""The records of `check` and `convert`, as JSON Schema."""

from __future__ import annotations

from fl_planner.record.schema.parts import (
    FILE,
    FINDINGS,
    GEOMETRY,
    HASH,
    HEAD,
    REFUSAL,
    RESULT,
    VALUES,
    of_schema,
)
from fl_planner.record.schema.words import (
    Schema,
    always,
    amount,
    count,
    one_of,
    rows,
    table,
    text,
    yes_no,
)

FORMAT = text("nifti1, nrrd, dicom-seg ...")
LABEL = table(
    "A label of a mask.",
    {
        "label": {"type": "integer", "description": "Its number."},
        "voxels": count("Voxels."),
        "volume_ml": amount("mL."),
    },
    {"name": text("What the file calls it.")},
)
STRUCTURE = table(
    "A structure that was written.",
    {
        "label": {"type": "integer", "description": "Its number in the output."},
        "voxels": count("Voxels."),
        "voxels_before": count("Voxels on the grid it came from."),
        "volume_ml": amount("mL."),
        "volume_ml_before": amount("mL, on the grid it came from."),
    },
    {
        "name": text("What it is called; absent where neither the file nor the user says."),
        "label_before": {"type": "integer", "description": "Its number in the input."},
    },
)


def check() -> Schema:
    """Describe the record of `check`."""
    read = table(
        "A file that could be read.",
        {
            "file": FILE,
            "status": always("ok"),
            "kind": one_of("What it is.", ("mask", "label map", "segmentation", "image")),
            "inputs": rows(
                "The file, or those it consists of.",
                table("One.", {"file": FILE, "format": FORMAT, "sha256": HASH}),
                1,
            ),
            "geometry": GEOMETRY,
            "findings": FINDINGS,
        },
        {"labels": rows("Labels of a mask.", LABEL), "values": VALUES},
    )
    refused = table(
        "A file that could not.",
        {"file": FILE, "status": always("refused"), "refusal": REFUSAL},
    )
    misfit = table(
        "Two files that do not fit.",
        {"file": FILE, "other": FILE, "reason": text("Why.")},
    )
    must = {
        "schema": of_schema("check"),
        **HEAD,
        "files": rows("In the order they were given.", {"oneOf": [read, refused]}, 1),
        "fits": yes_no("All could be read, and lie on one grid."),
        "misfits": rows("What does not fit.", misfit),
    }
    role = table("A file.", {"role": text("liver, flr, labelmap ..."), "file": FILE})
    assessment = table(
        "What `volume` would find of the files in the roles that their names tell.",
        {"read_as": rows("As what each was read.", role), "findings": FINDINGS},
        {"refusal": REFUSAL},
    )
    says = "What files are, and whether they fit together."
    return table(says, must, {"assessment": assessment})


def convert() -> Schema:
    """Describe the record of `convert`."""
    must = {
        "schema": of_schema("convert"),
        **RESULT,
        "kind": one_of("What was converted.", ("image", "structures")),
        "output": table(
            "What was written.",
            {
                "file": FILE,
                "format": FORMAT,
                "numbers": text("Type of its numbers, uint8 ..."),
                "sha256": HASH,
            },
        ),
        "geometry": GEOMETRY,
        "verified": table(
            "What was read back.",
            {
                "content": always(True),
                "grid_off_mm": amount("By which a corner is off, as its format rounds, mm."),
            },
        ),
        "findings": FINDINGS,
    }
    may = {"structures": rows("What was written.", STRUCTURE, 1), "values": VALUES}
    return table("What was written from what.", must, may)
