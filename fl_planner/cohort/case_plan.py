"""One case, planned as `plan` does: its record, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.case import FETCHED, Asked, CaseAnswer, CohortCase, as_refusal
from fl_planner.cohort.fetch import fetching
from fl_planner.cohort.key import RESULTS, hash_paths, hash_results, hash_text, list_within
from fl_planner.cohort.result import LISTED, PICTURE, PLAN, REPORT, find_unanswered, tell_patient
from fl_planner.workup.many.plans import plan_trusted

if TYPE_CHECKING:
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan
    from fl_planner.record.plan import PlanRecord

State = tuple[tuple[str, int, int], ...]  # of files: their names, sizes and times


def plan_case(case: CohortCase, asked: Asked, held: Mapping[str, str] | None) -> CaseAnswer:
    """Plan a case, unless what it rests on is what it was.

    - `held`: the key of the result that there is; None where there is none.
    """
    begun = perf_counter()
    found = _plan_unless_held(case, asked, held)
    return replace(found, seconds=perf_counter() - begun)


def _plan_unless_held(case: CohortCase, asked: Asked, held: Mapping[str, str] | None) -> CaseAnswer:
    key = begin_key(case, asked)
    files: dict[str, bytes] = {}
    refusal = case.refusal
    if refusal is None:
        try:
            limit, private = asked.said.size_limit, asked.private_addresses
            with fetching(case.addresses, limit, private=private) as place:
                request = _read_request(case, asked, place)
                paths = _list_paths(request)
                key["inputs"] = hash_paths(paths)
                if _holds(held, key):
                    return CaseAnswer(None, key)
                files = _plan(case, asked, request, paths)
        except InputRefused as wrong:
            refusal = as_refusal(wrong)
    key[RESULTS] = hash_results(files)
    if refusal is None:
        return CaseAnswer("planned", key, files)
    return CaseAnswer("refused", key, refusal=refusal)


def begin_key(case: CohortCase, asked: Asked) -> dict[str, str]:
    """Begin the key of a case with what is known before a file of it is opened."""
    addresses = "".join(f"\n{name} {url}" for name, url in case.addresses.items())
    told = case.refusal
    refused = "" if told is None else f"\n{told.code} {told.source} {told.reason}"
    return {**asked.key, "facts": hash_text(case.text + addresses + refused), "inputs": ""}


def _holds(held: Mapping[str, str] | None, key: Mapping[str, str]) -> bool:
    """Whether there is a whole result, and it rests on the same."""
    if held is None or not held[RESULTS]:
        return False
    return {**held, RESULTS: ""} == {**key, RESULTS: ""}


def _read_request(case: CohortCase, asked: Asked, place: str) -> Request:
    from fl_planner.formats.stored.file import Limits
    from fl_planner.intake.documents.case_file import parse_case_file

    text = case.text.replace(FETCHED, place)
    request = parse_case_file(text, hash_text(case.text), Path(case.folder, case.name))
    said = asked.said
    limits = Limits.of_gib(said.size_limit)
    return replace(request, as_of=said.as_of, centre=said.centre, limits=limits)


def _list_paths(request: Request) -> tuple[Path, ...]:
    """List what a request names, and the voxels of headers among it."""
    from fl_planner.formats.read import list_files
    from fl_planner.intake.request.read_case import find_files_of

    named = (path for path in find_files_of(request) if isinstance(path, Path))
    return tuple(file for path in named for file in list_files(path, request.limits))


def _plan(
    case: CohortCase, asked: Asked, request: Request, paths: tuple[Path, ...]
) -> dict[str, bytes]:
    before = _find_state(paths)
    made, record = plan_trusted(request, asked.said, case.name)
    files = dict(_write(asked, made, record))
    if _find_state(paths) != before:
        reason = "was written to while it was read"
        raise InputRefused("cohort.changed", case.name, reason, "run it again when all is written")
    return files


def _find_state(paths: tuple[Path, ...]) -> State:
    found: list[tuple[str, int, int]] = []
    for name, path in (one for each in paths for one in list_within(each)):
        with suppress(OSError):  # not there: its reader says so
            told = path.stat()
            found.append((str(name), told.st_size, told.st_mtime_ns))
    return tuple(found)


def _write(asked: Asked, made: Plan, record: PlanRecord) -> dict[str, bytes]:
    from fl_planner.record.declaration.part import as_json

    listed = tell_patient(made, find_unanswered(record))
    files = {PLAN: f"{as_json(record)}\n".encode(), LISTED: listed}
    if asked.report:
        from fl_planner.workup.report import Report, make_report

        wanted = Report(Path(REPORT), profile=asked.said.profile, appendix=True)
        files[REPORT] = make_report(made, record, wanted)
    if asked.pictures:
        from fl_planner.report.picture.slices.figure import draw_figure
        from fl_planner.report.picture.slices.plan import as_picture

        files[PICTURE] = draw_figure(as_picture(made, record))
    return files
