"""Refusals and findings worded for the page; the original text is kept as a detail."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fl_planner.basis.shown import as_interval
from fl_planner.basis.standing_words import INTERVAL, TWO_READINGS
from fl_planner.record.declaration.part import as_json
from fl_planner.record.ratios import clip_percent
from fl_planner.report.plain_words import FIELDS, as_plain_words
from fl_planner.web.dossier.limit_lines import ShownLimit, fold_limits, list_fates, name_trials

if TYPE_CHECKING:
    from fl_planner.record.plan import DraftCutRecord

BRACKETED = re.compile(r"\(([a-z0-9_]+\.[a-z0-9_]+)\)")  # a code, as of a finding


def plain_refusal(refusal: dict[str, str]) -> dict[str, str]:
    """Write a refusal for the page: reason, remedy, and the original text as `detail`."""
    reason = as_plain_words(refusal["reason"])
    remedy = as_plain_words(refusal["remedy"], remedy=True)
    source = refusal["file"]
    file = FIELDS.get(source, "") if source.startswith("--") else as_plain_words(source)
    whole = f"{refusal['code']}: {refusal['file']}: {refusal['reason']}; {refusal['remedy']}"
    return {**refusal, "file": file, "reason": reason, "remedy": remedy, "detail": whole}


def plain_rows(keys: dict[str, Any]) -> list[dict[str, Any]]:
    """Word the refusals and findings of checked files for the page, row by row."""
    asked = (keys.get("assessment") or {}).get("findings") or []
    rows = []
    for one in keys["files"]:
        found = [*(one.get("findings") or []), *(f for f in asked if f.get("file") == one["file"])]
        row = {
            "refusal": plain_refusal(one["refusal"]) if one.get("refusal") else None,
            "findings": [
                {**each, "message": as_plain_words(each["message"])}
                for each in found
                if each["severity"] != "info"
            ],
        }
        rows.append(row)
    return rows


def plain_misfits(keys: dict[str, Any]) -> list[str]:
    """Word the reasons why files do not match, in order."""
    return [as_plain_words(one["reason"]) for one in keys["misfits"]]


def plain_draft(record: DraftCutRecord, limits: Iterable[Fraction]) -> bytes:
    """Word a draft for the page, its notes without options, keys and codes.

    - `limits`: of shares, in percent. The intervals are rounded as those of a plan, never across a
      limit.

    The numbers of `bar` only determine the positions of its marks.
    """
    keys = json.loads(as_json(record))
    codes = BRACKETED.findall(" ".join(keys.get("notes", ())))
    keys["notes"] = [as_plain_words(note, codes) for note in keys.get("notes", ())]
    keys["warnings"] = _list_warnings(record, codes)
    near = [Fraction(str(one["limit_percent"])) for one in keys["thresholds"]]
    keys["limits"] = fold_limits(map(ShownLimit.of, record.thresholds))
    keys["limits_of"] = name_trials(keys["limits"])
    keys["no_limits"] = _say_no_limits(record)
    fates = record.plan.fates.lesions
    keys["fates"] = [] if fates is None else [*list_fates(fates.cut, fates.left)]
    keys["intervals"] = dict(_show_intervals(keys, [*limits, *near]))
    keys |= {} if record.withdrawn else _draw_bar(record, keys)
    return json.dumps(keys, ensure_ascii=False).encode()


def _list_warnings(record: DraftCutRecord, codes: Iterable[str]) -> list[dict[str, str]]:
    """List what is shown above the results: numbers that must not be used, then the findings."""
    errors = [("error", f"Must not be used: {one.why}.") for one in record.withdrawn]
    found = [(one.severity, one.message) for one in record.findings]
    listed = {as_plain_words(says, [*codes]): severity for severity, says in [*errors, *found]}
    return [{"severity": severity, "says": says} for says, severity in listed.items()]


def _draw_bar(record: DraftCutRecord, keys: dict[str, Any]) -> dict[str, Any]:
    """Describe the bar of a draft, as that of a plan."""
    ratio = record.flr.ratio
    name = TWO_READINGS if ratio.cv.is_of_two else INTERVAL
    bar = {"at": keys["plan"]["flr_percent"], "ends": ratio.ends_percent}
    return {"interval": f"{name}: {keys['intervals']['flr']}", "bar": bar}


def _say_no_limits(record: DraftCutRecord) -> str:
    """State why a draft is not compared with limits; "" if it is."""
    if record.thresholds:
        return ""
    if record.plan.fates.lesions is None:
        return "not compared: no tumour mask was given"
    return "not compared: the FLR must not be used" if record.withdrawn else "not compared"


def _show_intervals(keys: dict[str, Any], limits: list[Fraction]) -> Iterator[tuple[str, str]]:
    for part in ("flr", "flr_after_clearing"):
        if keys.get(part) is not None:
            of = keys["plan"][f"{part}_percent_shown"]
            ends = clip_percent(keys[part]["interval_percent"])
            yield part, as_interval(ends, limits, "%", of=of)
