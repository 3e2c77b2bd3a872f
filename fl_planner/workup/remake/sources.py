"""What an output is to be made again from: named by a person, or lying beside it."""

from dataclasses import replace
from pathlib import Path

from fl_planner.intake.request.request import Request
from fl_planner.workup.remake.output import StoredOutput
from fl_planner.workup.remake.remake import Sources
from fl_planner.workup.request import Words, make_request

OWN = ("liver", "flr", "resected", "tumour", "treated", "labelmap")  # options that name a liver
STUDIES = ("dynamic", "curves", "spect")  # and those that name what function rests on


def find_sources(
    output: StoredOutput,
    sources: tuple[Path, ...],
    places: tuple[Path, ...],
    given: Words,
) -> Sources:
    """Find what an output was made from: named, or beside it under the names that it holds."""
    limit, trials = given["size_limit"], given["trials"]
    if output.kind == "growth":
        return Sources(files=_cases(output, sources, places), size_limit=limit)
    if output.kind == "check":
        found = [_named(one["file"], places) for one in output.record["files"]]
        return Sources(files=tuple(path for path in found if path is not None), size_limit=limit)
    case = _first(sources, ".toml") or held(output, "case", places)
    facts = given["facts"] or _first(sources, ".json") or held(output, "facts", places)
    centre = given["centre"] or held(output, "centre", places)
    if output.kind == "trials":
        return Sources(None, case or facts, given["as_of"], centre, trials)
    if case is None and not any(given[name] for name in (*OWN, *STUDIES)):
        return Sources()
    request = make_request(case, {**given, "facts": facts, "centre": centre})
    scans = (*given["earlier"], case) if given["earlier"] and case else ()
    return Sources(_of_kind(output, request, given), trials=trials, files=scans, size_limit=limit)


def _of_kind(output: StoredOutput, request: Request, given: Words) -> Request:
    """Add what the command that made it takes beside, and leave out what it does not look at."""
    if output.kind == "volume" and all(one["role"] != "ct" for one in output.inputs):
        return replace(request, ct=None)
    if output.kind == "function":
        from fl_planner.workup.function import with_study

        return with_study(request, given)
    if output.kind == "dose":
        from fl_planner.workup.dose import with_dose

        return with_dose(request, given)
    return request


def _first(sources: tuple[Path, ...], ending: str) -> Path | None:
    return next((source for source in sources if source.suffix.lower() == ending), None)


def _cases(
    output: StoredOutput, sources: tuple[Path, ...], places: tuple[Path, ...]
) -> tuple[Path, ...]:
    named = tuple(source for source in sources if source.suffix.lower() == ".toml")
    if named:
        return named
    names = [one["file"] for one in output.inputs if one["role"] == "case"]
    if len(set(names)) < len(names):  # of two folders: nobody can say which is which
        return ()
    found = tuple(path for name in names if (path := _named(name, places)) is not None)
    return found if len(found) == len(names) else ()


def held(output: StoredOutput, role: str, places: tuple[Path, ...]) -> Path | None:
    """Find the file of a role by the name that an output holds."""
    found = (_named(one["file"], places) for one in output.inputs if one["role"] == role)
    return next((path for path in found if path is not None and path.is_file()), None)


def _named(name: str, places: tuple[Path, ...]) -> Path | None:
    beside = (place if place.name == name else place / name for place in places)
    return next((path for path in beside if path.exists()), None)
