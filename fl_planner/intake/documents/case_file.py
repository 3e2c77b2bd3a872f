"""Read a case file (`case.toml`): masks, operations and facts; all errors together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import note_input
from fl_planner.given.case import CUT_BY, DRAWN, READ_TWICE, CaseTables
from fl_planner.given.table import Error, check_shape, meant
from fl_planner.given.toml import join_errors, read_table, table_in
from fl_planner.intake.documents.facts_file import refuse_table
from fl_planner.intake.reading.files import list_named, list_written
from fl_planner.intake.reading.second_reader import ROLE, role_of_second
from fl_planner.intake.request.of_tables import as_request, with_facts
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.exclusions import (
    LISTED_VESSELS,
    NAMES,
    NO_LABEL,
    fold_role,
    fold_vessel,
    lacks_label,
    parse_labels,
    parse_vessel,
)
from fl_planner.liver.names.structures import ROLES, VESSEL
from fl_planner.planning.given.case import InputFile, role_of
from fl_planner.trials.statements import ALL_KEYS, parse_stated

CODE = "case.unreadable"
MASKS_BY_OPTION = (  # for a mask or a folder given instead of a case file
    "give masks with options such as --liver, --tumour and --flr, or give a case file; "
    "fl-planner new-case NEW.toml writes one"
)
REMEDY = f"correct these keys; {ALL_KEYS}"
MOST_PLANS = 50  # plans compared with each other [project's choice]
MOST_LABELS = 500  # of a map; the largest segmenters have some hundred [project's choice]
EITHER = (("remnant_segments", "resected_segments"), DRAWN)  # mutually exclusive keys


def read_case_file(path: Path) -> Request:
    """Read a case file; its paths are relative to its folder.

    Raises `InputRefused`: `case.unreadable`, naming every invalid key with its line, the error, and
    the nearest valid name.
    """
    refuse_table(path, CODE, "a case file")
    text, digest = read_text(path, CODE, "a case file", instead=MASKS_BY_OPTION)
    if text.lstrip().startswith("{"):  # JSON: a record, or facts
        raise InputRefused(CODE, path.name, "a JSON file is not a case file", MASKS_BY_OPTION)
    request = parse_case_file(text, digest, path)
    for named in list_named(request):
        if isinstance(named, Path):  # also if this run does not read it
            note_input(named)
    return request


def parse_case_file(text: str, digest: str, path: Path) -> Request:
    """Parse the text of a case file; its paths are relative to the folder of `path`.

    Raises `InputRefused`: see `read_case_file`.
    """
    table = read_table(text, CODE, path.name)
    _require_few_plans(table, path.name)
    given, errors = check_shape(table, CaseTables, path.parent)
    stated, wrong = parse_stated(table_in(table, "facts"), path.name)
    labels, wrong_labels = _read_user_labels(table)
    errors += wrong_labels
    errors += [*_find_unknown_vessels(table)]
    errors += [*_find_planned_twice(_plans_in(table), table_in(table, "masks"))]
    errors += _of_unread_files(table)
    errors += [(("facts", error.partition(":")[0]), f"facts.{error}") for error in wrong]
    if errors or given is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    request = with_facts(as_request(given), stated)
    return replace(
        request,
        case_file=InputFile("case", path.name, "toml", digest),
        files=structs.replace(request.files, labels=labels),
        written=dict(list_written(table, path.parent)),
    )


def _require_few_plans(table: Mapping[str, object], name: str) -> None:
    """Refuse too many plans before each is measured."""
    if (plans := len(_plans_in(table))) > MOST_PLANS:
        reason = f"the case has {plans:,} plans; the limit is {MOST_PLANS}"
        raise InputRefused(CODE, name, reason, "keep only the plans to be compared")


def _name_nuclear(table: Mapping[str, object]) -> Iterator[str]:
    if table.keys().isdisjoint({"function", "dose"}):
        return
    from fl_planner.given.studies import DOSE_FILES, name_roles
    from fl_planner.intake.reading.dose import WHOSE

    yield from name_roles(table_in(table, "function"))
    yield from name_roles(table_in(table, "dose"), DOSE_FILES, WHOSE)


def _plans_in(table: Mapping[str, object]) -> list[object]:
    """Return the plans of a case file; an empty list if there is none."""
    found = table.get("plan")
    return found if isinstance(found, list) else []


def _of_unread_files(table: Mapping[str, object]) -> list[Error]:
    """Find hashes of roles that have no file in this case, which would not verify anything."""
    masks = table_in(table, "masks")
    named = {
        *(role for role in (*ROLES, "labelmap", "spleen") if role in masks),
        *(fold_role(f"exclude {name}") for name in table_in(masks, "exclude")),
        *(fold_vessel(f"{VESSEL}{name}") for name in table_in(masks, "vessels")),
        *(role_of_second(name) for name in READ_TWICE if name in table_in(table, "second_reader")),
        *(role for role in ("ct",) if role in table_in(table, "imaging")),
        *(role for role in (ROLE,) if "mask" in table_in(table, role)),
        *_name_nuclear(table),
        *(
            role_of(number, drawn)
            for number, plan in enumerate(_plans_in(table))
            for drawn in DRAWN
            if isinstance(plan, Mapping) and drawn in plan
        ),
    }
    listed = table_in(table, "imaging", "sha256")
    unread = [role for role in listed if fold_vessel(fold_role(role)) not in named]
    near = {role: meant(role, sorted(named)) for role in unread[:MOST_LINES]}
    return [
        (
            ("imaging", "sha256", role),
            as_plain_text(
                f"imaging.sha256.{role}: this case has no file with that role{near.get(role, '')}"
            ),
        )
        for role in unread
    ]


def _find_unknown_vessels(table: Mapping[str, object]) -> Iterator[Error]:
    where = ("masks", "vessels")
    unknown = [name for name in table_in(table, *where) if name and parse_vessel(name) is None]
    for number, name in enumerate(unknown):
        near = meant(name, NAMES) if number < MOST_LINES else ""
        what = f"unknown vessel{near}; give one of {LISTED_VESSELS}"
        reason = NO_LABEL if lacks_label(name) else what
        yield (*where, name), as_plain_text(f"masks.vessels.{name}: {reason}")


def _find_planned_twice(plans: Sequence[object], masks: Mapping[str, object]) -> Iterator[Error]:
    """Find entries of plans that are given in two ways, either of which may be wrong."""
    names: dict[object, int] = {}
    for number, plan in enumerate(plans):
        if not isinstance(plan, Mapping):
            continue
        where = ("plan", str(number))
        for pair in EITHER:
            if all(plan.get(key) for key in pair):
                what = f"plan.{number}.{pair[1]}: give either this or {pair[0]}"
                yield (*where, pair[1]), what
        for cut, drawn in product(CUT_BY, DRAWN):
            if plan.get(cut) and (plan.get(drawn) or (number == 0 and drawn in masks)):
                yield (*where, cut), f"plan.{number}.{cut}: give either this or {drawn}"
        for drawn in DRAWN if number == 0 else ():
            if drawn in plan and set(DRAWN) & masks.keys():
                what = f"plan.0.{drawn}: the first plan's remnant is also given in [masks]"
                yield (*where, drawn), what
        name = plan.get("name")
        if isinstance(name, str) and names.setdefault(name, number) != number:
            what = f"plan.{number}.name: plan.{names[name]} is also named {name!r}"
            yield (*where, "name"), as_plain_text(what)


def _read_user_labels(table: Mapping[str, object]) -> tuple[dict[int, str] | None, list[Error]]:
    """Read the user's labels of a label map; None if there are none."""
    given = table_in(table, "masks", "labelmap")
    if "labels" not in given:
        return None, []
    where = ("masks", "labelmap", "labels")
    key = ".".join(where)
    typed = table_in(table, *where)
    if len(typed) > MOST_LABELS:
        return None, [(where, f"{key}: {len(typed):,} labels; the limit is {MOST_LABELS}")]
    schemes = read_bundled_schemes().values()
    known = {name for scheme in schemes for name in scheme.structures.values()}
    labels, wrong = parse_labels(typed, known)
    errors: list[Error] = [
        ((*where, label), as_plain_text(f"{key}.{label}: {what}")) for label, what in wrong
    ]
    if isinstance(given["labels"], Mapping) and not typed:
        errors.append((where, f"{key}: must not be empty"))
    if "scheme" in given:
        errors.append((where, f"{key}: give either labels or scheme"))
    return labels, errors
