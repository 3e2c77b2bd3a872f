"""What a program sees that imports fl_planner: names, signatures, records and a refusal."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import fl_planner

INPUTS = Path(__file__).resolve().parents[1]

for name in fl_planner.__all__:
    found = getattr(fl_planner, name)
    public = (
        [one for one in dir(found) if not one.startswith("_")] if inspect.isclass(found) else []
    )
    print(name, inspect.signature(found), *public, inspect.getdoc(found), sep="\n")
    for one in public:
        member = inspect.getattr_static(found, one)
        if inspect.isfunction(member):
            print(name, one, inspect.signature(member), inspect.getdoc(member))
cube = INPUTS / "cube"
plans = (
    fl_planner.plan(INPUTS / "crlm" / "case.toml"),
    fl_planner.plan(str(INPUTS / "cases" / "full.toml"), trials=INPUTS / "trials"),
    fl_planner.plan(
        labelmap=cube / "segments.nii",
        tumour=[cube / "tumour.nii", cube / "in_remnant.nii"],
        remnant_segments=(1, "2", "III"),
        diagnosis="crlm",
        facts={"ecog": 1, "age": {"value": 61, "unit": "a"}},
    ),
)
for plan in plans:
    print(json.dumps(fl_planner.as_record(plan), indent=1))
for case in ("wrong", "none"):
    try:
        fl_planner.plan(INPUTS / "cases" / f"{case}.toml")
    except fl_planner.InputRefused as refused:
        print(refused.code, refused.source, refused.reason, refused.remedy, refused, sep="\n")
