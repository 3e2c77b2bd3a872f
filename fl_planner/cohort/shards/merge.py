"""Merge the shards of a cohort into the tables of the whole, as one run would have written them.

Rows are copied from the tables of the shards in the order of the source, without reading any plan.
Only cases that share files with a case of another shard are written again, with a finding.
Memory does not depend on the size of the tables; each case requires about 200 bytes.
"""

from __future__ import annotations

import csv
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from heapq import merge
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import json

from fl_planner.basis.extras import OF_PARQUET
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step, each_counted
from fl_planner.cohort.case import hash_program
from fl_planner.cohort.result import Cohort, Status, find_folder, read_result
from fl_planner.cohort.run_folder import hide_files, lock_alone, save_cohort
from fl_planner.cohort.shards.parts import PartReader, read_index
from fl_planner.cohort.shards.shard import (
    INDEX,
    MANIFEST,
    CaseEntry,
    LineEntry,
    Shard,
    ShardManifest,
    TablePart,
    hash_ids,
    list_shards,
    refuse_incomplete,
)
from fl_planner.cohort.table_files import (
    CODEBOOK_FILE,
    WORKLIST,
    as_codebook,
    format_header,
    format_patient_line,
    format_rows,
    put_in_place,
    read_patient,
    write_workbook,
)
from fl_planner.cohort.tables import ROWS, CohortTable, Names, list_tables
from fl_planner.cohort.typed_tables import name_csv, write_parquet
from fl_planner.export.save import draft_folder, unwritable
from fl_planner.intake.documents.protocols import in_order
from fl_planner.record.head import FindingRecord
from fl_planner.record.over_time.worklist import MergedTableRecord, MergeRecord
from fl_planner.screening.worklist_record import WorklistTable
from fl_planner.workup.exports import TableBook
from fl_planner.workup.many import SharedFiles, as_doubts

Doubts = Mapping[str, tuple[FindingRecord, ...]]
SAME = ("version", "key", "source", "cases", "ids", "clinical")  # in all shards of a cohort
OF_WORKBOOK = ("cases", "cases_in_words")
COPIED = 1 << 20  # bytes written at once


@dataclass(frozen=True, slots=True)
class _CompleteShard:
    shard: Shard
    folder: Path
    manifest: ShardManifest

    def open(self, part: TablePart) -> PartReader:
        return PartReader(self.shard, self.folder, part)

    def index(self) -> Iterator[CaseEntry | LineEntry]:
        return read_index(self.shard, self.folder, self.manifest.index)


@dataclass(slots=True)
class _Counted:
    """The cases of a shard by status, and the number of its first planned case."""

    states: Counter[Status] = field(default_factory=Counter)
    first: int | None = None

    def add(self, entry: CaseEntry) -> None:
        self.states[entry.status] += 1
        if entry.status == "planned":
            self.first = entry.number if self.first is None else min(self.first, entry.number)


@lru_cache(maxsize=8)
def _list_parts(names: Names) -> tuple[tuple[tuple[str, ...], bytes], ...]:
    """List the column names and the header of each table."""
    return tuple((_name(table), format_header(table)) for table in list_tables(names))


@dataclass(slots=True)
class _Cases:
    """The cases of all shards, by their numbers from 1.

    - `shards`: position of the shard of each case; `sizes`: bytes of its rows, by table.
    """

    ids: list[str]
    shards: array[int]
    sizes: list[array[int]]
    signs: array[int] = field(default_factory=lambda: array("Q"))


def merge_shards(
    out: Path, tables: Sequence[str] = (), book: TableBook | None = None
) -> MergeRecord:
    """Merge the shards in the folder of a run into its tables.

    - `tables`: names of the tables to write; by default all.
    - `book`: workbook of the cases, if requested.

    Raises `InputRefused`: `cohort.shard` naming each shard that is missing, not complete, changed,
    or of another cohort; `cohort.running`; `output.unwritable`.
    """
    if not any(list_shards(out)):  # before a lock is made in a folder of something else
        reason = "contains no shard of a cohort"
        remedy = "give the folder to which the shards were written"
        raise InputRefused("cohort.shard", out.name, reason, remedy)
    with lock_alone(out):
        shards = _read_shards(out)
        if book is not None:
            _check_workbook(book, tables, shards[0].manifest.cases)
        begin_step("reading the indexes of the shards")
        cases = _read_cases(shards)
        doubts = _find_doubts(shards, cases)
        states: Counter[Status] = Counter()
        for one in shards:
            states.update(one.manifest.states)
        first = shards[0].manifest
        cohort = Cohort(version=first.version, source=first.source, ids=tuple(cases.ids))
        try:
            with draft_folder(out) as place:
                writer = _Writer(out, place, shards, cases, doubts)
                written = [*writer.write(tables or tuple(ROWS))]
                save_cohort(out, cohort)  # first: a folder with tables only is of no cohort
                put_in_place(place, out)
            if book is not None:
                write_workbook(out, list_tables(_unite_names(shards)), book)
        except OSError as error:
            raise unwritable(out, error) from error
    return MergeRecord(
        refusal=None,
        shards=len(shards),
        cases=len(cases.ids),
        planned=states["planned"],
        refused=states["refused"],
        failed=states["failed"],
        tables=tuple(written),
    )


def _check_workbook(book: TableBook, tables: Sequence[str], cases: int) -> None:
    """Refuse a workbook that cannot be written, before tables are written.

    Raises `InputRefused`: see `TableBook.check`, and `usage.wrong` without its tables.
    """
    if tables and not {*OF_WORKBOOK} <= {*tables}:
        reason = f"requires the tables {' and '.join(OF_WORKBOOK)}"
        raise InputRefused("usage.wrong", "--xlsx", reason, "add them with --table")
    book.check(cases)


OUTDATED = "is missing or incomplete, or a later run replaced a result of its cases"


def _read_shards(out: Path) -> list[_CompleteShard]:
    """Read the manifests; every shard must be complete, and of the same cohort."""
    counts = sorted({shard.of for shard in list_shards(out)})
    if len(counts) > 1:
        divided = ", ".join(f"into {n}" for n in counts)
        reason = f"contains shards from different divisions of the cohort: {divided}"
        remedy = (
            'remove the folders of all divisions but one; the plans in the folder "cases" are kept'
        )
        raise InputRefused("cohort.shard", "shards", reason, remedy)
    every = [Shard(number, counts[0]) for number in range(1, counts[0] + 1)]
    if missing := [one for one in every if not (one.folder(out) / MANIFEST).is_file()]:
        raise refuse_incomplete(missing, OUTDATED)
    read = [_CompleteShard(one, one.folder(out), _read_manifest(out, one)) for one in every]
    first = read[0].manifest
    for name in SAME:
        others = [one.shard for one in read if getattr(one.manifest, name) != getattr(first, name)]
        if others:
            raise refuse_incomplete(others, f"differs from {every[0].name} in its {_WORDS[name]}")
    if first.key.get("code") != hash_program():
        reason = f"was written by another version of fl-planner ({first.version})"
        raise refuse_incomplete(every, reason)
    return read


_WORDS = {
    "version": "version of fl-planner",
    "key": "options, trials or program",
    "source": "kind of source",
    "cases": "number of cases",
    "ids": "cases",
    "clinical": "profile",
}


def _read_manifest(out: Path, shard: Shard) -> ShardManifest:
    try:
        return json.decode((shard.folder(out) / MANIFEST).read_bytes(), type=ShardManifest)
    except (OSError, ValueError) as error:
        raise refuse_incomplete([shard], f"has a damaged {MANIFEST}") from error


def _read_cases(shards: Sequence[_CompleteShard]) -> _Cases:
    """Read the cases of all shards; each case of the source must be in one shard."""
    total = shards[0].manifest.cases
    cases = _Cases(
        ids=[""] * total,
        shards=array("I", bytes(4 * total)),
        sizes=[array("I", bytes(4 * total)) for _ in ROWS],
    )
    counted = [_Counted() for _ in shards]
    for place, one in enumerate(shards):
        one.open(one.manifest.index).check()
        for entry in one.index():
            if isinstance(entry, LineEntry):
                continue
            at = entry.number - 1
            if not 0 <= at < total or cases.ids[at] or not one.shard.holds(entry.id):
                reason = f"contains the case {entry.id}, which belongs to another shard"
                raise refuse_incomplete([one.shard], reason)
            cases.ids[at], cases.shards[at] = entry.id, place
            counted[place].add(entry)
            for sizes, size in zip(cases.sizes, entry.sizes, strict=True):
                sizes[at] = size
            cases.signs.extend(int(sign[:16], 16) for sign, _ in entry.signs)
    if hash_ids(cases.ids) != shards[0].manifest.ids:
        lost = sorted({*range(1, len(shards) + 1)} - {place + 1 for place in cases.shards})
        wrong = [Shard(n, len(shards)) for n in lost] or [one.shard for one in shards]
        raise refuse_incomplete(wrong, "lacks some of its cases")
    _require_counts(shards, counted)
    return cases


def _require_counts(shards: Sequence[_CompleteShard], counted: Sequence[_Counted]) -> None:
    """Require the counts of each manifest, and its first planned case, to be those of its index."""
    for one, found in zip(shards, counted, strict=True):
        if (one.manifest.states, one.manifest.first) != (found.states, found.first):
            what = f"has a {MANIFEST} whose counts of cases differ from its {INDEX}"
            raise refuse_incomplete([one.shard], what)


def _find_doubts(shards: Sequence[_CompleteShard], cases: _Cases) -> Doubts:
    """Find cases of one patient in all shards; most cases share nothing and are not kept."""
    signs = np.array(cases.signs, np.uint64)
    cases.signs = array("Q")  # not held while the tables are written
    signs.sort()
    if not (shared := {int(sign) for sign in signs[1:][signs[1:] == signs[:-1]]}):
        return {}
    files = SharedFiles()
    for one in shards:
        for entry in one.index():
            if isinstance(entry, CaseEntry):
                found = [sign for sign in entry.signs if int(sign[0][:16], 16) in shared]
                files.add_signs(entry.id, found)
    return as_doubts(files)


def _unite_names(shards: Sequence[_CompleteShard]) -> Names:
    """Combine the names of all plans, in the order of the first planned cases."""
    united: list[dict[str, None]] = [{}, {}, {}]
    by_first = sorted(shards, key=lambda one: (one.manifest.first is None, one.manifest.first or 0))
    for one in by_first:
        for names, more in zip(united, one.manifest.names, strict=True):
            names |= dict.fromkeys(more)
    limits, trials, denominators = united
    return Names(tuple(limits), tuple(in_order(trials)), tuple(denominators))


@dataclass(slots=True)
class _Writer:
    """Writes the merged tables into a draft folder."""

    out: Path
    draft: Path
    shards: Sequence[_CompleteShard]
    cases: _Cases
    doubts: Doubts

    def write(self, names: Sequence[str]) -> Iterator[MergedTableRecord]:
        """Write the tables of these names, the worklist and the codebook."""
        united = _unite_names(self.shards)
        tables = list_tables(united)
        begin_step("worklist")
        order = self._write_worklist(WorklistTable(united.trials))
        for number, table in enumerate(tables):
            if table.name in names:
                begin_step(f"table {table.name}")
                of_source = range(len(self.cases.ids))
                rows = self._write_table(number, table, order if table.by_urgency else of_source)
                if find_spec(OF_PARQUET) is not None:
                    write_parquet(table, self.draft)
                yield MergedTableRecord(name=table.name, rows=rows)
        (self.draft / CODEBOOK_FILE).write_text(as_codebook(tables), "utf-8", newline="\n")

    def _write_table(self, number: int, table: CohortTable, order: Sequence[int]) -> int:
        """Write a table row by row; return the number of rows.

        - `order`: positions of the cases in the source, in the order of the table; the cases of a
          shard have the same order in its table.
        """
        parts, turns, wanted = [], [], _name(table)
        for one in self.shards:
            own, header = _list_parts(Names(*one.manifest.names))[number]
            reader = one.open(one.manifest.tables[number])
            if reader.take(len(header)) != header:
                raise reader.refuse()
            parts.append(reader)
            turns.append(_match_columns(own, wanted))
        rows, sizes = 0, self.cases.sizes[number]
        with (self.draft / name_csv(table)).open("xb", buffering=COPIED) as file:
            file.write(format_header(table))
            for at in each_counted(order, "case"):
                case_id, place = self.cases.ids[at], self.cases.shards[at]
                lines = parts[place].take(sizes[at])
                if case_id in self.doubts:
                    lines = self._format_again(table, case_id)
                elif (turn := turns[place]) is not None:
                    lines = _rearrange(lines, turn)
                file.write(lines)
                rows += lines.count(b"\n")
        for reader in parts:
            reader.finish()
        return rows

    def _format_again(self, table: CohortTable, case_id: str) -> bytes:
        result = read_result(self.out, case_id, self.doubts[case_id])
        clinical = self.shards[0].manifest.clinical
        return format_rows(table.list_rows(result if clinical else hide_files(result)))

    def _write_worklist(self, table: WorklistTable) -> array[int]:
        """Write the worklist; return the positions of all cases, first those listed, in order."""
        order, listed = array("I"), bytearray(len(self.cases.ids))
        with ExitStack() as files:
            file = files.enter_context((self.draft / WORKLIST).open("xb", buffering=COPIED))
            file.write(table.header.encode())
            streams = (self._list_lines(one, table) for one in self.shards)
            for key, line in merge(*streams, key=lambda one: one[0]):
                file.write(line)
                at = key[-1] - 1
                order.append(at)
                listed[at] = True
        order.extend(at for at, is_listed in enumerate(listed) if not is_listed)
        return order

    def _list_lines(
        self, one: _CompleteShard, table: WorklistTable
    ) -> Iterator[tuple[tuple[Any, ...], bytes]]:
        """List the lines of a shard with their sort keys, which end with the number of the case."""
        own = WorklistTable(Names(*one.manifest.names).trials)
        turn = _match_columns(own.columns, table.columns)
        reader = one.open(one.manifest.worklist)
        if reader.take(len(header := own.header.encode())) != header:
            raise reader.refuse()
        for entry in one.index():
            if isinstance(entry, CaseEntry):
                continue
            line = reader.take(entry.size)
            case_id = self.cases.ids[entry.number - 1]
            if entry.place is not None and case_id in self.doubts:
                folder, found = find_folder(self.out, case_id), self.doubts[case_id]
                patient = read_patient(folder, entry.number, case_id, found)
                line = format_patient_line(table, patient).encode()
            elif turn is not None:
                line = _rearrange(line, turn)
            key = (1,) if entry.place is None else (0, *_read_place(*entry.place))
            yield (*key, entry.number), line
        reader.finish()


@lru_cache(maxsize=1 << 14)  # many patients have the same place
def _read_place(answered: bool, order: tuple[str, ...]) -> tuple[object, ...]:
    return answered, tuple(map(Fraction, order))


def _name(table: CohortTable) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def _match_columns(own: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...] | None:
    """Return the position of each required column, -1 if absent; None if the columns are equal."""
    if tuple(own) == tuple(wanted):
        return None
    places = {name: place for place, name in enumerate(own)}
    return tuple(places.get(name, -1) for name in wanted)


def _rearrange(lines: bytes, turn: Sequence[int]) -> bytes:
    """Arrange the cells of rows in the columns of the merged table; others are blank."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    for row in csv.reader(StringIO(lines.decode(), newline="")):
        writer.writerow([row[place] if place >= 0 else "" for place in turn])
    return text.getvalue().encode()
