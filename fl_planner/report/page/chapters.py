"""The chapters of a report after its first page: everything that its numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.record.base import Record, as_percent, find_share_limits
from fl_planner.record.declaration.part import as_dict, as_plain
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import list_slivers, say_slivers
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.findings import gather_alike
from fl_planner.report.page.blocks import Block, Chapter, RowTable, Sentences, Shown, filled
from fl_planner.report.page.parts import list_rows, part_rows, part_tables
from fl_planner.report.page.sources import formula_rows
from fl_planner.report.page.trials import trial_blocks

LIMITS_MM = (30, 40, 80)


def rest(
    record: PlanRecord, sheet: tuple[Shown, ...], growth: GrowthKeys | None = None
) -> tuple[Chapter, ...]:
    """Make the chapters; those without content are left out."""
    chapters = (
        Chapter("Resections and plans", filled(_resections(record))),
        Chapter("Lesions and segments", filled(_lesions(record))),
        Chapter("Growth, function, dose and body", filled(_parts(record, growth))),
        Chapter("Trials", filled(trial_blocks(record))),
        Chapter("Why, and what would change it", filled(_reasons(record))),
        Chapter("Findings", filled(_findings(record))),
        Chapter("Contact sheet", sheet),
        Chapter("Provenance", filled(_provenance(record, growth))),
    )
    return tuple(chapter for chapter in chapters if chapter.blocks)


def _resections(record: PlanRecord) -> Iterator[Block]:
    yield _plans(record)
    rows = [row for row in record.resections or () if row["shown"]]
    head = ["Resection", "removes", "clears", "margin mm", "FLR mL", "FLR %", "% + 10 mm"]
    with_size = any("sflr_percent" in row for row in rows)
    with_function = any("function_shown" in row for row in rows)
    head += ["sFLR %"] if with_size else []
    head += ["%/min/m2"] if with_function else []
    total = (record.lesion_summary or {}).get("count", 0)
    size_limits = find_share_limits(record.volumes.share_limits_percent) if with_size else None
    lines = [_resection(row, total, size_limits, with_function) for row in rows]
    yield RowTable("Resections by whole segments", tuple(head), tuple(lines), _beside(record, rows))


def _resection(
    row: Record, total: int, size_limits: list[Fraction] | None, with_function: bool
) -> tuple[str, ...]:
    """Tell one resection; its sFLR where limits are given to keep it on its side of."""
    margin, sflr = row.get("margin_mm"), row.get("sflr_percent")
    cleared = row.get("flr_after_clearing")
    star = " *" if "slivers" in row else ""
    return (
        f"{row['code']} {row.get('name', '')}".strip(),
        say.numbered(row["removed"]),
        f"{len(row['lesions']['cleared'])} of {total}{star}" if total else "-",
        "-" if margin is None else as_number(margin),
        _bare_ml(row["flr_ml"]),
        row["flr_percent_shown"],
        "-" if cleared is None else cleared[-1]["flr_percent_shown"],
        *(["-" if sflr is None else as_percent(sflr, size_limits)] if size_limits else []),
        *([row.get("function_shown", "-")] if with_function else []),
    )


def _beside(record: PlanRecord, rows: list[Record]) -> tuple[str, ...]:
    if not rows:
        return ()
    reason = mark(record, "resections")
    largest = (
        f"Largest named one that leaves {say.limit_name(limit)}: "
        + ("none of the named" if one is None else f"{one['code']} {one['name']}")
        for limit, one in sorted((record.largest_resection or {}).items())
    )
    return (
        *(f"{line}." for line in list_slivers(rows)),
        *([reason] if reason else []),
        f"{say.sentence(rows[0]['not_assessed'])}; borders of segments are known to about 1 cm.",
        "+ 10 mm: after clearing the lesions that stay, with 10 mm around them.",
        *largest,
    )


def _plans(record: PlanRecord) -> RowTable:
    case = record.case
    lines = []
    for number, plan in enumerate((case.plan, *case.other_plans), start=1):
        if "flr_ml" not in plan:
            continue
        margin = plan.get("margin_mm")
        lines.append(
            (
                plan.get("name") or f"plan {number}",
                say.numbered(plan["remnant_segments"], plan.get("origin", "-")),
                _bare_ml(plan["flr_ml"]),
                plan["flr_percent_shown"],
                _left(plan),
                "-" if margin is None else as_number(margin),
            )
        )
    head = ("Plan", "keeps", "FLR mL", "FLR %", "lesions left", "margin mm")
    reason = mark(record, "plans", "flr")
    return RowTable("Plans side by side", head, tuple(lines), (reason,) if reason else ())


def _left(plan: Record) -> str:
    if "lesions" not in plan:
        return "not known"
    cut = [f"{lesion} (cut)" for lesion in plan["lesions"]["cut"]]
    slivers = [say_slivers(plan)] if "slivers" in plan else []
    return say.numbered([*plan["lesions"]["left"], *cut, *slivers])


def _lesions(record: PlanRecord) -> Iterator[Block]:
    lines = []
    for one in record.lesions or ():
        depth = one.get("surface_mm")
        places = [
            f"{part['name']} ({as_number(part['percent'], (), 0)} %)"
            for part in one.get("segments", ())
        ]
        lines.append(
            (
                str(one["number"]),
                _bare_ml(one["volume_ml"]),
                as_number(one["axial_diameter_mm"], LIMITS_MM),
                as_number(one["longest_diameter_mm"], LIMITS_MM),
                "-" if depth is None else as_number(depth),
                say.numbered(places, "not mapped"),
            )
        )
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", "segments")
    yield RowTable("Lesions", head, tuple(lines), _counting(record))
    yield _earlier(record)
    segments = [
        (one["name"], _bare_ml(one["volume_ml"]), _bare_ml(one["nontumorous_ml"]),
         as_number(one["nontumorous_percent"]))
        for one in record.segments or ()
    ]  # fmt: skip
    of_segment = ("Segment", "mL", "mL without tumour", "% of the non-tumorous liver")
    yield RowTable("Segments", of_segment, tuple(segments))


def _counting(record: PlanRecord) -> tuple[str, ...]:
    summary = record.lesion_summary
    if not summary:
        return ()
    reason = mark(record, "lesions")
    return (
        *([reason] if reason else []),
        f"{summary['count']} counted, parts of at least {as_ml(summary['least_ml'])} that touch by "
        f"face, edge or corner ({summary['connectivity']}); {summary['count_by_faces']} where "
        f"faces alone connect; {summary['dropped']} smaller left out.",
        f"Diameter: {summary['diameter']}.",
    )


def _earlier(record: PlanRecord) -> RowTable:
    lines = [
        (
            str(one["number"]),
            "yes" if one["seen_now"] else "NO",
            say.numbered(one["clears_with"], "no segment"),
            as_ml(one["volume_ml"]) if "volume_ml" in one else "-",
        )
        for one in record.baseline_lesions or ()
    ]
    head = ("Lesion of the earlier scan", "seen now", "segment", "then")
    return RowTable("Lesions of the earlier scan", head, tuple(lines))


def _parts(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    told = {
        "Growth": growth,
        "Function": record.function,
        "Dose": record.dose,
        "Body size": record.body,
    }
    for title, part in told.items():
        if part is not None:
            yield from part_tables(title, as_plain(part))
    scores = {} if record.scores is None else as_dict(record.scores)
    yield list_rows("Scores", [{"name": name, **one} for name, one in sorted(scores.items())])
    limits = find_share_limits(record.volumes.share_limits_percent)
    rows = [
        (
            one["name"],
            _bare_ml(one["ml"]),
            as_percent(one["flr_percent"], limits) if "flr_percent" in one else "-",
            one.get("formula", "measured"),
            one.get("population", "-"),
            one.get("source", "-"),
        )
        for one in record.denominators or ()
    ]
    head = ("Whole liver by", "mL", "FLR %", "formula", "of whom", "source")
    reason = mark(record, "flr")
    beside = (reason,) if reason else ()
    yield RowTable("The FLR against other wholes", head, tuple(rows), beside)


def _reasons(record: PlanRecord) -> Iterator[Block]:
    pathway, route = record.pathway, record.route
    yield Sentences("Why this pathway", tuple(pathway["reasons"]))
    yield Sentences("What would change it", tuple(pathway["would_change"]))
    yield Sentences("Still to be asked for the pathway", tuple(map(say.asked, pathway["to_ask"])))
    yield Sentences("Why this route", tuple(route["reasons"]))
    others = (f"{other['name']}: {other['why']}" for other in route["alternatives"])
    yield Sentences("What else there is", tuple(others))
    yield Sentences("Next steps", tuple(route["next_steps"]))


def _findings(record: PlanRecord) -> Iterator[Block]:
    every = gather_alike(record.findings)
    accepted = [one for one in every if one.accepted]
    others = [one for one in every if not one.accepted]
    yield Sentences("To look at", tuple(say.told(one) for one in others))
    yield Sentences("Seen and accepted", tuple(say.told(one) for one in accepted))


def _provenance(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    files = [(one.role, one.file, one.format, one.sha256) for one in record.inputs]
    files += _earlier_files(record, growth)
    yield RowTable("Files", ("Role", "File", "Format", "SHA-256"), tuple(files))
    rules = [(one.get("id", "-"), one.get("name", "-"), one["sha256"]) for one in record.rules]
    yield RowTable("Protocols", ("Registry", "Name", "SHA-256"), tuple(rules))
    yield RowTable("What numbers rest on", ("What", "Source"), tuple(_sources(record)))
    yield formula_rows(record, growth)
    if record.volumes.label_map is not None:
        yield part_rows("Label map", as_dict(record.volumes.label_map))
    for one in record.volumes.resampled:
        yield part_rows(f"Resampled: {one.name}", as_dict(one))
    yield part_rows("Facts as judged", record.facts)
    yield Sentences("Limits of this report", LIMITS)


def _earlier_files(
    record: PlanRecord, growth: GrowthKeys | None
) -> Iterator[tuple[str, str, str, str]]:
    """List the files of earlier scans, which are not among the plan's own."""
    own = {one.sha256 for one in record.inputs}
    for scan in growth.time_points if growth else ():
        for one in scan.files:
            if one.sha256 not in own:
                yield f"scan {scan.number}: {one.role}", one.file, "-", one.sha256


LIMITS = (
    "Volumes are counts of voxels times the size of a voxel; how exactly the masks were drawn "
    "decides how exact they are.",
    "The interval tells how other readers would lie; it does not tell a mask that is wrong.",
    "Inflow, outflow and bile ducts of a remnant are not assessed.",
    "Pathway and route are proposals for the tumour board. Whom a trial takes is for its own team "
    "to say.",
)


def _sources(record: PlanRecord) -> Iterator[tuple[str, str]]:
    yield "fl_planner", record.version
    for name, ratio in record.ratios.by_part.items():
        whole = f"{ratio.numerator_voxels} of {ratio.denominator_voxels} voxels"
        yield f"{say.SIDES[name]}: share", whole
        yield f"{say.SIDES[name]}: interval", ratio.cv.source
    for one in record.thresholds:
        yield say.limit_name(one.name), one.source


def _bare_ml(ml: float) -> str:
    return as_ml(ml).removesuffix(" mL")
