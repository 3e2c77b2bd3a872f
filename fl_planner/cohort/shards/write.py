"""Write the tables of a shard, and the index from which they are merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from msgspec import json

from fl_planner.basis.version import __version__
from fl_planner.cohort.result import PLAN, CaseResult, Status
from fl_planner.cohort.shards.shard import (
    INDEX,
    MANIFEST,
    CaseEntry,
    LineEntry,
    ShardManifest,
    TablePart,
    hash_file,
    save_manifest,
)
from fl_planner.cohort.table_files import WORKLIST, WorklistLine, name_csv, write_tables
from fl_planner.cohort.tables import collect_names, list_tables
from fl_planner.export.save import save
from fl_planner.workup.many import read_signs


@dataclass(frozen=True, slots=True)
class OfWhole:
    """The whole cohort of a shard: kind of source, number of cases, and hash of their ids."""

    source: str
    cases: int
    ids: str


def withdraw_manifest(folder: Path) -> None:
    """Remove the manifest: the shard is not complete until its tables are written again."""
    (folder / MANIFEST).unlink(missing_ok=True)


def write_shard(
    folder: Path,
    whole: OfWhole,
    key: Mapping[str, str],
    numbers: Mapping[str, int],
    *,
    clinical: bool,
) -> tuple[str, ...]:
    """Write the tables, the index and the manifest of a shard; return remarks on them.

    - `numbers`: numbers of its cases in the source, by id.
    - `key`: hashes of protocols, options, version and code.
    - `clinical`: whether the tables may contain names of files.

    Raises `InputRefused`: see `write_tables`.
    """
    entries: list[CaseEntry] = []
    lines: list[LineEntry] = []
    states: Counter[Status] = Counter()
    planned: list[int] = []

    def look(result: CaseResult, sizes: Sequence[int]) -> None:
        states[result.status] += 1
        number = numbers[result.id]
        planned.extend([number] if result.status == "planned" else [])
        signs = read_signs(result.folder / PLAN)
        entries.append(CaseEntry(number, result.id, tuple(sizes), signs))

    def list_line(line: WorklistLine) -> None:
        place = None
        if line.place is not None:
            answered, order = line.place
            place = answered, tuple(map(str, order))
        lines.append(LineEntry(line.number, place, len(line.text.encode())))

    remarks = write_tables(folder, look, list_line, clinical=clinical, numbers=numbers)
    index = b"".join(json.encode(entry) + b"\n" for entry in (*entries, *lines))
    save(folder / INDEX, index, force=True)
    names = collect_names(folder)
    manifest = ShardManifest(
        version=__version__,
        key=dict(key),
        source=whole.source,
        cases=whole.cases,
        ids=whole.ids,
        clinical=clinical,
        names=astuple(names),
        first=min(planned, default=None),
        states=dict(states),
        tables=tuple(_as_part(folder, name_csv(table)) for table in list_tables(names)),
        worklist=_as_part(folder, WORKLIST),
        index=_as_part(folder, INDEX),
    )
    save_manifest(folder, manifest)
    return remarks


def _as_part(folder: Path, name: str) -> TablePart:
    return TablePart(name, hash_file(folder / name))
