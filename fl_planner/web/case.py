"""One case as its process holds it: planned once, and then told in every way that is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.web.dossier.dossier import MAKERS, Dossier
from fl_planner.web.dossier.planned import CaseText

if TYPE_CHECKING:
    from fl_planner.planning.given.case import Case
    from fl_planner.record.files.check import CheckRecord
    from fl_planner.web.cuts import SeenCase
    from fl_planner.web.cutting import BranchCutter, Cutter
    from fl_planner.web.dossier.planned import PlannedCase

SAID = {  # what a person may say, and in which words
    "answer": ("key", "typed", "by", "on"),
    "accept": ("code", "why", "by", "on"),
    "sign": ("status", "seen", "by", "on"),
    "begin": ("tree", "at_mm", "by", "on"),
    "undo": (),
    "redo": (),
}
AFRESH = ("accept", "sign", "begin", "undo", "redo")  # after these the images may be others


class OpenCase:
    """A case and its plan: what `fl_planner.plan` gives, and no number besides.

    - `seen`: told when there is something to be seen, which is before the case is planned. What is
      seen is set whole by the work on the case, and may be looked at meanwhile from elsewhere.
    """

    def __init__(self, seen: Callable[[], None] = lambda: None) -> None:
        self._seen = seen
        self._dossier: Dossier | None = None
        self._sight: SeenCase | None = None
        self._checked: CheckRecord | None = None
        self._cutter: Cutter | None = None
        self._brancher: BranchCutter | None = None

    def open_case(self, case_file: Path, options: Mapping[str, Any]) -> None:
        """Plan a case file, as `fl_planner.plan` does.

        Raises `InputRefused`: as planning.
        """
        from fl_planner.web.dossier.planned import PlannedCase

        self._dossier = Dossier(PlannedCase.of(CaseText.of(case_file), options, self._show))
        self._look_again()

    def open_dropped(self, folder: Path, name: str, options: Mapping[str, Any]) -> None:
        """Plan a case file that was dropped, which may name what was dropped with it alone."""
        from fl_planner.intake.reading.files import find_named
        from fl_planner.web.form import require_inside
        from fl_planner.workup.request import read_request

        require_inside(find_named(read_request(folder / name)), folder)
        self.open_case(folder / name, options)

    def check(self, folder: Path) -> None:
        """Ask each dropped file what it is."""
        from fl_planner.web.form import list_dropped
        from fl_planner.workup.files.check import describe_files

        paths = list_dropped(folder)
        if not paths:
            raise InputRefused("page.nothing", "files", "none was dropped", "drop some")
        self._checked = describe_files(paths, none_read=True)

    def checked(self) -> dict[str, Any]:
        """Tell what `check` says of each file, and which role is proposed for it."""
        from fl_planner.formats.segments.by_role import read_bundled_schemes
        from fl_planner.given.facts import list_asked
        from fl_planner.record.declaration.part import as_json
        from fl_planner.web.dossier.roles import as_groups, list_nuclear, propose_roles

        if self._checked is None:
            raise InputRefused("page.not_planned", "files", "were not looked at", "drop them again")
        return {
            "told": json.loads(as_json(self._checked)),
            "proposed": propose_roles(self._checked),
            "nuclear": list_nuclear(self._checked),
            "schemes": [*read_bundled_schemes()],
            "roles": as_groups(),
            "facts": list_asked(),
        }

    def open_answers(self, folder: Path, answers: str, options: Mapping[str, Any]) -> None:
        """Plan dropped files in the roles that the user confirmed."""
        from fl_planner.web.draft import write_draft
        from fl_planner.web.form import list_dropped, within

        files = [one for path in list_dropped(folder) for one in (path, *within(path))]
        self.open_case(write_draft(answers, folder, files), options)

    def record(self) -> bytes:
        """Give the record, byte for byte as `plan --json` prints it."""
        return f"{self._planned().as_json()}\n".encode()

    def answer(self) -> dict[str, Any]:
        """Give the answer in the words of the report, block by block, and what findings concern."""
        from fl_planner.report.document.blocks import as_tree
        from fl_planner.report.page.first_page import find_concerns
        from fl_planner.report.page.render import Pictures, make_page

        record, pictures = self._planned().record, Pictures({}, (), ())
        concerns = [asdict(one) for one in find_concerns(record)]
        return {**as_tree(make_page(record, pictures, appendix=True)), "concerns": concerns}

    def scan(self) -> dict[str, Any]:
        """Tell what can be seen of the case, in cuts and as surfaces."""
        return self._looked_at().describe()

    def cut(self, view: str, layer: int) -> bytes:
        """Give a layer of a view."""
        return self._looked_at().viewer.cut(view, layer)

    def surface(self, number: int) -> bytes:
        """Give a surface, by its number among those that `scan` tells."""
        return self._looked_at().surfaces.make(number)

    def export(self, name: str) -> tuple[str, bytes]:
        """Make a file to be taken away; gives the name that it is saved by, too.

        Raises `InputRefused`: where an output may not leave, as on the command line.
        """
        case = self._planned()
        saved = case.text.path.name if name == "case.toml" else name
        return saved, MAKERS[name](case, name)

    def dossier(self) -> dict[str, Any]:
        """Tell what is open, what was said, and what could be accepted."""
        return self._said().tell()

    def try_question(self, key: str) -> dict[str, Any]:
        """Tell what each answer to a question would do."""
        return self._said().try_question(key)

    def say(self, what: str, words: Mapping[str, str]) -> dict[str, Any]:
        """Take one of `SAID`: an answer, an accepted finding, a sign-off, a root, a step back.

        Raises `InputRefused`: naming what of it cannot be taken; the case then stays as it was.
        """
        dossier = self._said()
        given = {name: words.get(name, "") for name in SAID[what]}
        getattr(dossier, what)(**given)
        if what in AFRESH:
            self._look_again()
        return dossier.tell()

    def own_text(self) -> tuple[str, bytes]:
        """Give the case file as it stands, and where its files lie: for a case of a later scan."""
        text = self._planned().text
        return str(text.path), text.content

    def set_beside(self, path: str, content: bytes) -> dict[str, Any]:
        """Set the scan of another case before that of this one."""
        dossier = self._said()
        dossier.set_beside(path, content)
        return dossier.tell()

    def chart(self, name: str) -> bytes:
        """Draw a chart."""
        from fl_planner.web.dossier.dossier import draw_chart

        return draw_chart(self._planned(), name)

    def sheet(self) -> tuple[str, bytes]:
        """Draw the contact sheet, and give the SHA-256 by which it is known."""
        sheet = self._said().sheet()
        return sheet.digest, sheet.png

    def drafts(self) -> dict[str, Any]:
        """Tell what draft cuts there can be, and of which vessel trees they take something."""
        return {**self._cutting().describe(), "trees": self.branches()}

    def draft(self, text: str) -> bytes:
        """Tell what a draft cut comes to."""
        return self._cutting().answer(text)

    def draft_supply(self, text: str) -> bytes:
        """Tell what a draft cut leaves without its vessels."""
        return self._branching().leave(self._cutting().draw(text))

    def export_draft(self, name: str, text: str) -> bytes:
        """Make a file of a draft cut."""
        return self._cutting().export(name, text)

    def branches(self) -> list[str]:
        """Tell of which vessel trees branches can be cut."""
        return self._branching().describe()

    def cut_branches(self, text: str) -> bytes:
        """Tell what cut branches take."""
        return self._branching().answer(text)

    def export_branches(self, text: str) -> bytes:
        """Write the case file with cut branches as one more plan."""
        return self._branching().export(text)

    def _said(self) -> Dossier:
        if self._dossier is None:
            raise InputRefused("page.not_planned", "case", "is not planned", "open it again")
        return self._dossier

    def _planned(self) -> PlannedCase:
        return self._said().case

    def _cutting(self) -> Cutter:
        from fl_planner.web.cutting import Cutter

        if self._cutter is None or self._cutter.case is not self._planned():
            self._cutter = Cutter(self._planned())  # of the case as it stands
        return self._cutter

    def _branching(self) -> BranchCutter:
        from fl_planner.web.cutting import BranchCutter

        if self._brancher is None or self._brancher.case is not self._planned():
            self._brancher = BranchCutter(self._planned())  # of the case as it stands
        return self._brancher

    def _show(self, case: Case) -> None:
        """Show the case as it was read."""
        from fl_planner.web.cuts import SeenCase

        self._sight = SeenCase.before(case)
        self._seen()

    def _look_again(self) -> None:
        """Show the case as it is planned."""
        from fl_planner.web.cuts import SeenCase

        planned = self._planned()
        self._sight = SeenCase.of(planned.plan, planned.record)

    def _looked_at(self) -> SeenCase:
        if self._sight is None:
            raise InputRefused("page.not_planned", "case", "is not read yet", "open it again")
        return self._sight
