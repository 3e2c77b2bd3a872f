"""What is open when the page begins: a bundled case, a case file, or the files of a folder."""

from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.reading.file_names import require_present

CASE, SAMPLE = "case.toml", "crlm"


def find_opened(named: Path | None, *, demo: bool) -> Path | None:
    """Find the case file that is meant, or the folder of files without one; None for neither.

    Raises `InputRefused`: where there is no such file; `usage.wrong` for a case beside `--demo`.
    """
    if demo:
        if named is not None:
            reason = "was given beside --demo, which opens another case"
            raise InputRefused("usage.wrong", named.name, reason, "leave one out")
        return sample_case(SAMPLE) / CASE
    if named is None:
        return None
    require_present((named,), {})
    return named / CASE if (named / CASE).is_file() else named


def lay_links(named: Path, folder: Path) -> None:
    """Lay the files of a user's folder into that of a case, as links: nothing is copied there.

    Raises `InputRefused`: `output.temporary`.
    """
    found = [path for path in sorted(named.iterdir()) if not path.name.startswith(".")]
    with putting_aside():
        for path in found:
            (folder / path.name).symlink_to(path.resolve())
