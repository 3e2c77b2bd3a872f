"""What is open when the page begins: a bundled case, a case file, or that of a folder."""

from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.request.file_names import require_present

CASE, SAMPLE = "case.toml", "crlm"


def find_opened(named: Path | None, *, demo: bool) -> Path | None:
    """Find the case file that is meant; None for an empty page.

    Raises `InputRefused`: where there is no such file, and `usage.wrong` for a case beside `--demo`
    and for a folder without `case.toml`.
    """
    if demo:
        if named is not None:
            reason = "was given beside --demo, which opens another case"
            raise InputRefused("usage.wrong", named.name, reason, "leave one out")
        return sample_case(SAMPLE) / CASE
    if named is None:
        return None
    require_present((named,), {})
    if not named.is_dir():
        return named
    if not (named / CASE).is_file():
        reason, remedy = f"holds no {CASE}", "begin one: fl-planner new-case"
        raise InputRefused("usage.wrong", named.name or str(named), reason, remedy)
    return named / CASE
