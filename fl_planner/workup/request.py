"""What a person asked for in words, such as options of a command or fields of a form.

Words stand under the name of their option, `remnant_segments` for `--remnant-segments`, and a
refusal names that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.source import note_input
from fl_planner.intake.documents.facts_file import read_facts_file, refuse_all
from fl_planner.intake.reading.files import find_named
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.second_reader import parse_second_reader, require_read_twice
from fl_planner.intake.reading.union import Paths
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.structures import ACCEPTED, ROLES, parse_segments, split_segments
from fl_planner.planning.given.case import InputFile, Operation
from fl_planner.trials.statements import Stated, as_meant, parse_stated

if TYPE_CHECKING:
    from fl_planner.liver.cut_plane import CutPlane
    from fl_planner.liver.names.structures import TreeName
    from fl_planner.liver.transection import Territory, Wedges
    from fl_planner.liver.vessels.branch_cut import BranchCut
    from fl_planner.space.grid import Place

Words = Mapping[str, Any]
UNKNOWN = "unknown"  # not on file, whatever a file says
BY_NAME = {"exclude": "cyst=cyst.nii.gz", "vessel": "portal_veins=portal.nii.gz"}  # as examples
STATES = {"yes": True, "no": False, UNKNOWN: None}
_SEGMENT = re.compile("[1-8][ab]?")
_RESECTION = re.compile(f"H(?:{_SEGMENT.pattern})+")  # New World notation [clinical.md 12]
YES_NO_FACTS = {
    "chemo_damage": "chemo_liver_damage",
    "liver_disease": "underlying_liver_disease",
    "cirrhosis": "cirrhosis",
    "portal_hypertension": "portal_hypertension",
    "prior_embolisation": "prior_pve_hve",
}
QUANTITY_FACTS = {
    "flr_of_nontumorous_liver": ("flr_of_nontumorous_liver", "%"),
    "flr_of_whole_liver": ("flr_of_whole_liver", "%"),
    "flr_function": ("flr_function", "%/min/m2"),
    "lung_dose": ("lung_dose", "Gy"),
}


def make_request(case_file: str | PathLike[str] | None, given: Words) -> Request:
    """Make the request of a case file, of options, or of both; options go before the file."""
    ours = Request()
    if case_file is not None:
        from fl_planner.intake.documents.case_file import read_case_file  # large: for these only

        ours = read_case_file(Path(case_file))
    options = _options_alone(given, ours)
    for named in find_named(replace(options, written={})):
        if isinstance(named, Path):
            note_input(named)
    return options if case_file is None else ours.overlaid(options)


def alone(request: Request, *, size_limit: int = 1) -> Request:
    """Ask for what a case file says and nothing beside it, as `read_request` does."""
    return replace(request, limits=Limits.of_gib(size_limit))


def lay_options(request: Request, given: Words) -> Request:
    """Lay options over what a case file says."""
    return request.overlaid(_options_alone(given, request))


def _options_alone(given: Words, ours: Request) -> Request:
    stated, facts_file = _stated(given)
    return Request(
        files=_mask_files(given),
        ct=given.get("ct"),
        spleen=given.get("spleen"),
        diagnosis=given.get("diagnosis"),
        operations=_operations(given),
        clearing_margin_mm=_margin(given, "clearing_margin_mm"),
        cuts=_cuts(given),
        vessel_roots_mm=_vessel_roots(given),
        stated=stated,
        facts_file=facts_file,
        withdrawn=_withdrawn(given),
        as_of=given.get("as_of"),
        centre=given.get("centre"),
        second_reader=_second_reader(given.get("second_reader", ())),
        territory=_territory(given, ours.territory),
        height_cm=_size(given, "height_cm"),
        weight_kg=_size(given, "weight_kg"),
        written=_list_named(given),
        limits=Limits.of_gib(given["size_limit"]),
    )


def read_request(
    case_file: Path, *, as_of: date | None = None, centre: Path | None = None, size_limit: int = 1
) -> Request:
    """Make the request of a case file alone; `size_limit` in GiB."""
    from fl_planner.intake.documents.case_file import read_case_file

    limits = Limits.of_gib(size_limit)
    return replace(read_case_file(case_file), as_of=as_of, centre=centre, limits=limits)


def _mask_files(given: Words) -> MaskFiles:
    absent = [parse_segment_list("--absent-segment", entry) for entry in given["absent_segment"]]
    return MaskFiles(
        masks={role: given[role] for role in ROLES if given[role]},
        excluded=_by_name("exclude", given["exclude"]),
        vessels=_by_name("vessel", given.get("vessel", ())),
        label_map=given["labelmap"],
        scheme=given["scheme"],
        absent_segments=frozenset(name for names in absent for name in names),
        no_tumour=given["no_tumour"],
        resample=given["resample"],
        gaps_to_nearest=given["gaps_to_nearest"],
    )


def _territory(given: Words, ours: Territory | None) -> Territory | None:
    """Read the treated area; what no option says of it stays as the case file has it."""
    keys = ("treated_segments", "treat_tumour", "treated_margin_mm")
    if not any(given.get(key) for key in keys):
        return None
    from fl_planner.liver.transection import Territory

    segments = parse_segment_list("--treated-segments", given["treated_segments"])
    with_tumour, margin = given["treat_tumour"], given["treated_margin_mm"]
    margin_mm = 0.0 if margin is None else float(parse_decimal("treated_margin_mm", margin))
    if ours is not None:
        if not (segments or with_tumour):  # where it lies is one entry
            segments, with_tumour = ours.segments, ours.with_tumour
        margin_mm = ours.margin_mm if margin is None else margin_mm
    return Territory(segments, with_tumour, margin_mm)


def _size(given: Words, option: str) -> Fraction | None:
    text = given.get(option)
    if text is None:
        return None
    from fl_planner.patient.body_size import parse_height, parse_weight  # `volume` asks for none

    parse = {"height_cm": parse_height, "weight_kg": parse_weight}[option]
    return parse(parse_decimal(option, text))


def _margin(given: Words, option: str) -> float | None:
    """Read a margin around lesions, within what a case file may say."""
    text = given.get(option)
    if text is None:
        return None
    from fl_planner.liver.transection import MOST_MARGIN_MM

    margin_mm = float(parse_decimal(option, text))
    if not 0 <= margin_mm <= MOST_MARGIN_MM:
        outside = f"a margin of {margin_mm:g} mm is outside 0 to {MOST_MARGIN_MM:g} mm"
        reason = outside if isfinite(margin_mm) else f"{text!r} is not a number"
        raise InputRefused("usage.wrong", name_option(option), reason, "give it in mm")
    return margin_mm


def parse_segment_list(option: str, text: str | None) -> tuple[str, ...]:
    """Read a list of Couinaud segments; none where the option was not given."""
    if text is None:
        return ()
    names, wrong = parse_segments(split_segments(text))
    if wrong:
        reason = f"{', '.join(repr(name.strip()) for name in wrong)} is no segment"
        raise InputRefused("usage.wrong", option, reason, f"name some of {ACCEPTED}")
    return names


def parse_resection(option: str, text: str) -> tuple[str, ...]:
    """Read the segments that a resection removes, by a list or by its name, as "H4b567"."""
    named = _RESECTION.fullmatch(text.strip())
    return parse_segment_list(option, text if named is None else ",".join(_SEGMENT.findall(text)))


def _operations(given: Words) -> tuple[Operation, ...]:
    """Read the plan that options tell: by segments, planes and wedges; none where they do not."""
    segments = parse_segment_list("--remnant-segments", given["remnant_segments"])
    planes, wedges = _planes(given), _wedges(given)
    if not segments and not planes and wedges is None:
        return ()
    return (Operation(None, segments, planes=planes, wedges=wedges),)


def _planes(given: Words) -> tuple[CutPlane, ...]:
    """Read the planes that cut; in Python they may be made already."""
    entries = given.get("plane") or ()
    if not entries:
        return ()
    from fl_planner.intake.request.words import parse_plane  # few cases have one

    frame = given["place_frame"]
    return tuple(parse_plane(one, frame) if isinstance(one, str) else one for one in entries)


def _wedges(given: Words) -> Wedges | None:
    """Read the lesions that go with a margin, within what a case file may say."""
    text, margin_mm = given.get("wedge"), _margin(given, "wedge_margin_mm")
    if text is None:
        if margin_mm is not None:
            reason, remedy = "was given, and no wedge", "say by --wedge which lesions go"
            raise InputRefused("usage.wrong", "--wedge-margin-mm", reason, remedy)
        return None
    from fl_planner.intake.request.words import parse_wedges  # few cases have one

    return parse_wedges(text, margin_mm)


def _cuts(given: Words) -> tuple[BranchCut, ...]:
    """Read the branches that are cut."""
    entries = given.get("cut", ())
    if not entries:
        return ()
    from fl_planner.intake.request.words import parse_cut  # few cases cut a branch

    return tuple(parse_cut(entry, given["place_frame"]) for entry in entries)


def _vessel_roots(given: Words) -> dict[TreeName, Place]:
    """Read the places where trees begin."""
    options: dict[TreeName, str] = {"portal": "portal_root", "hepatic": "hepatic_root"}
    told = {tree: option for tree, option in options.items() if given.get(option) is not None}
    if not told:
        return {}
    from fl_planner.intake.request.words import parse_place

    frame = given["place_frame"]
    return {
        tree: parse_place(name_option(option), given[option], frame)
        for tree, option in told.items()
    }


def _by_name(word: str, entries: Iterable[str] | Mapping[str, Paths]) -> Mapping[str, Paths]:
    """Read NAME=FILE each; images in memory come by name already."""
    if isinstance(entries, Mapping):
        return entries
    files: dict[str, tuple[Path, ...]] = {}
    for entry in entries:
        name, path = _named_file(word, entry)
        files[name] = (*files.get(name, ()), path)
    return files


def _second_reader(entries: Iterable[str] | Mapping[str, Paths]) -> Mapping[str, Paths]:
    if not isinstance(entries, Mapping):
        return parse_second_reader(entries)
    require_read_twice(entries)
    return entries


def _named_file(word: str, entry: str) -> tuple[str, Path]:
    name, equals, path = entry.partition("=")
    if not (name and equals and path):
        reason = f"{entry!r} names no structure and file"
        remedy = f"write {name_option(word)} {BY_NAME[word]}"
        raise InputRefused("usage.wrong", name_option(word), reason, remedy)
    return name, Path(path)


def _stated(given: Words) -> tuple[Stated, InputFile | None]:
    """Lay the single options over the file of facts, and name that file."""
    table: dict[str, object] = {}
    for option, key in YES_NO_FACTS.items():
        if given.get(option) is not None:
            table[key] = STATES[given[option]]
    for option, (key, unit) in QUANTITY_FACTS.items():
        if given.get(option) is not None:
            table[key] = {"value": parse_decimal(option, given[option]), "unit": unit}
    stated, errors = parse_stated(table)
    refuse_all(errors, "command line")
    of_file, file = _read_facts(given.get("facts"))
    return of_file.without(_withdrawn(given)).overlaid(stated), file


def _read_facts(facts: Path | Mapping[str, object] | None) -> tuple[Stated, InputFile | None]:
    """Read a file of facts; facts in memory are no file."""
    if isinstance(facts, Mapping):
        stated, errors = parse_stated(facts)
        refuse_all(errors, "facts")
        return stated, None
    return (Stated(), None) if facts is None else read_facts_file(facts)


def _withdrawn(given: Words) -> frozenset[str]:
    """Keys of facts that an option calls unknown, whatever a file says."""
    return frozenset(key for option, key in YES_NO_FACTS.items() if given.get(option) == UNKNOWN)


def name_option(word: str) -> str:
    """Name the option of a word: `--remnant-segments`."""
    return f"--{word.replace('_', '-')}"


def parse_decimal(option: str, text: str) -> Decimal:
    """Read a number that was typed; refused naming its option."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        meant = as_meant(text)
        remedy = "give a number, such as 2.9" if meant is None else f"write {meant}"
        name = name_option(option)
        raise InputRefused("usage.wrong", name, f"{text!r} is not a number", remedy) from error


def _list_named(given: Words) -> dict[Path, str]:
    """Tell by which option each file was named."""
    named = {
        path: f"{name_option(option)} {path.name}"
        for option, value in given.items()
        for path in (value if isinstance(value, tuple) else (value,))
        if isinstance(path, Path)
    }
    for option in (*BY_NAME, "second_reader"):
        entries = given.get(option, ())
        for entry in () if isinstance(entries, Mapping) else entries:
            name, equals, text = entry.rpartition("=")
            path = Path(text)
            named[path] = f"{name_option(option)} {name}{equals}{path.name}"
    return named
