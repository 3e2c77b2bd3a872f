"""The record of `check` as lines that fit 80 columns."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.constants import CT_FITS
from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.record.files.check import (
    AssessmentRecord,
    CheckRecord,
    LabelRecord,
    ReadFileRecord,
    RefusedFileRecord,
    UnaskedRecord,
)
from fl_planner.report.terminal.table import finding_rows, inset

DOUBTED = "The files lie on one grid; see the warnings below before you trust them."
WRONG = "The files lie on one grid, and do not fit together: see below."
BREAK = "\n"
MOST_NAMES = 5
NAME_IT = (
    "A file is asked as what its name says: liver.nii.gz, tumour.nii.gz, flr.nii.gz, "
    "resected.nii.gz or treated.nii.gz; volume and plan take any name (--liver FILE)."
)


def check_table(record: CheckRecord, *, verbose: bool = False) -> RenderableType:
    """Show each file, then whether they fit together."""
    rows = [row for file in record.files for row in _file(file, verbose=verbose)]
    passed = finding_rows(record.passed_over or (), verbose=verbose)
    return Group(*passed, *rows, *_together(record), *_assessed(record, verbose=verbose))


def _file(file: ReadFileRecord | RefusedFileRecord, *, verbose: bool) -> Iterable[RenderableType]:
    if isinstance(file, RefusedFileRecord):
        refusal = file.refusal
        yield Text.assemble((file.file, "bold"), ": ", ("refused", "bold red"))
        yield inset(f"{refusal.reason}; {refusal.remedy} ({refusal.code})\n")
        return
    formats = ", ".join(dict.fromkeys(each.format for each in file.inputs))
    yield Text.assemble((file.file, "bold"), f": {file.kind}, {formats}")
    yield inset(file.geometry.words)
    if file.values is not None:
        low, high = file.values
        yield inset(f"values {low:g} to {high:g}")
    if file.labels:
        yield inset(_labels(file.labels))
    elif file.kind != "image":
        yield inset("empty: no voxel is marked")
    yield from list(finding_rows(file.findings, verbose=verbose)) or [Text("")]


def _labels(labels: Iterable[LabelRecord]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("label", "name", "mL", "voxels"):
        table.add_column(heading, justify="left" if heading == "name" else "right")
    for label in labels:
        ml = as_ml(label.volume_ml).removesuffix(" mL")
        voxels = f"{label.voxels:,}".replace(",", " ")
        table.add_row(as_plain(label.label), label.name or "", ml, voxels)
    return table


def _together(record: CheckRecord) -> Iterable[RenderableType]:
    if len(record.files) < 2:
        return
    if record.fits:
        yield Text(DOUBTED if _doubts(record.assessment) else "The files fit together.", "bold")
        return
    apart = record.misfits or any(isinstance(one, RefusedFileRecord) for one in record.files)
    yield Text("The files do not fit together." if apart else WRONG, style="bold yellow")
    for one in record.misfits:
        yield inset(f"{one.file} beside {one.other}: {one.reason}")


def _doubts(found: AssessmentRecord | None) -> bool:
    return found is not None and any(one.severity != "info" for one in found.findings)


def _assessed(record: CheckRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Show what `volume` would say, and as what it would read each file."""
    found = record.assessment
    if found is None:
        return
    if found.read_as:
        told = ", ".join(f"{one.file} as {one.role}" for one in found.read_as)
        line = BREAK if len(record.files) > 1 else ""  # behind one file stands a line already
        yield Text(f"{line}Read by their names: {told}")
    yield from (inset(one.message) for one in found.findings if one.code == CT_FITS and not verbose)
    if found.unasked:
        yield from _unasked(found.unasked, begun=bool(found.read_as))
    yield from finding_rows(found.findings, verbose=verbose)
    if found.refusal is not None:
        yield Text("They would be refused:", style="bold yellow")
        yield inset(f"{found.refusal.message} ({found.refusal.code})")


def _unasked(files: Sequence[UnaskedRecord], *, begun: bool) -> Iterable[RenderableType]:
    """Name masks that were asked nothing of a part of the liver, and how that is mended."""
    named: dict[str, list[str]] = {}
    for one in files:
        named.setdefault(one.reason, []).append(one.file)
    told = "; ".join(f"{_some(names)} ({why})" for why, names in named.items())
    yield Text(f"{'' if begun else BREAK}Not asked as a part of the liver: {told}")
    yield inset(NAME_IT)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if names[MOST_NAMES:] else ""
    return ", ".join(names[:MOST_NAMES]) + more
