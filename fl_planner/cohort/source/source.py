"""Where a cohort comes from: case files, a table of cases, or a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.cohort.case import CohortCase, as_refusal
from fl_planner.cohort.source.draft import Alike
from fl_planner.cohort.source.laid_case import LaidCase
from fl_planner.cohort.source.layout import LAYOUTS, read_layout, read_patterns
from fl_planner.cohort.source.table import REMEDY, TABLE, WORKBOOK, read_table
from fl_planner.formats.stored.places import note_input
from fl_planner.formats.stored.text import read_text
from fl_planner.intake.patients.case_outline import find_id
from fl_planner.workup.many.plans import ID_TWICE

CASE_FILE, CASE_NAME = ".toml", "case.toml"
TABLES = (TABLE, WORKBOOK)
Layout = Literal["bids", "segmenter", "nnunet"]
ROW = "cohort.row"


@dataclass(frozen=True, slots=True)
class CohortSource:
    """Where the cases are, and how that is read.

    - `paths`: case files, or one table or folder.
    - `layout`, `patterns`: of a folder, which of its files are what.
    - `alike`: what is said of all cases that no case file speaks of.
    """

    paths: tuple[Path, ...]
    layout: Layout | None = None
    patterns: tuple[str, ...] = ()
    alike: Alike = field(default_factory=Alike)

    def read(self) -> tuple[str, tuple[CohortCase, ...]]:
        """Read the cases in their order, and the kind of source; no file of theirs is opened.

        Raises `InputRefused`: `cohort.source` for what is no source of cases; as its reader.
        """
        kind, cases = self._read()
        if not cases:
            raise _no_source(self.paths, "holds no case")
        return kind, _tell_apart(cases)

    def _read(self) -> tuple[str, list[CohortCase]]:
        paths = [path.absolute() for path in self.paths]
        laid = self.layout is not None or bool(self.patterns)
        if len(paths) == 1 and paths[0].is_dir():
            if laid:
                return self._read_laid(paths[0])
            files = _list_case_files(paths[0])
            if not files:
                raise _no_source(paths, "is a folder without case files (*.toml, */case.toml)")
            return self._read_files(files)
        if laid:
            option = "--layout" if self.layout is not None else "--pattern"
            raise InputRefused("usage.wrong", option, "is about a folder", "name one folder")
        if len(paths) == 1 and paths[0].suffix.lower() in TABLES:
            return "table", [*self._read_table(paths[0])]
        if any(path.suffix.lower() != CASE_FILE for path in paths):
            raise _no_source(paths, "is no case file, table or folder")
        return self._read_files(paths)

    def _read_files(self, paths: Sequence[Path]) -> tuple[str, list[CohortCase]]:
        if not self.alike.is_empty:
            reason = "was given beside case files, which say it themselves"
            option = next(iter(_given(self.alike)))
            raise InputRefused("usage.wrong", option, reason, "say it in the case files")
        return "case files", [_read_case(n, path) for n, path in enumerate(paths, start=1)]

    def _read_table(self, path: Path) -> Iterator[CohortCase]:
        for number, row in enumerate(read_table(path), start=1):
            case = CohortCase(
                number, row.id or f"row-{row.number}", "", str(path.parent), CASE_NAME
            )
            if row.draft is None:
                reason = f"row {row.number}: {join_told(row.wrong)}"
                wrong = InputRefused(ROW, case.id, reason, f"correct the row; {REMEDY}")
                yield replace(case, refusal=as_refusal(wrong))
                continue
            text = row.draft.write(self.alike)
            yield replace(case, text=text, addresses=row.draft.addresses)

    def _read_laid(self, root: Path) -> tuple[str, list[CohortCase]]:
        if self.layout is not None and self.patterns:
            reason = "was given beside --layout"
            raise InputRefused("usage.wrong", "--pattern", reason, "leave one out")
        if self.layout is not None:
            laid = read_layout(root, self.layout, self.alike.scheme)
        else:
            laid = read_patterns(root, self.patterns)
        cases = (self._as_case(n, one, root) for n, one in enumerate(laid, start=1))
        return self.layout or "pattern", [*cases]

    def _as_case(self, number: int, laid: LaidCase, root: Path) -> CohortCase:
        case = CohortCase(number, laid.id, "", str(root), CASE_NAME)
        try:
            return replace(case, text=laid.draft(root).write(self.alike))
        except InputRefused as wrong:
            return replace(case, refusal=as_refusal(wrong), unread=tuple(laid.unread))


def _given(alike: Alike) -> Iterator[str]:
    for name in Alike.__dataclass_fields__:
        if getattr(alike, name):
            yield f"--{name.replace('_', '-')}"


def _list_case_files(folder: Path) -> list[Path]:
    note_input(folder)
    found = sorted(folder.iterdir())
    paths = [one / CASE_NAME if one.is_dir() else one for one in found]
    return [one for one in paths if one.suffix.lower() == CASE_FILE and one.is_file()]


def _read_case(number: int, path: Path) -> CohortCase:
    """Read a case file as it is now; its files are opened when it is planned.

    Without an id there is no name for its row: that of a file or a folder may be a patient's.
    """
    case = CohortCase(number, f"file-{number}", "", str(path.parent), path.name)
    try:
        text, _ = read_text(path, "case.unreadable", "a case file")
        id_ = find_id(text)
        if id_ is None:
            reason = "gives no id, and a row of a table needs one"
            raise InputRefused("cohort.no_id", path.name, reason, 'write id = "..." into it')
    except InputRefused as wrong:
        return replace(case, refusal=as_refusal(wrong))
    return replace(case, id=id_, text=text)


def _tell_apart(cases: Sequence[CohortCase]) -> tuple[CohortCase, ...]:
    """Refuse each case whose id another one has; their rows are told apart by a number."""
    times = Counter(case.id for case in cases)
    taken = {*times}
    told: list[CohortCase] = []
    for case in cases:
        if times[case.id] == 1:
            told.append(case)
            continue
        number = 1
        while (own := f"{case.id}#{number}") in taken:
            number += 1
        taken.add(own)
        wrong = InputRefused(
            "screen.id_twice", case.id, ID_TWICE, "give each case an id of its own"
        )
        told.append(replace(case, id=own, refusal=as_refusal(wrong)))
    return tuple(told)


def _no_source(paths: Sequence[Path], reason: str) -> InputRefused:
    wrong = [path for path in paths if not (path.suffix.lower() == CASE_FILE and len(paths) > 1)]
    name = next(iter(wrong), Path("SOURCE")).name or "SOURCE"
    remedy = f"give case files, a table ({', '.join(TABLES)}), or a folder with --layout "
    remedy += f"({', '.join(LAYOUTS)}) or --pattern"
    return InputRefused("cohort.source", name, reason, remedy)
