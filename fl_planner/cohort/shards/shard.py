"""A shard of a cohort: its cases by the hash of their ids, its manifest and its tables.

Each shard has a folder `shards/7-of-1000` in the folder of the run. The results of its cases are in
`cases` of the run, so that they remain valid with another number of shards, and without shards.
`shard.json` is written last: a shard without it is not complete.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, json

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.version import __version__
from fl_planner.cohort.case import hash_file, hash_text
from fl_planner.cohort.result import PLAN, SHARDS, CaseResult, Status, read_shard_folder
from fl_planner.cohort.table_files import WORKLIST, WorklistLine, write_tables
from fl_planner.cohort.tables import ROWS, collect_names, list_tables
from fl_planner.cohort.typed_tables import name_csv
from fl_planner.export.save import save, unwritable
from fl_planner.workup.many import read_signs

OPTION = "--shard"
MANIFEST, INDEX = "shard.json", "index.jsonl"
SHARD_SCHEMA: Final = "fl_planner.cohort.shard/1"
MOST_SHARDS = 100_000  # more than any array of jobs [project's choice]
ARRAY, TASK = "slurm", "SLURM_ARRAY_TASK_ID"
WRITE = "write, for example, --shard 7/1000, or --shard slurm/1000 in a SLURM job array"
_WRITTEN = re.compile(rf"(\d{{1,9}}|{ARRAY})/(\d{{1,9}})", re.ASCII)
AGAIN = "run this shard again; cases that already have a plan are not planned again"


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard: its `number`, from 1, and the number `of` shards.

    Examples
    --------
    >>> Shard(7, 1000).name, Shard(1, 1).holds("p1")
    ('7-of-1000', True)
    >>> sum(Shard(number, 8).holds("p1") for number in range(1, 9))
    1
    """

    number: int
    of: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.number}-of-{self.of}"

    def holds(self, case_id: str) -> bool:
        """Whether a case belongs to the shard, by the hash of its id."""
        return self == find_shard(case_id, self.of)

    def folder(self, out: Path) -> Path:
        """Return its folder in the folder of the run."""
        return out / SHARDS / self.name


def find_shard(case_id: str, of: int) -> Shard:
    """Return the shard of a case, by the hash of its id."""
    return Shard(int(hash_text(case_id)[:16], 16) % of + 1, of)


def parse_shard(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard | None:
    """Parse `7/1000`, or `slurm/1000` in a SLURM job array; None if there is no text.

    Raises `InputRefused`: `usage.wrong`.

    Examples
    --------
    >>> parse_shard("7/1000"), parse_shard("slurm/1000", {"SLURM_ARRAY_TASK_ID": "7"})
    (Shard(number=7, of=1000), Shard(number=7, of=1000))
    """
    if text is None:
        return None
    if (written := _WRITTEN.fullmatch(text)) is None:
        raise InputRefused("usage.wrong", OPTION, f"{text!r} is not a shard", WRITE)
    of, number = int(written[2]), written[1]
    if number == ARRAY:
        number = environment.get(TASK, "")
        if not re.fullmatch(r"\d{1,9}", number, re.ASCII):
            reason = f"{TASK} is not a number, so this job does not belong to a job array"
            raise InputRefused("usage.wrong", OPTION, reason, WRITE)
    if not 1 <= int(number) <= of <= MOST_SHARDS:
        reason = f"{number}/{of} is not a shard: shards are numbered from 1 to the number of shards"
        remedy = f"{WRITE}, with --array=1-1000; the limit is {MOST_SHARDS:,} shards"
        raise InputRefused("usage.wrong", OPTION, reason, remedy)
    return Shard(int(number), of)


class TablePart(Struct, frozen=True):
    """A table of a shard: name of its file, and its hash."""

    file: str
    sha256: str


class ShardManifest(Struct, frozen=True, kw_only=True):
    """A complete shard.

    - `version`: version of fl_planner; `key`: hashes of protocols, options, version and code.
    - `source`: kind of source; `cases`: its number of cases; `ids`: hash of their ids, in order.
    - `clinical`: whether its tables contain names of files.
    - `names`: names of limits, trials and denominators in its plans; `first`: its first planned
      case.
    - `states`: number of its cases by status.
    - `tables`: tables in order; `worklist`, `index`: further files.
    """

    schema: Literal["fl_planner.cohort.shard/1"] = SHARD_SCHEMA
    version: str
    key: dict[str, str]
    source: str
    cases: Annotated[int, Meta(ge=1)]
    ids: str
    clinical: bool
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    first: int | None
    states: dict[Status, int]
    tables: Annotated[tuple[TablePart, ...], Meta(min_length=len(ROWS), max_length=len(ROWS))]
    worklist: TablePart
    index: TablePart


class CaseEntry(Struct, frozen=True, array_like=True, tag="case"):
    """A case in the index of a shard.

    - `number`: number in the source; `status`: as in the table of cases.
    - `sizes`: bytes of its rows in each table.
    - `signs`: hashes that no other patient may have, with their names.
    """

    number: int
    id: str
    status: Status
    sizes: tuple[int, ...]
    signs: tuple[tuple[str, str], ...]


class LineEntry(Struct, frozen=True, array_like=True, tag="line"):
    """A line of the worklist in the index of a shard.

    - `place`: sort key; `answered`, then exact numbers as texts; None without a plan.
    - `size`: its bytes.
    """

    number: int
    place: tuple[bool, tuple[str, ...]] | None
    size: int


def hash_ids(ids: Iterable[str]) -> str:
    """Hash the ids of all cases of a source, in order."""
    digest = sha256()
    for id_ in ids:
        digest.update(json.encode(id_) + b"\n")
    return digest.hexdigest()


def save_manifest(folder: Path, manifest: ShardManifest) -> None:
    """Save the manifest of a complete shard."""
    content = json.format(json.encode(manifest, order="sorted"), indent=2) + b"\n"
    save(folder / MANIFEST, content, force=True)


def list_shards(out: Path) -> Iterator[Shard]:
    """List the shards that have a folder, in order."""
    folders = (out / SHARDS).iterdir() if (out / SHARDS).is_dir() else iter(())
    found = (Shard(*read) for path in folders if (read := read_shard_folder(path)))
    yield from sorted(found, key=lambda one: (one.of, one.number))


def refuse_incomplete(shards: Iterable[Shard], what: str) -> InputRefused:
    """Return the refusal of shards that cannot be merged, by their names."""
    named = list_first([one.name for one in shards], MOST_NAMED)
    return InputRefused("cohort.shard", named, what, AGAIN)


MOST_NAMED = 20  # shards in a message


@dataclass(frozen=True, slots=True)
class OfWhole:
    """The whole cohort of a shard: kind of source, number of cases, and hash of their ids."""

    source: str
    cases: int
    ids: str


def withdraw_manifest(folder: Path) -> None:
    """Remove the manifest: the shard is not complete until its tables are written again.

    Raises `InputRefused`: `output.unwritable`.
    """
    try:
        (folder / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder / MANIFEST, error) from error


def withdraw_manifests(out: Path, case_id: str, divisions: Iterable[int]) -> None:
    """Remove the manifests of all shards of a case: their tables have its previous result.

    - `divisions`: the numbers of shards into which the cohort was divided.
    """
    for of in divisions:
        withdraw_manifest(find_shard(case_id, of).folder(out))


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
        entries.append(CaseEntry(number, result.id, result.status, tuple(sizes), signs))

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
