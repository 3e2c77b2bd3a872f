"""Refusals and findings in the words of the page; what was written stays available as a detail."""

from __future__ import annotations

from typing import Any

from fl_planner.report.plain_words import as_plain_words


def plain_refusal(told: dict[str, str]) -> dict[str, str]:
    """Write a refusal for the page: its reason and remedy, and as `detail` what was written."""
    reason, remedy = as_plain_words(told["reason"]), as_plain_words(told["remedy"], remedy=True)
    file = "" if told["file"].startswith("--") else as_plain_words(told["file"])
    whole = f"{told['code']}: {told['file']}: {told['reason']}; {told['remedy']}"
    return {"code": told["code"], "file": file, "reason": reason, "remedy": remedy, "detail": whole}


def plain_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Write the texts of the rows of checked files for the page, in order: refusal and findings."""
    asked = (told.get("assessment") or {}).get("findings") or []
    rows = []
    for one in told["files"]:
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
