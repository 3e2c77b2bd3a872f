"""A case file as it stands on the page, and planned as the command line plans it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.given.toml import read_table
from fl_planner.intake.documents.case_file import CODE, parse_case_file
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.request.request import Request
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.statements import Stated
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import ReadRequest, write_plan
from fl_planner.workup.python.options import PlanOptions
from fl_planner.workup.python.words import as_words
from fl_planner.workup.request import alone, lay_options

if TYPE_CHECKING:
    from fl_planner.planning.given.case import Case
    from fl_planner.planning.growth.story import GrowthStory
    from fl_planner.planning.plan import Plan
    from fl_planner.record.growth import GrowthRecord
    from fl_planner.record.plan import PlanRecord

HEADER = re.compile(r"\s*\[")
TableOfFile = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseText:
    """A case file as it stands on the page.

    - `path`: where it was brought from: its name, and the folder that its paths lie in.
    - `content`: its bytes now, which need not be those on disk.
    """

    path: Path
    content: bytes

    @classmethod
    def of(cls, path: Path) -> CaseText:
        """Read a case file; refused as planning it."""
        read_text(path, CODE, "a case file")  # its size and its signs, before all of it is read
        return cls(path, path.read_bytes())

    @property
    def text(self) -> str:
        """What it says, without a byte-order mark."""
        return self.content.decode("utf-8-sig")

    @property
    def table(self) -> TableOfFile:
        """Read it, numbers exact."""
        return read_table(self.text, CODE, self.path.name)

    def parse(self) -> Request:
        """Make the request; refused as any case file."""
        return parse_case_file(self.text, sha256(self.content).hexdigest(), self.path)

    def with_entry(self, table: str, key: str, value: str, said: str = "") -> CaseText:
        """Put an entry into a table of the file, in place of what stood there.

        - `value`: as TOML; `said`: a note on the same line, such as who said it.
        """
        entry = read_table(f"{key} = {value}", CODE, self.path.name)
        line = f"{key} = {value}{f'  # {said}' if said else ''}"
        lines = _without(self._lines(), table, key)
        alone = {key: entry.get(key)}
        return self._changed(_into(lines, table, line), lambda was: _laid(was, table, alone))

    def without_entry(self, table: str, key: str) -> CaseText:
        """Take an entry out of a table of the file."""
        changed = _without(self._lines(), table, key)
        return self._changed(changed, lambda was: _cut(was, table, key))

    def with_table(self, name: str, entries: Mapping[str, str], said: str = "") -> CaseText:
        """Add one more table to a list of them, such as `[[accepted]]`; entries as TOML."""
        block = [f"{key} = {value}" for key, value in entries.items()]
        lines = [*self._lines(), "", f"[[{name}]]{f'  # {said}' if said else ''}", *block]
        entry = read_table("\n".join(block), CODE, self.path.name)
        return self._changed(lines, lambda was: {**was, name: [*was.get(name, ()), entry]})

    def _lines(self) -> list[str]:
        lines = self.text.replace("\r\n", "\n").split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        return lines

    def _changed(self, lines: list[str], meant: Callable[[TableOfFile], TableOfFile]) -> CaseText:
        """Take a change over where the file then says what was meant, and nothing else."""
        made = CaseText(self.path, "".join(f"{line}\n" for line in lines).encode())
        try:
            whole = made.table == meant(self.table)
        except InputRefused:
            whole = False
        if not whole:
            reason = "is written in a way that the page does not add to"
            remedy = "write its tables as [facts], [imaging] and [[accepted]], an entry a line"
            raise InputRefused("page.case_file_form", self.path.name, reason, remedy)
        return made


def _laid(was: TableOfFile, table: str, entry: TableOfFile) -> TableOfFile:
    return {**was, table: {**was.get(table, {}), **entry}}


def _cut(was: TableOfFile, table: str, key: str) -> TableOfFile:
    kept = {name: one for name, one in was.get(table, {}).items() if name != key}
    return {**was, table: kept} if table in was else was


def _section(lines: list[str], table: str) -> tuple[int, int] | None:
    """Find the lines of a table, without its header: the first, and the one after the last."""
    header = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?")
    begin = next((n for n, line in enumerate(lines) if header.fullmatch(line)), None)
    if begin is None:
        return None
    rest = range(begin + 1, len(lines))
    return begin + 1, next((n for n in rest if HEADER.match(lines[n])), len(lines))


def _into(lines: list[str], table: str, line: str) -> list[str]:
    """Put a line at the end of a table, which is made where there is none."""
    section = _section(lines, table)
    if section is None:
        return [*lines, "", f"[{table}]", line]
    begin, end = section
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return [*lines[:end], line, *lines[end:]]


def _without(lines: list[str], table: str, key: str) -> list[str]:
    """Leave an entry out, whether it stands in its table or is a table of its own below it."""
    if (own := _section(lines, f"{table}.{key}")) is not None:
        lines = [*lines[: own[0] - 1], *lines[own[1] :]]
    section = _section(lines, table)
    entry = re.compile(rf"\s*{re.escape(key)}\s*=")
    within = range(*section) if section else range(0)
    return [line for n, line in enumerate(lines) if n not in within or not entry.match(line)]


BESIDE_FILES = ("case", "centre", "trial")  # roles of inputs that hold no image


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case file and its plan.

    - `text`: the case file.
    - `words`: what is asked beside it, by the options of `plan`.
    - `request`: both.
    - `plan`, `record`: what it comes to, as `fl-planner plan` has it.
    - `earlier`: case files of earlier scans, oldest first; `growth` is what lies between them.
    """

    text: CaseText
    words: Mapping[str, Any]
    request: Request
    plan: Plan
    record: PlanRecord
    earlier: tuple[CaseText, ...] = ()
    growth: GrowthRecord | None = None

    @classmethod
    def of(
        cls, text: CaseText, options: Mapping[str, Any], see: Callable[[Case], None]
    ) -> PlannedCase:
        """Read all files and plan; refused as planning.

        - `see`: shown the case as it was read, before it is planned.
        """
        words = as_words("plan", PlanOptions, options)
        request = lay_options(text.parse(), words)
        exports, trials = Exports(profile=words["profile"]), words["trials"]
        read = ReadRequest.of(request, trials)
        see(read.case)
        return cls(text, words, request, *write_plan(request, exports, trials, read=read))

    def with_facts(self, text: CaseText) -> PlannedCase:
        """Plan again, where nothing but facts was said without reading a file again."""
        from fl_planner.planning.plan import plan_again

        request = lay_options(text.parse(), self.words)
        if _without_facts(request) != _without_facts(self.request):
            return self.anew(text)
        request, story = self._since_baseline(request, text)
        assert request.case_file is not None
        grounds, rules = read_grounds(self.words["trials"], request.centre, request.as_of)
        files = (one for one in self.plan.case.inputs if one.role not in BESIDE_FILES)
        inputs = (request.case_file, *files, *rules)
        case = replace(self.plan.case, stated=request.stated, inputs=inputs)
        plan = plan_again(self.plan, case, grounds)
        record = as_plan_record(plan, self.words["profile"])
        again = replace(self, text=text, request=request, plan=plan, record=record)
        return again._grown(story)

    def anew(self, text: CaseText) -> PlannedCase:
        """Plan again, and read every file again."""
        request, story = self._since_baseline(lay_options(text.parse(), self.words), text)
        exports = Exports(profile=self.words["profile"])
        plan, record = write_plan(request, exports, self.words["trials"])
        again = replace(self, text=text, request=request, plan=plan, record=record)
        return again._grown(story)

    def beside(self, earlier: CaseText) -> PlannedCase:
        """Set the scan of another case file before this one, as `plan --earlier` does.

        Raises `InputRefused`: as `read_growth` and `with_growth`.
        """
        return replace(self, earlier=(*self.earlier, earlier)).anew(self.text)

    def _since_baseline(
        self, request: Request, text: CaseText
    ) -> tuple[Request, GrowthStory | None]:
        """Read the growth over all scans, and state the first one's liver."""
        if not self.earlier:
            return request, None
        from fl_planner.workup.growth import read_growth, since_baseline

        limit = self.words["size_limit"]
        scans = [alone(one.parse(), size_limit=limit) for one in (*self.earlier, text)]
        story = read_growth(scans, limit)
        return since_baseline(request, story), story

    def _grown(self, story: GrowthStory | None) -> PlannedCase:
        """Tell the growth from the earlier scans up to this one."""
        if story is None:
            return self
        from fl_planner.record.growth import as_growth
        from fl_planner.workup.growth import with_growth

        growth = as_growth(story, self.words["profile"])
        return replace(self, record=with_growth(self.record, growth), growth=growth)

    @property
    def grounds(self) -> Grounds:
        """What the patient is judged by."""
        request = self.request
        return read_grounds(self.words["trials"], request.centre, request.as_of)[0]

    def as_json(self) -> str:
        """Write the record as `plan --json` prints it."""
        return as_json(self.record)

    def judge(self, more: Stated, grounds: Grounds) -> Judged:
        """Judge with one statement more, as planning would."""
        from fl_planner.planning.case_answers import answer_case, measured_with

        before = self.plan.case
        case = replace(before, stated=before.stated.overlaid(more))
        measured = measured_with(self.plan.measured, before, case)
        return answer_case(case, measured, grounds).judged


def _without_facts(request: Request) -> Request:
    return replace(request, stated=Stated(), case_file=None)
