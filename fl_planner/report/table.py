"""A record as a table that fits 80 columns, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.basis.shown import as_ml
from fl_planner.report.alike import gather_alike
from fl_planner.report.excluded_words import say_excluded
from fl_planner.report.record import DENOMINATORS, Record
from fl_planner.report.withdrawn import mark

ROWS = (
    ("liver", "whole liver, with tumour (TLV)"),
    ("tumour", "tumour"),
    ("nontumorous_liver", "{whole}: the denominator"),
    ("excluded", "cysts, cavities and the like in it"),
    ("impaired", "devascularised or congested liver in it"),
    ("unassigned", "liver in no segment of the map"),
    ("flr", "future liver remnant (FLR), tumour-free"),
    ("flr_impaired", "devascularised or congested, taken out of the FLR"),
    ("resected", "resected part, with its tumour"),
    ("untreated", "tumour-free liver outside the treated area"),
)
SHARES = (
    ("flr_percent", "FLR of the {whole}"),
    ("flr_percent_with_impaired", "the same with its devascularised or congested part"),
    ("flr_percent_without_excluded", "the same without cysts and cavities"),
    ("flr_percent_of_segments", "the same of what lies in segments, without the gaps"),
    ("untreated_percent", "untreated part of the {whole}"),
)
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def volume_table(record: Record, *, verbose: bool = False) -> RenderableType:
    """Show findings, volumes and shares; findings of severity info only when asked for."""
    return Group(
        *finding_rows(record["findings"], verbose=verbose), *volume_rows(record), notice(record)
    )


def volume_rows(record: Record) -> Iterable[RenderableType]:
    """Show what there is of mL and percentages, and which of them are not to be used."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Volumes", ratio=1)
    table.add_column("mL", justify="right")
    table.add_column("voxels", justify="right")
    whole = DENOMINATORS[record["denominator"]]
    for key, words in ROWS:
        if key in record["voxels"]:
            ml = as_ml(record["volumes_ml"][key]).removesuffix(" mL")
            voxels = f"{record['voxels'][key]:,}".replace(",", " ")
            table.add_row(words.format(whole=whole), ml, voxels)
        if key == "liver" and (without := say_excluded(record)):
            table.add_row(Padding(without, (0, 0, 0, 2)), "", "", style=STYLES["info"])
    yield table
    if mark(record, "volumes"):
        yield Text(mark(record, "volumes"), style=STYLES["error"])
    for key, words in SHARES:
        if key in record:
            share = words.format(whole=whole)
            number = "untreated" if key.startswith("untreated") else "flr"
            yield with_reason(f"{share}: {record[f'{key}_shown']} %", mark(record, number))


def with_reason(line: str, not_to_use: str) -> Text:
    """Show a line with a number: in bold, or with the reason not to use it."""
    if not not_to_use:
        return Text(line, style="bold")
    return Text.assemble(f"{line} - ", (not_to_use, STYLES["error"]))


def finding_rows(findings: list[Record], *, verbose: bool = False) -> Iterable[RenderableType]:
    """Show what to look at before trusting the numbers; what is alike once."""
    findings = gather_alike(findings)
    shown = [one for one in findings if verbose or one["severity"] != "info"]
    if shown:
        yield Text("Look at this first", style="bold")
    for one in shown:
        accepted = one.get("accepted")
        seen = f" (accepted by {accepted['by']}: {accepted['why']})" if accepted else ""
        style = STYLES[one["severity"]]
        words = f": {one['message']}{seen} "
        line = Text.assemble((one["severity"], style), words, (f"({one['code']})", "dim"))
        yield Padding(line, (0, 0, 0, 2))
    if shown:
        yield Text("")


def notice(record: Record) -> RenderableType:
    """Show what every output says."""
    return Text(f"\n{record['notice'][:1].upper()}{record['notice'][1:]}.", style="dim")
