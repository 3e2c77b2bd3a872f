"""`fl-planner cohort merge` of many recorded results.

    python -m benchmarks.merge [--cases 1000000] [--shards 1000] [--tables cases lesions findings]

Plans the two sample cases, and writes shards as runs leave them: every case has the rows of one of
both under its own id, and files of its own. Then they are merged by the command, in a process of
its own. Only the named tables have rows: that of criteria has 38 kB for each case.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from msgspec import json

from fl_planner.basis.version import __version__
from fl_planner.cohort.case import hash_program
from fl_planner.cohort.result import read_results
from fl_planner.cohort.shards.shard import (
    INDEX,
    CaseEntry,
    LineEntry,
    Shard,
    ShardManifest,
    TablePart,
    hash_ids,
    save_manifest,
)
from fl_planner.cohort.table_files import (
    WORKLIST,
    format_header,
    format_rows,
    list_worklist,
)
from fl_planner.cohort.tables import CohortTable, Names, collect_names, list_tables
from fl_planner.cohort.typed_tables import name_csv
from fl_planner.screening.worklist_record import WorklistTable

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
PLANNER = (sys.executable, "-m", "fl_planner")
NUMBER = 987654321  # in place of the number of a case in its line of the worklist


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=1000)
    parser.add_argument("--tables", nargs="+", default=["cases", "lesions", "findings"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        samples, out = Path(place, "samples"), Path(place, "night")
        cases = [str(SAMPLES / name / "case.toml") for name in ("crlm", "hcc")]
        subprocess.run([*PLANNER, "cohort", *cases, "--out", samples, "--quiet"], check=True)
        written = write_shards(read_recorded(samples, asked.tables), out, asked.cases, asked.shards)
        print(f"{asked.cases:,} results in {asked.shards:,} shards: {written / 2**30:.2f} GiB")
        tables = [word for table in asked.tables for word in ("--table", table)]
        start = perf_counter()
        merging = subprocess.Popen([*PLANNER, "cohort", "merge", out, *tables, "--quiet"])
        _, status, used = os.wait4(merging.pid, 0)
        wall = perf_counter() - start
        print(f"status {os.waitstatus_to_exitcode(status)}; {wall:.0f} s by the clock, ", end="")
        print(f"{used.ru_utime + used.ru_stime:.0f} s of CPU, {used.ru_maxrss / 1024:.0f} MiB")
        for path in sorted(out.glob("*.*")):
            print(f"  {path.name}: {path.stat().st_size / 2**20:,.0f} MiB")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The rows of a case by table and its line of the worklist, under the id of a sample."""

    id: str
    rows: tuple[bytes, ...]
    line: str
    place: tuple[bool, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Samples:
    """Recorded results, and the tables that they are rows of."""

    each: tuple[Recorded, ...]
    names: Names
    tables: tuple[CohortTable, ...]


def read_recorded(run: Path, wanted: Sequence[str]) -> Samples:
    """Read the results of a run; tables that are not wanted have no rows."""
    names = collect_names(run)
    tables = list_tables(names)
    results = [*read_results(run)]
    numbers = {result.id: NUMBER for result in results}
    worklist = list_worklist(run, WorklistTable(names.trials), numbers=numbers)
    lines = {line.text.partition(",")[0]: line for line in worklist}
    each = []
    for result in results:
        parts = ([*one.list_rows(result)] if one.name in wanted else [] for one in tables)
        line = lines[result.id]
        assert line.place is not None
        answered, order = line.place
        rows, place = tuple(map(format_rows, parts)), (answered, tuple(map(str, order)))
        each.append(Recorded(result.id, rows, line.text, place))
    return Samples(tuple(each), names, tables)


def write_shards(samples: Samples, out: Path, count: int, of: int) -> int:
    """Write shards of so many cases; return their bytes."""
    ids = [f"p{number:07d}" for number in range(1, count + 1)]
    shards = [Shard(number, of) for number in range(1, of + 1)]
    mine: dict[int, list[int]] = {number: [] for number in range(1, of + 1)}
    for number, case_id in enumerate(ids, 1):
        mine[1 + int(sha256(case_id.encode()).hexdigest()[:16], 16) % of].append(number)
    hashed = hash_ids(ids)
    (out / "cases").mkdir(parents=True)
    return sum(
        write_shard(samples, one, one.folder(out), mine[one.number], (count, hashed))
        for one in shards
    )


def write_shard(
    samples: Samples, shard: Shard, folder: Path, numbers: Sequence[int], whole: tuple[int, str]
) -> int:
    """Write one shard; return its bytes."""
    folder.mkdir(parents=True)
    texts = [[format_header(table)] for table in samples.tables]
    entries: list[CaseEntry] = []
    for number in numbers:
        sample, case_id = samples.each[number % len(samples.each)], f"p{number:07d}"
        assert shard.holds(case_id)
        sizes = []
        for text, rows in zip(texts, sample.rows, strict=True):
            text.append(rows.replace(sample.id.encode(), case_id.encode()))
            sizes.append(len(text[-1]))
        signs = (f"{role} {number}" for role in ("liver", "flr", "tumour", "ct", "counts"))
        signed = tuple((sha256(sign.encode()).hexdigest(), sign) for sign in signs)
        entries.append(CaseEntry(number, case_id, "planned", tuple(sizes), signed))
    lines = sorted(_list_lines(samples, numbers), key=lambda one: one[0])
    worklist = [WorklistTable(samples.names.trials).header, *(text for _, text, _ in lines)]
    index = b"".join(json.encode(one) + b"\n" for one in (*entries, *(line[2] for line in lines)))
    files = {name_csv(t): b"".join(text) for t, text in zip(samples.tables, texts, strict=True)}
    files |= {WORKLIST: "".join(worklist).encode(), INDEX: index}
    parts = {}
    for name, content in files.items():
        (folder / name).write_bytes(content)
        parts[name] = TablePart(name, sha256(content).hexdigest())
    cases, ids = whole
    save_manifest(
        folder,
        ShardManifest(
            version=__version__,
            key={"code": hash_program()},
            source="table",
            cases=cases,
            ids=ids,
            clinical=False,
            names=astuple(samples.names),
            first=min(numbers, default=None),
            states={"planned": len(numbers)},
            tables=tuple(parts[name_csv(table)] for table in samples.tables),
            worklist=parts[WORKLIST],
            index=parts[INDEX],
        ),
    )
    return sum(map(len, files.values()))


def _list_lines(
    samples: Samples, numbers: Sequence[int]
) -> Iterator[tuple[tuple[object, ...], str, LineEntry]]:
    """List lines of the worklist with their sort keys, as in a run."""
    for number in numbers:
        place = number % len(samples.each)
        sample, case_id = samples.each[place], f"p{number:07d}"
        text = sample.line.replace(sample.id, case_id).replace(str(NUMBER), str(number))
        entry = LineEntry(number, sample.place, len(text.encode()))
        yield (_as_key(sample.place), number), text, entry


def _as_key(place: tuple[bool, tuple[str, ...]]) -> tuple[object, ...]:
    from fractions import Fraction

    answered, order = place
    return answered, tuple(map(Fraction, order))


if __name__ == "__main__":
    main()
