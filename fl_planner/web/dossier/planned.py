"""The current case file on the page, and its plan as on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.given.toml import as_toml, read_table
from fl_planner.intake.documents.case_file import CODE, parse_case_file
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.request.request import Request
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import as_plan_record
from fl_planner.trials.statements import Stated
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import ReadRequest, write_plan
from fl_planner.workup.python.options import PlanOptions
from fl_planner.workup.python.words import as_words
from fl_planner.workup.request import alone, apply_options

if TYPE_CHECKING:
    from fl_planner.planning.given.case import Case
    from fl_planner.planning.growth.story import GrowthStory
    from fl_planner.planning.next_question import TriedAnswer
    from fl_planner.planning.pathway_questions import PathwayQuestions
    from fl_planner.planning.plan import Plan
    from fl_planner.record.growth import GrowthRecord
    from fl_planner.record.plan import PlanRecord

HEADER = re.compile(r"\s*\[")
TableOfFile = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseText:
    """The current case file on the page.

    - `path`: the original file; paths are relative to its folder.
    - `content`: current bytes, which may differ from those on disk.
    """

    path: Path
    content: bytes

    @classmethod
    def of(cls, path: Path) -> CaseText:
        """Read a case file, with the same refusals as in planning."""
        read_text(path, CODE, "a case file")  # checks size and characters first
        return cls(path, path.read_bytes())

    @property
    def text(self) -> str:
        """The text, without a byte-order mark."""
        return self.content.decode("utf-8-sig")

    @property
    def table(self) -> TableOfFile:
        """The parsed table, with exact numbers."""
        return read_table(self.text, CODE, self.path.name)

    def parse(self) -> Request:
        """Parse the request, with the same refusals as for any case file."""
        return parse_case_file(self.text, sha256(self.content).hexdigest(), self.path)

    def with_entry(self, table: str, key: str, value: str, note: str = "") -> CaseText:
        """Set an entry in a table of the file, replacing a previous one.

        - `value`: value as TOML; `note`: a comment on the same line, such as the author.
        """
        entry = read_table(f"{key} = {value}", CODE, self.path.name)
        line = f"{key} = {value}{f'  # {note}' if note else ''}"
        lines = _without(self._lines(), table, key)
        alone = {key: entry.get(key)}
        return self._changed(_into(lines, table, line), lambda was: _overlay(was, table, alone))

    def without_entry(self, table: str, key: str) -> CaseText:
        """Remove an entry from a table of the file."""
        return self._changed(_without(self._lines(), table, key), lambda was: _cut(was, table, key))

    def with_table(self, name: str, entries: Mapping[str, str], note: str = "") -> CaseText:
        """Append a table to an array of tables, such as `[[accepted]]`; entries as TOML."""
        block = [f"{key} = {value}" for key, value in entries.items()]
        lines = [*self._lines(), "", f"[[{name}]]{f'  # {note}' if note else ''}", *block]
        entry = read_table("\n".join(block), CODE, self.path.name)
        return self._changed(lines, lambda was: {**was, name: [*was.get(name, ()), entry]})

    def with_first_table(self, name: str, entries: Mapping[str, str]) -> CaseText:
        """Insert a table first into an array of tables; entries as TOML."""
        block = [f"[[{name}]]", *(f"{key} = {value}" for key, value in entries.items()), ""]
        lines, entry = self._lines(), read_table("\n".join(block[1:]), CODE, self.path.name)
        headers = _headers_of(lines, name)
        first = headers[0] if headers else len(lines)
        made = [*lines[:first], *block, *lines[first:]] if headers else [*lines, "", *block[:-1]]
        return self._changed(made, lambda was: {**was, name: [entry, *was.get(name, ())]})

    def with_top_entry(self, key: str, value: str | None) -> CaseText:
        """Set an entry outside all tables, as TOML; remove it without a value."""
        entry = {} if value is None else read_table(f"{key} = {value}", CODE, self.path.name)
        lines = self._lines()
        end = next((n for n, line in enumerate(lines) if HEADER.match(line)), len(lines))
        written = re.compile(rf"\s*{re.escape(key)}\s*=")
        top = [line for line in lines[:end] if not written.match(line)]
        while top and not top[-1].strip():
            top.pop()
        top += [] if value is None else [f"{key} = {value}"]
        made = [*top, *(["", *lines[end:]] if end < len(lines) else [])]

        def meant(was: TableOfFile) -> TableOfFile:
            return {**{name: one for name, one in was.items() if name != key}, **entry}

        return self._changed(made, meant)

    def without_empty(self, table: str) -> CaseText:
        """Remove a table if it has no entries."""
        lines, section = self._lines(), _section(self._lines(), table)
        if section is None or self.table.get(table):
            return self
        kept = [*lines[: section[0] - 1], *lines[section[1] :]]
        return self._changed(kept, lambda was: {k: v for k, v in was.items() if k != table})

    def without_table(self, name: str, number: int) -> CaseText:
        """Remove a table from an array of tables by its number, counted from 0."""
        lines = self._lines()
        start, stop = _table_of(lines, name, number)

        def meant(was: TableOfFile) -> TableOfFile:
            left = [one for n, one in enumerate(was.get(name, ())) if n != number]
            others = {key: one for key, one in was.items() if key != name}
            return {**others, name: left} if left else others

        return self._changed([*lines[: max(start - 1, 0)], *lines[stop:]], meant)

    def with_changed_table(self, name: str, number: int, entries: Mapping[str, str]) -> CaseText:
        """Replace the entries of a table in an array of tables; entries as TOML."""
        lines = self._lines()
        start, stop = _table_of(lines, name, number)
        now = self.table.get(name, [])[number]
        made = {key: read_table(f"{key} = {one}", CODE, "")[key] for key, one in entries.items()}
        stale = [key for key in now if key not in made or made[key] != now[key]]
        kept = lines[start:stop]
        for key in stale:
            written = re.compile(rf"\s*{re.escape(key)}\s*=")
            kept = [line for line in kept if not written.match(line)]
        fresh = [f"{key} = {one}" for key, one in entries.items() if made[key] != now.get(key)]

        def meant(was: TableOfFile) -> TableOfFile:
            every = [*was.get(name, ())]
            every[number] = made
            return {**was, name: every}

        return self._changed([*lines[:start], *fresh, *kept, *lines[stop:]], meant)

    def with_paths(self, stored: Mapping[str, str]) -> CaseText:
        """Replace each path that is stored under another one; `stored` maps the former to it."""
        moved = {old: new for old, new in stored.items() if old != new}
        written = {quoted: as_toml(new) for old, new in moved.items() for quoted in _quote(old)}
        found = re.compile("|".join(map(re.escape, written)) or "(?!)")
        lines = [found.sub(lambda one: written[one[0]], line) for line in self._lines()]
        if _map_texts(self.table, moved) == self.table:
            return self
        return self._changed(lines, lambda was: _map_texts(was, moved))

    def _lines(self) -> list[str]:
        lines = self.text.replace("\r\n", "\n").split("\n")
        while lines and not lines[-1].strip():
            lines.pop()
        return lines

    def _changed(self, lines: list[str], meant: Callable[[TableOfFile], TableOfFile]) -> CaseText:
        """Accept a change only if the file then has exactly the intended contents."""
        made = CaseText(self.path, "".join(f"{line}\n" for line in lines).encode())
        try:
            whole = made.table == meant(self.table)
        except InputRefused:
            whole = False
        if not whole:
            reason = "the page cannot add entries to a case file written in this way"
            remedy = (
                "write its tables as [facts], [imaging] and [[accepted]], with one entry per line"
            )
            raise InputRefused("page.case_file_form", self.path.name, reason, remedy)
        return made


def _quote(path: str) -> tuple[str, ...]:
    """Return a path of a case file in each of its notations; a folder may end with a slash."""
    return tuple(text for one in (path, f"{path}/") for text in (as_toml(one), f"'{one}'"))


def _map_texts(value: Any, to: Mapping[str, str]) -> Any:
    match value:
        case str():
            return to.get(value.removesuffix("/"), value)
        case dict():
            return {key: _map_texts(one, to) for key, one in value.items()}
        case list():
            return [_map_texts(one, to) for one in value]
    return value


def _overlay(was: TableOfFile, table: str, entry: TableOfFile) -> TableOfFile:
    return {**was, table: {**was.get(table, {}), **entry}}


def _cut(was: TableOfFile, table: str, key: str) -> TableOfFile:
    kept = {name: value for name, value in was.get(table, {}).items() if name != key}
    return {**was, table: kept} if table in was else was


def _section(lines: list[str], table: str) -> tuple[int, int] | None:
    """Return the range of lines of a table, without its header."""
    header = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?")
    begin = next((n for n, line in enumerate(lines) if header.fullmatch(line)), None)
    if begin is None:
        return None
    rest = range(begin + 1, len(lines))
    return begin + 1, next((n for n in rest if HEADER.match(lines[n])), len(lines))


def _headers_of(lines: list[str], name: str) -> list[int]:
    """List the lines of the headers of an array of tables."""
    header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]\s*(#.*)?")
    return [n for n, line in enumerate(lines) if header.fullmatch(line)]


def _table_of(lines: list[str], name: str, number: int) -> tuple[int, int]:
    """Return the line range of one table in an array, without its header; empty if not found."""
    headers = _headers_of(lines, name)
    if number >= len(headers):
        return len(lines), len(lines)
    start = headers[number] + 1
    rest = range(start, len(lines))
    return start, next((n for n in rest if HEADER.match(lines[n])), len(lines))


def _into(lines: list[str], table: str, line: str) -> list[str]:
    """Append a line to a table, which is created if missing."""
    if (section := _section(lines, table)) is None:
        return [*lines, "", f"[{table}]", line]
    begin, end = section
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return [*lines[:end], line, *lines[end:]]


def _without(lines: list[str], table: str, key: str) -> list[str]:
    """Remove an entry, whether in its table or as a separate subtable."""
    if (own := _section(lines, f"{table}.{key}")) is not None:
        lines = [*lines[: own[0] - 1], *lines[own[1] :]]
    section = _section(lines, table)
    entry = re.compile(rf"\s*{re.escape(key)}\s*=")
    within = range(*section) if section else range(0)
    return [line for n, line in enumerate(lines) if n not in within or not entry.match(line)]


RULE_ROLES = ("centre", "trial")  # of files whose rules judge the case
TEXT_ROLES = ("case", *RULE_ROLES)  # roles of inputs without images


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """A case file and its plan.

    - `text`: the case file.
    - `words`: additional options of `plan`. - `request`: both.
    - `plan`, `record`: the results of `fl-planner plan`.
    - `earlier`: case files of previous scans, oldest first; `growth` is the growth between scans.
    """

    text: CaseText
    words: Mapping[str, Any]
    request: Request
    plan: Plan
    record: PlanRecord
    earlier: tuple[CaseText, ...] = ()
    growth: GrowthRecord | None = None
    _tried: dict[str, tuple[TriedAnswer, ...]] = field(  # empty in every copy with another plan
        init=False, default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(
        cls, text: CaseText, options: Mapping[str, Any], see: Callable[[Case], None]
    ) -> PlannedCase:
        """Read all files and plan, with the same refusals as on the command line.

        - `see`: called with the case as read, before planning.
        """
        words = as_words("plan", PlanOptions, options)
        request = apply_options(text.parse(), words)
        exports, trials = Exports(profile=words["profile"]), words["trials"]
        read = ReadRequest.of(request, trials)
        see(read.case)
        return cls(text, words, request, *write_plan(request, exports, trials, read=read))

    def with_facts(self, text: CaseText) -> PlannedCase:
        """Plan again; if only facts have changed, do not read images again.

        A centre file can change the interval of the FLR, not only the judgement of facts.
        """
        from fl_planner.planning.plan import plan_again

        request, story = self._since_baseline(apply_options(text.parse(), self.words), text)
        if _without_facts(request) != _without_facts(self.request):
            return self._with_files(text, request, story)
        assert request.case_file is not None
        grounds, rules = read_grounds(self.words["trials"], request.centre, request.as_of)
        was = self.plan.case.inputs
        if rules != tuple(file for file in was if file.role in RULE_ROLES):
            return self._with_files(text, request, story)
        files = (file for file in was if file.role not in TEXT_ROLES)
        inputs = (request.case_file, *files, *rules)
        case = structs.replace(self.plan.case, stated=request.stated, inputs=inputs)
        plan = plan_again(self.plan, case, grounds)
        record = as_plan_record(plan, self.words["profile"])
        return replace(self, text=text, request=request, plan=plan, record=record)._grown(story)

    def anew(self, text: CaseText) -> PlannedCase:
        """Plan again after reading all files again."""
        request, story = self._since_baseline(apply_options(text.parse(), self.words), text)
        return self._with_files(text, request, story)

    def _with_files(
        self, text: CaseText, request: Request, story: GrowthStory | None
    ) -> PlannedCase:
        """Plan a request from its files, with the growth up to its scan."""
        exports = Exports(profile=self.words["profile"])
        plan, record = write_plan(request, exports, self.words["trials"])
        return replace(self, text=text, request=request, plan=plan, record=record)._grown(story)

    def compare(self, earlier: CaseText) -> PlannedCase:
        """Add the scan of another case file as the previous scan, as `plan --earlier` does.

        Raises `InputRefused`: see `read_growth` and `with_growth`.
        """
        return replace(self, earlier=(*self.earlier, earlier)).anew(self.text)

    def _since_baseline(
        self, request: Request, text: CaseText
    ) -> tuple[Request, GrowthStory | None]:
        """Read the growth over all scans, and state what `since_baseline` takes from it."""
        if not self.earlier:
            return request, None
        from fl_planner.workup.growth import read_growth, since_baseline

        limit = self.words["size_limit"]
        scans = [alone(scan.parse(), size_limit=limit) for scan in (*self.earlier, text)]
        grounds, _ = read_grounds(self.words["trials"], request.centre, None)
        story = read_growth(scans, limit, grounds.reading_error)
        return since_baseline(request, story), story

    def _grown(self, story: GrowthStory | None) -> PlannedCase:
        """Add the growth from the previous scans to this one."""
        if story is None:
            return self
        from fl_planner.record.growth import as_growth
        from fl_planner.workup.growth import with_growth

        growth = as_growth(story, self.words["profile"])
        return replace(self, record=with_growth(self.record, growth), growth=growth)

    def as_json(self) -> str:
        """Write the record as `plan --json` prints it."""
        return as_json(self.record)

    def try_answers(self, key: str) -> tuple[TriedAnswer, ...]:
        """Try every answer to a question, once for this plan."""
        from fl_planner.planning.pathway_questions import try_answers_to

        if key not in self._tried:
            self._tried[key] = try_answers_to(self.plan, key)
        return self._tried[key]

    def find_pathway_questions(self) -> PathwayQuestions:
        """Find the missing answers that could change the pathway, as the report does."""
        from fl_planner.planning.pathway_questions import find_pathway_questions

        return find_pathway_questions(self.plan.pathway)


def _without_facts(request: Request) -> Request:
    """Return what is read from files; `written` also lists the texts among the facts."""
    return replace(request, stated=Stated(), case_file=None, written={})
