"""Print the records of file commands in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.constants import CT_FITS, CT_SEVERAL, Z_95
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.function.registration import LEAST_SHIFT_MM, format_axis
from fl_planner.record.files.carry import (
    CarryRecord,
    ShiftRecord,
    SpectPlaceRecord,
    SpectShiftRecord,
    SurfacesRecord,
)
from fl_planner.record.files.check import (
    AssessmentRecord,
    CheckRecord,
    ConversionRecord,
    LabelRecord,
    ReadFileRecord,
    RefusedFileRecord,
    StructureRecord,
    UnaskedRecord,
)
from fl_planner.report.terminal.table import (
    WordTable,
    finding_rows,
    inset,
    result_table,
    wide_table,
)
from fl_planner.report.words import bare_ml, spaced
from fl_planner.space.common_grid.same_grid import TOWARDS

DOUBTED = "The files share one grid. Review the warnings below before use."
WRONG = "The files share one grid but do not match: see below."
BREAK = "\n"
MOST_NAMES = 5
NAME_IT = (
    "`check` reads the structure from the file name: liver.nii.gz, tumour.nii.gz, flr.nii.gz, "
    "resected.nii.gz or treated.nii.gz. `volume` and `plan` accept any name (--liver FILE)."
)


def check_table(record: CheckRecord, *, verbose: bool = False) -> RenderableType:
    """Print each file, then whether they fit together."""
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
        yield inset("empty mask")
    yield from list(finding_rows(file.findings, verbose=verbose)) or [Text("")]


def _labels(labels: Sequence[LabelRecord]) -> RenderableType:
    named = any(one.name for one in labels)
    table = _label_table(*(("name",) if named else ()), "mL", "voxels")
    for one in labels:
        name = (one.name or "",) if named else ()
        table.add_row(as_plain(one.label), *name, bare_ml(one.volume_ml), spaced(one.voxels))
    return table


def _label_table(*headings: str) -> Table:
    table = WordTable()
    for heading in ("label", *headings):
        table.add_column(heading, justify="left" if heading == "name" else "right")
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
        yield inset(f"{one.file}, compared with {one.other}: {one.reason}")


def _doubts(found: AssessmentRecord | None) -> bool:
    return found is not None and any(one.severity != "info" for one in found.findings)


def _assessed(record: CheckRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Print the findings of `volume`, and the structure of each file."""
    if (found := record.assessment) is None:
        return
    if found.read_as:
        files = ", ".join(f"{file.file} as {file.role}" for file in found.read_as)
        line = BREAK if len(record.files) > 1 else ""  # one file ends with a blank line
        yield Text(f"{line}Structures by file name: {files}")
    of_ct = (one for one in found.findings if one.code in (CT_FITS, CT_SEVERAL))
    yield from (inset(one.message) for one in of_ct if not verbose)
    if found.unasked:
        yield from _unasked(found.unasked, begun=bool(found.read_as))
    yield from finding_rows(found.findings, verbose=verbose)
    if found.refusal is not None:
        yield Text("These files would be refused:", style="bold yellow")
        yield inset(f"{found.refusal.message} ({found.refusal.code})")


def _unasked(files: Sequence[UnaskedRecord], *, begun: bool) -> Iterable[RenderableType]:
    """List masks whose structure is unknown, and how to state it."""
    named: dict[str, list[str]] = {}
    for one in files:
        named.setdefault(one.reason, []).append(one.file)
    listed = "; ".join(f"{list_first(names, MOST_NAMES)} ({why})" for why, names in named.items())
    yield Text(f"{'' if begun else BREAK}Not checked as a liver structure: {listed}")
    yield inset(NAME_IT)


STUDIES = {"function": "mebrofenin", "dose": "MAA"}
NOTHING = "The SPECT was not moved: measuring the shift does not change any other result."


def convert_table(record: ConversionRecord, *, verbose: bool = False) -> RenderableType:
    """Print the file written, its grid, and each structure before and after."""
    return result_table(record, *_output(record), verbose=verbose)


def _output(record: ConversionRecord) -> Iterable[RenderableType]:
    output = record.output
    written = f": written as {output.format} ({output.numbers}), verified by reading it back"
    yield Text.assemble((output.file, "bold"), written)
    yield inset(record.geometry.words)
    if record.kind == "image":
        values = " to ".join(f"{end:g}" for end in record.values or ())
        yield inset(f"image, values {values or 'unknown'}")
    elif record.structures:
        yield inset(_structures(record.structures))
    else:
        yield inset("empty mask")


def _structures(structures: Iterable[StructureRecord]) -> RenderableType:
    table = _label_table("name", "mL", "voxels", "mL before", "voxels before")
    for one in structures:
        now = bare_ml(one.volume_ml), spaced(one.voxels)
        before = bare_ml(one.volume_ml_before), spaced(one.voxels_before)
        table.add_row(as_plain(one.label), one.name or "", *now, *before)
    return table


def carry_table(record: CarryRecord, *, verbose: bool = False) -> RenderableType:
    """Print the quality of the registration, and each mask before and after."""
    last = Text(f"\nEach mask is a draft: {record.draft}.", style="bold")
    return result_table(record, *_quality(record), _masks(record), last, verbose=verbose)


def _quality(record: CarryRecord) -> Iterable[RenderableType]:
    yield Text(f"Liver registration ({record.method}, by {record.guide})", style="bold")
    yield inset(f"moved {_format_shift(record.shift)}")
    yield inset(f"liver surfaces before registration: {_format_surfaces(record.surfaces_before)}")
    yield inset(f"liver surfaces after registration: {_format_surfaces(record.surfaces)}")
    folding = record.folding
    if record.method == "deformable":
        yield inset(
            f"folding in {as_number(folding.folded_percent, (0,))} % of the liver; local volumes "
            f"change by factors of {folding.p1:.2f} to {folding.p99:.2f} (1st to 99th percentile)"
        )
    yield inset(f"uncertainty of a carried-over surface: {as_number(record.off_mm)} mm (1 SD)")
    yield Text("")


def _format_shift(shift: ShiftRecord) -> str:
    """Describe the displacement of the liver; parts below 0.5 mm are omitted."""
    ways = zip((shift.right_mm, shift.front_mm, shift.head_mm), TOWARDS, strict=True)
    parts = [f"{abs(mm):.0f} mm towards the {to[mm > 0]}" for mm, to in ways if abs(mm) >= 0.5]
    return f"{', '.join(parts) or 'by less than 1 mm'}, rotated by {shift.turn_degrees:.1f} degrees"


def _format_surfaces(one: SurfacesRecord) -> str:
    if one.mean_mm is None or one.hd95_mm is None:
        return "no overlap"
    mean, far = as_number(one.mean_mm), as_number(one.hd95_mm)
    dice = "" if one.dice is None else f", Dice {one.dice:.2f}"
    return f"mean distance {mean} mm, 95 % within {far} mm{dice}"


def _masks(record: CarryRecord) -> RenderableType:
    table = wide_table("Masks carried over", "mL before", "mL", "%")
    for one in record.masks:
        ml = map(bare_ml, (one.volume_before_ml, one.volume_ml))
        table.add_row(f"{one.name} ({one.file})", *ml, as_number(one.kept_percent))
    return table


def spect_shift_table(record: SpectShiftRecord, *, verbose: bool = False) -> RenderableType:
    """Print the position of the counts, its uncertainty, and the numbers that depend on it."""
    counts = f"counts in {record.spect} ({STUDIES[record.study]})"
    heading = f"Position of the {counts} relative to the liver on CT"
    given, aligned, written = record.likeness_as_given, record.likeness, record.written
    likeness = (
        f"correlation with the liver on CT: {given:.2f} as given, {aligned:.2f} after registration"
    )
    last = NOTHING if written is None else f"{written.file} is a draft: {written.status}."
    return result_table(
        record,
        Text(heading, style="bold"),
        *_format_place(record.place),
        inset(likeness),
        *_weighed(record),
        Text(f"\n{last}", style="bold"),
        verbose=verbose,
    )


def _format_place(place: SpectPlaceRecord) -> Iterable[RenderableType]:
    each = (
        (place.right_mm, place.right_sd_mm),
        (place.front_mm, place.front_sd_mm),
        (place.head_mm, place.head_sd_mm),
    )
    for axis, (mm, sd) in enumerate(each):
        yield inset(format_axis(axis, mm, sd))
    reach = Z_95 * place.turn_sd_degrees
    yield inset(f"rotated by {place.turn_degrees:.1f} degrees (± {reach:.1f})")
    yield inset(
        f"The counts are displaced {place.words}."
        if place.words
        else f"No shift of at least {LEAST_SHIFT_MM:g} mm that exceeds its uncertainty."
    )


def _weighed(record: SpectShiftRecord) -> Iterable[RenderableType]:
    if not record.weighed:
        return
    table = wide_table("Results that depend on the shift", "as given", "registered to CT")
    for one in record.weighed:
        numbers = ("none" if n is None else as_number(n, (), 2) for n in (one.as_given, one.laid))
        table.add_row(f"{one.words}, {one.unit}", *numbers)
    yield Text("")
    yield table
