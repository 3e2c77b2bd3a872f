"""One case in a separate process: planned once, then shown in every requested form."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import BEFORE_ALL, InputRefused
from fl_planner.formats.read import find_referred
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.given.facts import list_asked
from fl_planner.given.file_roles import list_dose_fields
from fl_planner.planning.given.case import Case
from fl_planner.record.declaration.part import as_json, as_written, printable
from fl_planner.report.document.blocks import as_tree, filled
from fl_planner.report.findings import list_grave
from fl_planner.report.plain_words import as_plain_words, plain_tree
from fl_planner.web.dossier.case_form import fill_form, list_places
from fl_planner.web.dossier.dossier import Dossier
from fl_planner.web.dossier.exports import DRAFT_DICOM, MAKERS, draw_chart, list_hindrances
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.roles import ENTRIES, list_series
from fl_planner.web.limits import FILE_GIB

if TYPE_CHECKING:
    from fl_planner.record.files.check import CheckRecord
    from fl_planner.web.branch_cuts import BranchCutter
    from fl_planner.web.cuts import PartSurfaces, SeenCase
    from fl_planner.web.cutting import Cutter
    from fl_planner.web.first_look import FirstLook

IMAGES_STAY = ("answer", "measure")  # unless files were read again, and had been changed


class OpenCase:
    """A case and its plan, with only the numbers of `fl_planner.plan`.

    - `seen`: called when sections can be shown, before the case is planned. They are replaced as a
      whole, so that another thread may read them at any time.
    """

    def __init__(self, seen: Callable[[], None] = lambda: None) -> None:
        self._seen = seen
        self._dossier: Dossier | None = None
        self._sight: SeenCase | None = None
        self._checked: CheckRecord | None = None
        self._cutter: Cutter | None = None
        self._brancher: BranchCutter | None = None
        self._looks: FirstLook | None = None
        self._dropped: tuple[Path, ...] = ()
        self._referred: tuple[str, ...] | None = None

    def open_case(self, case_file: Path, options: Mapping[str, Any]) -> None:
        """Plan a case file, as `fl_planner.plan` does.

        Raises `InputRefused`: the errors of planning.
        """
        self._open(CaseText.of(case_file), options)

    def _open(self, text: CaseText, options: Mapping[str, Any]) -> None:
        self._dossier = Dossier(PlannedCase.of(text, options, self._show))
        self._show_again()

    def open_dropped(
        self, folder: Path, name: str, stored: Mapping[str, str], options: Mapping[str, Any]
    ) -> None:
        """Plan a dropped case file, which may only refer to files dropped with it.

        - `stored`: path of each dropped file in the folder, by its path as dropped.
        """
        from fl_planner.intake.reading.files import list_named
        from fl_planner.web.form import require_inside

        text = CaseText.of(folder / name).with_paths(stored)
        require_inside(list_named(text.parse()), folder)
        self._open(text, options)

    def check(self, folder: Path | None) -> None:
        """Check the dropped files; if none were dropped, check the files of the case file."""
        from fl_planner.web.dropped_studies import (
            gather_slices,
            separate_scintigrams,
            unpack_studies,
        )
        from fl_planner.workup.files.check import describe_files

        if folder is None:
            paths = self._list_own_files()
        else:
            used = self._list_used()
            unpack_studies(folder, used)
            separate_scintigrams(folder, used)
            gather_slices(folder, used)
            paths = self._list_rows(folder)
        if not paths:
            reason, remedy = "no files were sent", "drop the files of a case onto the page"
            raise InputRefused("page.nothing", "files", reason, remedy)
        self._checked = describe_files(paths, none_read=True)
        self._looks, self._referred, self._dropped = None, None, tuple(paths)

    def _list_used(self) -> Mapping[str, str]:
        """List the names and paths of the files that the case file refers to, once planned."""
        return {} if self._dossier is None else list_places(self._planned().text.table)

    def _list_unused(self) -> list[str]:
        """List the checked files that the case file does not refer to."""
        used = self._list_used()
        rows = () if self._checked is None else self._checked.files
        return [one.file for one in rows if one.file not in used]

    def _list_rows(self, folder: Path) -> list[Path]:
        """List what was dropped, and what the case file refers to below its dropped folders."""
        from fl_planner.web.form import list_dropped, within

        used = [(one.count("/"), folder / one) for one in self._list_used().values()]
        deep = [path for depth, path in used if depth > int(path.is_file())]  # no row otherwise
        listed = {file for path in deep for file in (path, *within(path))}
        others = [one for one in list_dropped(folder) if one.is_file() or {*within(one)} - listed]
        return sorted({*others, *deep})

    def _list_own_files(self) -> list[Path]:
        """List the files of a case file opened from its own folder."""
        text = self._planned().text
        places = (text.path.parent / place for place in list_places(text.table).values())
        return sorted(one for one in places if one.exists())

    def thumbnail(self, file: str) -> bytes:
        """Return a thumbnail of a dropped file on the CT, as `FirstLook.thumbnail`."""
        return self._first_look().thumbnail(file)

    def _first_look(self) -> FirstLook:
        from fl_planner.web.first_look import FirstLook

        checked = self._check_record()
        if self._looks is None:
            self._looks = FirstLook.of(self._dropped, checked, Limits.of_gib(FILE_GIB))
        return self._looks

    def _check_record(self) -> CheckRecord:
        if self._checked is None:
            reason, remedy = "the files were not checked", "drop the files onto the page again"
            raise InputRefused("page.not_planned", "files", reason, remedy)
        return self._checked

    def checked(self) -> dict[str, Any]:
        """Return the result of `check` for each file, and a suggested role."""
        from fl_planner.planning.given.dose_inputs import SHUNT_WORDS
        from fl_planner.web.dossier.plain_words import plain_misfits, plain_rows
        from fl_planner.web.dossier.roles import (
            OF_MASKS,
            as_groups,
            list_named,
            list_nuclear,
            list_schemes,
            list_structures,
            suggest_roles,
        )

        checked = self._check_record()
        shunts = {str(name): words for name, words in SHUNT_WORDS.items()}
        rows = json.loads(as_json(checked))
        return {
            "plain": plain_rows(rows),
            "misfits": plain_misfits(rows),
            "told": rows,
            "proposed": suggest_roles(checked, self._list_referred(checked)),
            "nuclear": list_nuclear(checked),
            "named": list_named(checked),
            "schemes": list_schemes(),
            "structures": list_structures(),
            "roles": as_groups(),
            "of_masks": OF_MASKS,
            "facts": list_asked(),
            "dose": [
                (name, label, [(one, shunts[one]) for one in choices], shape)
                for name, label, choices, shape in list_dose_fields()
            ],
            "given": None if self._dossier is None else fill_form(self._dossier.case),
        }

    def _list_referred(self, checked: CheckRecord) -> Collection[str]:
        """List the CT series to which dropped segmentations refer; read only if there are several.

        The slices of all series are read for this, once for each check.
        """
        from fl_planner.web.form import within

        names = list_series(checked)
        if len(names) < 2:
            return ()
        if self._referred is None:
            series = [path for path in self._dropped if path.name in names]
            drawn = [file for path in self._dropped for file in (path, *within(path))]
            found = find_referred(series, drawn, Limits.of_gib(FILE_GIB))
            self._referred = tuple(path.name for path in found)
        return self._referred

    def open_answers(self, folder: Path, answers: str, options: Mapping[str, Any]) -> None:
        """Plan dropped files with the roles confirmed by the user."""
        from fl_planner.web.draft import read_as_of, word_for_form, write_draft
        from fl_planner.web.form import list_files

        day = read_as_of(answers)
        text = CaseText.of(write_draft(answers, folder, list_files(folder)))
        try:
            self._open(text, options if day is None else {**options, "as_of": day})
        except InputRefused as refused:
            raise word_for_form(refused) from None

    def change_answers(self, folder: Path | None, before: str, answers: str) -> dict[str, Any]:
        """Plan again with changed files, roles or facts; keep entries made since.

        - `folder`: folder of the dropped files; None for a case file in another folder.
        - `before`, `answers`: the form as shown, and as changed.

        Raises `InputRefused`: the errors of planning; the case is then unchanged.
        """
        from fl_planner.web.draft import compose_case, place_files, read_as_of, word_for_form
        from fl_planner.web.form import list_files

        dossier = self._opened()
        dropped = {} if folder is None else place_files(folder, list_files(folder))
        written = list_places(dossier.case.text.table)
        places = {**dropped, **{name: [place] for name, place in written.items()}}
        shown, sent = (compose_case(each, places) for each in (before, answers))
        day = read_as_of(answers)
        try:
            dossier.change_form(shown, sent, day)
        except InputRefused as refused:
            raise word_for_form(refused) from None
        self._show_again()
        return self.dossier()

    def record(self) -> bytes:
        """Return the record, byte for byte as printed by `plan --json`."""
        return f"{self._planned().as_json()}\n".encode()

    def answer(self) -> dict[str, Any]:
        """Return the results in blocks, as in the report, with the values that findings concern."""
        from fl_planner.report.page.board import trial_blocks, trial_lines
        from fl_planner.report.page.render import make_answer_tree
        from fl_planner.report.page.values import find_concerns
        from fl_planner.web.dossier.strip import describe_strip

        case, record = self._planned(), self._planned().record
        concerns = [asdict(one) for one in find_concerns(record)]
        asked = case.find_pathway_questions()
        growth = None if case.growth is None else case.growth.story
        judged = printable(as_written(record)).judged
        trials = filled((trial_lines(judged), *trial_blocks(judged)))
        tree = {
            **make_answer_tree(record, asked, growth),
            "trials": as_tree(trials),
            "baseline": [one.message for one in record.findings if one.code in BEFORE_ALL],
            "concerns": concerns,
            "strip": {**describe_strip(case), "unused": self._list_unused()},
        }
        codes = [{"code": one.code, "says": one.message} for one in list_grave(record.findings)]
        return {**plain_tree(tree, {one.code for one in record.findings}), "codes": codes}

    def scan(self) -> dict[str, Any]:
        """Describe the sections and surfaces of the case."""
        return self._shown().describe()

    def cut(self, view: str, layer: int) -> bytes:
        """Return a slice of a view."""
        return self._shown().viewer.cut(view, layer)

    def surface(self, number: int, of: str = "") -> bytes:
        """Return a surface by its number in `scan`; `of`: see `_surfaces`."""
        return self._surfaces(of).make(number)

    def shell(self, margin_mm: int, of: str = "") -> bytes:
        """Return the surface of the lesions with a margin; `of`: see `_surfaces`."""
        return self._surfaces(of).shell(margin_mm)

    def fields(self, of: str = "") -> bytes:
        """Return the fields used to colour the surfaces; `of`: see `_surfaces`."""
        return self._surfaces(of).paint()

    def plan_fields(self, of: str = "") -> bytes:
        """Return the fields of the plan's remnant; `of`: see `_surfaces`."""
        return self._surfaces(of).paint_plan()

    def export(self, name: str) -> bytes:
        """Create a file to export.

        Raises `InputRefused` if the output is not allowed, as on the command line.
        """
        return MAKERS[name](self._planned(), name)

    def banner(self) -> dict[str, Any]:
        """Identify the case by pseudonym, scan and FLR."""
        from fl_planner.web.dossier.banner import CaseBanner

        return CaseBanner.of(self._planned()).describe()

    def take(self, what: str, *args: str) -> tuple[dict[str, Any], bytes]:
        """Return the banner of the exported results, for the file name, and the content.

        Both in one request: results that an entry replaces meanwhile have another FLR.

        - `what`: `export`, `export_draft` or `export_branches`.
        """
        from fl_planner.web.dossier.banner import as_flr_name

        content, stated = getattr(self, what)(*args), self.banner()
        if what == "export_draft":
            share = self._cutting().record(args[-1]).plan.share
            assert share is not None  # otherwise refused
            stated["flr_in_names"] = as_flr_name(share.flr_percent.shown) + stated["of_liver"]
        return stated, content

    def dossier(self) -> dict[str, Any]:
        """Describe unanswered questions, entries and findings, and whether files were checked."""
        return {**self._opened().describe(), "checked": self._checked is not None}

    def try_question(self, key: str) -> dict[str, Any]:
        """Describe the effect of each answer to a question."""
        return self._opened().try_question(key)

    def enter(self, what: str, words: Mapping[str, str]) -> dict[str, Any]:
        """Apply one of `ENTRIES`: an answer, an accepted finding, a sign-off, an origin, undo.

        Raises `InputRefused` with the field; the case is then unchanged.
        """
        dossier = self._opened()
        getattr(dossier, what)(**{name: words.get(name, "") for name in ENTRIES[what]})
        state = self.dossier()
        if what not in IMAGES_STAY or state["steps"][-1]["changed"]:
            self._show_again()
        return state

    def own_text(self) -> tuple[str, bytes]:
        """Return the path and content of the case file, for comparison with a later scan."""
        text = self._planned().text
        return str(text.path), text.content

    def compare(self, path: str, content: bytes) -> dict[str, Any]:
        """Compare with the previous scan of another case."""
        self._opened().compare(path, content)
        return self.dossier()

    def chart(self, name: str) -> bytes:
        """Draw a chart."""
        return draw_chart(self._planned(), name)

    def sheet(self) -> tuple[str, bytes]:
        """Draw the contact sheet; return its SHA-256 and the picture."""
        sheet = self._opened().sheet()
        return sheet.digest, sheet.png

    def drafts(self) -> dict[str, Any]:
        """Describe possible draft cuts and the vessel trees that they affect."""
        from fl_planner.web.dossier.strip import list_draft_supply

        case, trees = self._planned(), self.branches()
        codes = {one.code for one in case.record.findings}
        return {
            **self._cutting().describe(),
            "trees": trees,
            "supply_rows": [
                {key: as_plain_words(text, codes) for key, text in row.items()}
                for row in list_draft_supply(case, trees)
            ],
            "no_dicom": list_hindrances(case).get(DRAFT_DICOM, ""),
        }

    def draft(self, text: str) -> bytes:
        """Return the results of a draft cut, with notes worded for the page."""
        from fl_planner.web.dossier.plain_words import plain_draft

        limits = self._planned().record.volumes.share_limits
        return plain_draft(self._cutting().record(text), limits)

    def follow_vein(self, text: str) -> bytes:
        """Return the points of a curved cut along a drawn hepatic vein."""
        return json.dumps(self._cutting().follow_vein(text)).encode()

    def draft_details(self, text: str) -> bytes:
        """Return which segments a draft cut leaves, and which way its plane keeps more."""
        return json.dumps(self._cutting().detail(text)).encode()

    def draft_supply(self, text: str) -> bytes:
        """Return the liver that a draft cut leaves without inflow or outflow."""
        return self._branching().leave(self._cutting().draw(text))

    def draft_fields(self, text: str) -> bytes:
        """Return the fields of a draft cut."""
        remnant = self._cutting().draw(text)
        return self._shown().surfaces.paint_draft(remnant.mask, self._branching().lost(remnant))

    def draft_surface(self, side: str, text: str) -> bytes:
        """Return the surface of the liver that a draft cut keeps or removes."""
        return self._shown().surfaces.split(self._cutting().draw(text).mask, side)

    def draft_outlines(self, view: str, layer: int, text: str) -> bytes:
        """Outline in a slice what a draft cut leaves, and its part without supply."""
        remnant = self._cutting().draw(text)
        organ = self._shown().surfaces.organ
        masks = {"kept": remnant.mask & organ, **self._branching().lost(remnant)}
        return self._shown().outline(masks, view, layer)

    def adopt(self, text: str) -> dict[str, Any]:
        """Use a draft cut as the plan; return the dossier.

        Raises `InputRefused`; the case is then unchanged.
        """
        self._opened().adopt(self._cutting().adopt(text))
        self._show_again()
        return self.dossier()

    def export_draft(self, name: str, text: str) -> bytes:
        """Create an export file of a draft cut."""
        return self._cutting().export(name, text)

    def branches(self) -> list[str]:
        """List the vessel trees whose branches can be cut."""
        return self._branching().describe()

    def cut_branches(self, text: str) -> bytes:
        """Return the losses caused by cut branches."""
        return self._branching().answer(text)

    def branch_fields(self, text: str) -> bytes:
        """Return the fields of the liver affected by cut branches."""
        return self._shown().surfaces.paint_branches(self._branching().affected(text))

    def branch_outlines(self, view: str, layer: int, text: str) -> bytes:
        """Return the outlines, in a slice, of the liver affected by cut branches."""
        return self._shown().outline(self._branching().affected(text), view, layer)

    def export_branches(self, text: str) -> bytes:
        """Write the case file with cut branches as a further plan."""
        return self._branching().export(text)

    def _opened(self) -> Dossier:
        if self._dossier is None:
            raise InputRefused(
                "page.not_planned", "case", "the case has not been planned", "open it again"
            )
        return self._dossier

    def _planned(self) -> PlannedCase:
        return self._opened().case

    def _cutting(self) -> Cutter:
        from fl_planner.web.cutting import Cutter

        if self._cutter is None or self._cutter.case is not self._planned():
            self._cutter = Cutter(self._planned())  # of the current case
        return self._cutter

    def _branching(self) -> BranchCutter:
        from fl_planner.web.branch_cuts import BranchCutter

        if self._brancher is None or self._brancher.case is not self._planned():
            self._brancher = BranchCutter(self._planned())  # of the current case
        return self._brancher

    def _show(self, case: Case) -> None:
        """Show the case as read, before planning."""
        from fl_planner.web.cuts import SeenCase

        self._sight = SeenCase.before(case)
        self._seen()

    def _show_again(self) -> None:
        from fl_planner.web.cuts import SeenCase

        planned = self._planned()
        self._sight = SeenCase.of(planned.plan, planned.record)

    def _surfaces(self, of: str) -> PartSurfaces:
        """Return the surfaces; `of`: the digest in `scan` of those that are asked for, or "".

        Raises `InputRefused`: `usage.wrong` if the case has other surfaces by now.
        """
        surfaces = self._shown().surfaces
        if of and of != surfaces.digest:
            reason, remedy = "the case was changed meanwhile", "wait for the new surfaces"
            raise InputRefused("usage.wrong", "surface", reason, remedy)
        return surfaces

    def _shown(self) -> SeenCase:
        if self._sight is None and self._checked is not None:
            return self._first_look().see()
        if self._sight is None:
            raise InputRefused(
                "page.not_planned", "case", "the case has not been read yet", "open it again"
            )
        return self._sight
