"""Folder of the public set *Colorectal-Liver-Metastases*, as downloaded or as NIfTI.

The archive's download has one folder per patient (`CRLM-CT-1001`), at any depth, with the slices of
the CT and one DICOM SEG (`Liver`, `Liver Remnant`, `Hepatic`, `Portal`, `Tumor_1` ...). Converted
sets have one NIfTI file per structure, named in the same way, in the folder of the patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.source.draft import CT, MAP, FoundCase, images_below, role_of, stem_of
from fl_planner.formats.read import find_drawn
from fl_planner.formats.stored.file_size_limits import Limits

PUBLIC_SET = "crlm"  # name of the layout
PATIENT = re.compile(r"CRLM-CT-\d{4}")
NOT_SLICES = (".csv", ".html", ".json", ".md", ".pdf", ".tsv", ".txt", ".xlsx", ".xml")


def read_public_set(root: Path, _scheme: str | None) -> Iterator[FoundCase]:
    """Read the patients of the set; folders with other names are not patients."""
    folders = [path for path in (root, *sorted(root.rglob("CRLM-CT-*"))) if path.is_dir()]
    for folder in folders:
        if PATIENT.fullmatch(folder.name):
            yield _read_patient(folder, root)


def _read_patient(folder: Path, root: Path) -> FoundCase:
    case = FoundCase(folder.name)
    images = [*images_below(folder, "**/*")]
    for path in images:
        stem = stem_of(path)
        case.take(CT if stem.lower() == CT else role_of(stem), path, root)
    try:
        drawn, others = find_drawn(folder, Limits())
    except InputRefused as wrong:
        case.wrong.append(f"{wrong.source} {wrong.reason}; {wrong.remedy}")
        return case
    for path in drawn:
        case.take(MAP, path, root)
    if others:
        for place in _list_series(folder, {*drawn, *images}):
            case.take(CT, place, root)
    return case


def _list_series(folder: Path, drawn: set[Path]) -> list[Path]:
    """List the folders that contain slices directly."""
    files = (path for path in folder.rglob("*") if path.is_file() and path not in drawn)
    slices = (path for path in files if path.suffix.lower() not in NOT_SLICES)
    return sorted({path.parent for path in slices if not path.name.startswith(".")})
