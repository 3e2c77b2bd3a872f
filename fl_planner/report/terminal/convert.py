"""The record of `convert` as lines that fit 80 columns."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.record.files.convert import ConversionRecord, StructureRecord
from fl_planner.report.terminal.table import finding_rows, inset, notice


def convert_table(record: ConversionRecord, *, verbose: bool = False) -> RenderableType:
    """Show what was written, on which grid, and each structure before and after."""
    return Group(
        *finding_rows(record.findings, verbose=verbose),
        *_output(record),
        notice(record.notice),
    )


def _output(record: ConversionRecord) -> Iterable[RenderableType]:
    output = record.output
    written = f": written as {output.format} ({output.numbers}), read back"
    yield Text.assemble((output.file, "bold"), written)
    yield inset(record.geometry.words)
    if record.kind == "image":
        values = " to ".join(f"{end:g}" for end in record.values or ())
        yield inset(f"an image, values {values or 'unknown'}")
    elif record.structures:
        yield inset(_structures(record.structures))
    else:
        yield inset("empty: no voxel is marked")


def _structures(structures: Iterable[StructureRecord]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("label", "name", "mL", "voxels", "mL before", "voxels before"):
        table.add_column(heading, justify="left" if heading == "name" else "right")
    for one in structures:
        table.add_row(
            as_plain(one.label),
            one.name or "",
            as_ml(one.volume_ml).removesuffix(" mL"),
            _spaced(one.voxels),
            as_ml(one.volume_ml_before).removesuffix(" mL"),
            _spaced(one.voxels_before),
        )
    return table


def _spaced(count: int) -> str:
    return f"{count:,}".replace(",", " ")
