"""Shards of a cohort: merged, they are the tables of an unsharded run; or they are refused."""

import json
import shutil
from collections.abc import Iterator
from errno import ENOSPC
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec import json as exact_json
from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.cohort import run as runs
from fl_planner.cohort import table_files, typed_tables
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase, hash_file, hash_program
from fl_planner.cohort.engine.engine import Means
from fl_planner.cohort.result import CaseState, Cohort, Refusal, find_folder, format_patient
from fl_planner.cohort.run_folder import keep, lock_alone, lock_shard
from fl_planner.cohort.shards import merge as merging
from fl_planner.cohort.shards import parts
from fl_planner.cohort.shards.merge import merge_shards
from fl_planner.cohort.shards.shard import (
    INDEX,
    MANIFEST,
    OfWhole,
    Shard,
    hash_ids,
    list_shards,
    parse_shard,
    withdraw_manifest,
    write_shard,
)
from fl_planner.cohort.table_files import write_tables
from fl_planner.planning.plan import Plan
from fl_planner.record.head import InputRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.workup.exports import TableBook
from fl_planner.workup.many import ForAll
from tests.cases import each_case
from tests.cli.outside import ask, refused
from tests.cohort.cohorts import left, run, small_cases
from tests.cohort.folders import NO_LIVER, Became, write_run
from tests.record.planned import made
from tests.refusals import refuses

CRLM, HCC = made(id="x"), made(id="x", diagnosis="hcc")
ACTS = '=cmd|" /C calc"!A0;\'=1, ü'
KEY = {"version": "1", "code": hash_program(), "options": "2", "protocols": "3"}


def drawn(liver: str, plan: Plan = CRLM) -> PlanRecord:
    """Return a plan with the hash of its liver mask."""
    mask = InputRecord(role="liver", file="liver.nii", format="nifti", sha256=liver * 64)
    return structs.replace(as_plan_record(plan), inputs=(mask,))


def of_hospital() -> PlanRecord:
    """Return a plan with a trial of a hospital, which has columns of its own."""
    record = drawn("1")
    trials = record.judged.trials
    own = structs.replace(trials[0], trial=structs.replace(trials[0].trial, id="HARBOUR-1"))
    return structs.replace(record, judged=structs.replace(record.judged, trials=(*trials, own)))


CASES: list[tuple[str, Became]] = [
    ("007", drawn("2")),
    ("b", drawn("1")),  # one patient with "e" and "own"
    ("NA", NO_LIVER),
    (ACTS, "out of memory"),
    ("e", drawn("1")),
    ("hcc", drawn("3", HCC)),
    ("g", drawn("4")),
    ("r", NO_LIVER),
    ("own", of_hospital()),
    ("last", drawn("5", HCC)),
]
IDS = [name for name, _ in CASES]
WRITTEN: dict[int, dict[Path, bytes]] = {}  # shards of a division, by their place


def keep_results(out: Path) -> Path:
    """Write the results of all cases as a run keeps them."""
    out.mkdir()
    write_run(out, CASES)
    for name, became in CASES:
        if not isinstance(became, str) and became is not NO_LIVER:
            plan, why = (HCC, None) if name in ("hcc", "last") else (CRLM, None)
            listed = find_folder(out, name) / "worklist.json"
            listed.write_bytes(format_patient(plan, "no remnant" if name == "g" else why))
            kept = json.loads(listed.read_text("utf-8"))
            listed.write_text(json.dumps({**kept, "row": {**kept["row"], "id": name}}), "utf-8")
    return out


def write_shards(out: Path, of: int) -> Path:
    """Write the shards of a folder with results; those of a number once, and then their bytes."""
    if of not in WRITTEN:
        write_anew(out, of)
        found = (path for path in (out / "shards").rglob("*") if path.is_file())
        WRITTEN[of] = {path.relative_to(out): path.read_bytes() for path in found}
    for name, content in WRITTEN[of].items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    (out / "cohort.json").unlink(missing_ok=True)
    return out


def write_anew(out: Path, of: int) -> None:
    (out / "cohort.json").unlink()
    for number in range(1, of + 1):
        write_one(out, Shard(number, of))


def write_one(out: Path, shard: Shard, *, clinical: bool = False, **key: str) -> None:
    folder = shard.folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    mine = tuple(name for name in IDS if shard.holds(name))
    cohort = Cohort(version="0.1.0", source="case files", ids=mine)
    (folder / "cohort.json").write_bytes(exact_json.encode(cohort))
    numbers = {name: number for number, name in enumerate(IDS, 1)}
    whole = OfWhole("case files", len(IDS), hash_ids(IDS))
    write_shard(folder, whole, {**KEY, **key}, numbers, clinical=clinical)


def tables(out: Path) -> dict[str, bytes]:
    """Read the files that are directly in a folder."""
    return {one.name: one.read_bytes() for one in out.iterdir() if one.suffix != ".json" and
            one.is_file() and one.name != ".lock"}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keep_results(tmp_path_factory.mktemp("results") / "night")


@pytest.fixture(scope="module")
def whole(results: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the tables of a run without shards."""
    out = shutil.copytree(results, tmp_path_factory.mktemp("whole") / "night")
    write_tables(out)
    return tables(out)


@pytest.fixture
def out(results: Path, tmp_path: Path) -> Path:
    return shutil.copytree(results, tmp_path / "night")


@each_case("of", [1, 3, 7])  # of 2: below, piece by piece
def test_h11_merged_tables_are_those_of_a_run_without_shards(
    of: int, results: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """Byte for byte, also with empty shards, names in one shard only, and one patient twice."""
    out = write_shards(shutil.copytree(results, tmp_path / f"night-{of}"), of)
    record = merge_shards(out)
    assert tables(out) == whole
    assert (record.shards, record.cases) == (of, len(CASES))
    assert (record.planned, record.refused, record.failed) == (7, 2, 1)
    rows = {table.name: table.rows for table in record.tables}
    assert rows["cases"] == len(CASES)
    assert whole["findings.csv"].count(b"cohort.one_patient") == 3
    assert b"HARBOUR-1" in whole["cases.csv"]
    assert list(json.loads((out / "cohort.json").read_text("utf-8"))["ids"]) == IDS


def test_parts_are_read_piece_by_piece(
    out: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PIECE", 7)
    write_shards(out, 2)
    merge_shards(out)
    assert tables(out) == whole


def test_without_pyarrow_the_csv_is_merged(
    out: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (table_files, merging):
        monkeypatch.setattr(module, "find_spec", lambda _: None)
    write_anew(out, 2)
    merge_shards(out)
    assert tables(out) == {n: b for n, b in whole.items() if not n.endswith(".parquet")}


def test_h11_groups_of_many_rows_end_at_the_same_row_in_a_merge(
    out: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six hundred cases have 80,000 criteria: four groups in a file that is written at once."""
    monkeypatch.setattr(typed_tables, "ROWS_A_GROUP", 100)
    monkeypatch.setattr(typed_tables, "BLOCK", 1 << 16)
    other = shutil.copytree(results, tmp_path / "other")
    write_tables(other)
    write_anew(out, 2)
    merge_shards(out)
    assert tables(out) == tables(other)
    parquet: Any = import_module("pyarrow.parquet")
    found = parquet.ParquetFile(out / "criteria.parquet").metadata
    rows = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert rows[:-1] == [100] * (len(rows) - 1)
    assert len(rows) > 5


def test_the_clinical_profile_stays(out: Path, results: Path, tmp_path: Path) -> None:
    (out / "cohort.json").unlink()
    for number in (1, 2):
        write_one(out, Shard(number, 2), clinical=True)
    merge_shards(out)
    other = shutil.copytree(results, tmp_path / "other")
    write_tables(other, clinical=True)
    assert tables(out) == tables(other)


def test_some_tables_replace_all_of_a_previous_run(out: Path, whole: dict[str, bytes]) -> None:
    write_shards(out, 2)
    merge_shards(out)
    (out / "index.html").write_text("of another run", "utf-8")
    assert [one.name for one in merge_shards(out, ["findings"]).tables] == ["findings"]
    found = tables(out)
    kept = [name for name in whole if name.split(".")[0] in ("findings", "worklist", "codebook")]
    assert found == {name: whole[name] for name in kept}


def test_a_merged_workbook_is_that_of_a_run_without_shards(
    out: Path, results: Path, tmp_path: Path
) -> None:
    """In the order of the worklist: no FLR answer, by urgency, without a plan."""
    write_shards(out, 3)
    book = TableBook(tmp_path / "merged.xlsx", "cases", force=False)
    merge_shards(out, book=book)
    other = shutil.copytree(results, tmp_path / "other")
    write_tables(other, book=TableBook(tmp_path / "whole.xlsx", "cases", force=False))
    assert (tmp_path / "merged.xlsx").read_bytes() == (tmp_path / "whole.xlsx").read_bytes()
    words = (out / "cases_in_words.csv").read_text("utf-8").splitlines()
    worklist = (out / "worklist.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[0] for row in words[1:]] == [row.split(",")[0] for row in worklist[1:]]
    assert words[1].startswith("g,")
    printed = tmp_path / "command.xlsx"
    ran = ask("cohort", "merge", out, "--xlsx", printed)
    assert (ran.status, ran.err) == (3, "table of cases: command.xlsx\n")
    assert printed.read_bytes() == (tmp_path / "whole.xlsx").read_bytes()
    again = refused("cohort", "merge", out, "--xlsx", printed)
    assert (again["code"], again["file"]) == ("output.exists", "command.xlsx")
    assert ask("cohort", "merge", out, "--xlsx", printed, "--force").status == 3
    assert refused("cohort", "merge", out, "--xlsx", tmp_path / "a.csv")["file"] == "--xlsx"


@each_case("wrong", [KeyboardInterrupt(), OSError(ENOSPC, "No space left on device")])
def test_a_merge_that_was_stopped_while_tables_were_renamed_can_be_repeated(
    wrong: BaseException,
    results: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a folder without an earlier merge, one table alone would look like another's file."""
    out = write_shards(shutil.copytree(results, tmp_path / type(wrong).__name__), 3)

    def stop(draft: Path, out: Path) -> None:
        (draft / "cases.csv").replace(out / "cases.csv")
        raise wrong

    with monkeypatch.context() as patch:
        patch.setattr(merging, "put_in_place", stop)
        with pytest.raises((KeyboardInterrupt, InputRefused)):
            merge_shards(out)
    assert tables(out) == {"cases.csv": whole["cases.csv"]}
    assert merge_shards(out).planned == 7
    assert tables(out) == whole


def test_a_workbook_of_other_tables_is_refused_before_they_are_written(
    out: Path, tmp_path: Path
) -> None:
    write_shards(out, 2)
    before = tables(out)
    book = TableBook(tmp_path / "a.xlsx", "cases", force=False)
    with refuses("usage.wrong", "--xlsx", says="requires the tables cases and cases_in_words"):
        merge_shards(out, ["cases"], book)
    (tmp_path / "a.xlsx").write_bytes(b"")
    with refuses("output.exists"):
        merge_shards(out, book=book)
    assert tables(out) == before


def test_a_shard_writes_no_workbook_and_its_folder_is_no_output(tmp_path: Path) -> None:
    (case,) = small_cases(tmp_path / "in", 1)
    out = tmp_path / "out"
    why = refused("cohort", case, "--out", out, "--shard", "1/2", "--xlsx", tmp_path / "a.xlsx")
    assert (why["code"], why["file"]) == ("usage.wrong", "--xlsx")
    why = refused("cohort", case, "--out", tmp_path / "night" / "shards" / "1-of-2")
    assert why["code"] == "usage.wrong"
    assert "is the folder of a shard" in why["reason"]


def harm(out: Path) -> Iterator[tuple[str, str, str]]:
    """Harm the second of three shards in each way; yield the way, who is named, and the reason."""
    second = Shard(2, 3).folder(out)
    content = {path.name: path.read_bytes() for path in second.iterdir() if path.is_file()}

    def restore() -> None:
        for name, one in content.items():
            (second / name).write_bytes(one)

    (second / MANIFEST).unlink()
    yield "not complete", "2-of-3", "is missing or incomplete"
    shutil.rmtree(second)
    yield "missing", "2-of-3", "is missing or incomplete"
    second.mkdir()
    restore()
    for name in ("cases.csv", "findings.csv", "worklist.csv", INDEX):
        (second / name).write_bytes(content[name].replace(b"7", b"8"))
        yield f"changed {name}", "2-of-3", "was changed after it was completed"
        (second / name).write_bytes(content[name][:-5])
        yield f"cut {name}", "2-of-3", "was changed after it was completed"
        (second / name).write_bytes(content[name] + b"x\n")
        yield f"longer {name}", "2-of-3", "was changed after it was completed"
        (second / name).unlink()
        yield f"without {name}", "2-of-3", "was changed after it was completed"
        restore()
    (second / MANIFEST).write_bytes(b"{}")
    yield "damaged", "2-of-3", "has a damaged shard.json"
    wrong: tuple[tuple[str, object], ...] = (("names", [[], []]), ("tables", []), ("cases", -1))
    for name, value in wrong:
        lacking = {**json.loads(content[MANIFEST]), name: value}
        (second / MANIFEST).write_text(json.dumps(lacking), "utf-8")
        yield f"damaged {name}", "2-of-3", "has a damaged shard.json"
    for key, other, why in (
        ("key", {**KEY, "options": "9"}, "options, trials or program"),
        ("cases", 9, "number of cases"),
        ("ids", "0", "cases"),
        ("clinical", True, "profile"),
        ("version", "9", "version of fl-planner"),
        ("source", "table", "kind of source"),
    ):
        changed = {**json.loads(content[MANIFEST]), key: other}
        (second / MANIFEST).write_text(json.dumps(changed), "utf-8")
        yield f"other {key}", "2-of-3", f"differs from 1-of-3 in its {why}"
    told = json.loads(content[MANIFEST])
    more = {name: count + 1 for name, count in told["states"].items()}
    for key, other in (("states", more), ("states", {}), ("first", told["first"] + 1)):
        (second / MANIFEST).write_text(json.dumps({**told, key: other}), "utf-8")
        yield f"other count {key}", "2-of-3", "whose counts of cases differ from its index"
    restore()


def test_h14_a_shard_that_is_not_whole_is_refused_by_its_name(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "find_spec", lambda _: None)  # CSV only, which is faster
    write_shards(out, 3)
    before = tables(out)
    for way, named, reason in harm(out):
        with refuses("cohort.shard", says=reason) as refusal:
            merge_shards(out)
        assert refusal.value.source == named, way
        assert tables(out) == before, way
        assert not [*out.glob(".fl-planner-*")], way
    merge_shards(out)


def test_h11_a_case_in_a_wrong_shard_or_in_none_is_refused(out: Path) -> None:
    """As where the folder of a shard was copied over that of another."""
    write_shards(out, 3)
    index = Shard(2, 3).folder(out) / INDEX
    manifest = index.with_name(MANIFEST)
    lines = index.read_bytes().split(b"\n")
    index.write_bytes(b"\n".join(lines[1:]))
    told = json.loads(manifest.read_text("utf-8"))
    told["index"]["sha256"] = hash_file(index)
    manifest.write_text(json.dumps(told), "utf-8")
    with refuses("cohort.shard", says="lacks some of its cases"):
        merge_shards(out)
    shutil.rmtree(Shard(2, 3).folder(out))
    shutil.copytree(Shard(1, 3).folder(out), Shard(2, 3).folder(out))
    with refuses("cohort.shard", "2-of-3", says="belongs to another shard"):
        merge_shards(out)


def test_shards_of_two_divisions_are_refused(out: Path) -> None:
    write_shards(out, 2)
    write_one(out, Shard(1, 3))
    (out / "shards" / "notes").mkdir()
    assert [one.name for one in list_shards(out)] == ["1-of-2", "2-of-2", "1-of-3"]
    with refuses("cohort.shard", "shards", says="divisions of the cohort: into 2, into 3"):
        merge_shards(out)


def test_h12_a_result_replaced_by_a_later_run_is_not_merged(out: Path) -> None:
    """The tables of its shard have the previous result; a result that is the same changes none."""
    write_shards(out, 2)
    why = Refusal(
        code="cohort.row", source="b", reason="row 3: its id is empty", remedy="correct it"
    )
    case = CohortCase(1, "b", "", str(out), "case.toml", refusal=why)
    later = runs.Run([case], "table", out, Asked(ForAll(), KEY), Means())
    (stale,) = [one for one in list_shards(out) if one.holds("b")]
    runs.run_cohort(later)
    with refuses("cohort.shard", stale.name, says="a later run replaced a result of its cases"):
        merge_shards(out)
    write_one(out, stale)
    runs.run_cohort(later)
    assert (stale.folder(out) / MANIFEST).is_file()


def test_shards_of_another_program_are_refused(out: Path) -> None:
    (out / "cohort.json").unlink()
    for number in (1, 2):
        write_one(out, Shard(number, 2), code="0")
    with refuses("cohort.shard", "1-of-2, 2-of-2", says="by another version of fl-planner"):
        merge_shards(out)
    for number in (1, 2):
        manifest = Shard(number, 2).folder(out) / MANIFEST
        lacking = {**json.loads(manifest.read_bytes()), "key": {}}
        manifest.write_text(json.dumps(lacking), "utf-8")
    with refuses("cohort.shard", "1-of-2, 2-of-2", says="by another version of fl-planner"):
        merge_shards(out)


def test_a_folder_without_shards(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with refuses("cohort.shard", says="contains no shard"):
            merge_shards(folder)
    assert not [*tmp_path.iterdir()]  # nothing is left behind
    (tmp_path / "case.toml").touch()  # of a case, not of a cohort
    with refuses("cohort.shard", says="contains no shard"):
        merge_shards(tmp_path)


@each_case("text, task, expected", {
    "none": (None, None, None),
    "first": ("1/1", None, Shard(1, 1)),
    "last": ("1000/1000", "3", Shard(1000, 1000)),
    "of an array": ("slurm/8", "8", Shard(8, 8)),
})  # fmt: skip
def test_a_shard_is_read(text: str | None, task: str | None, expected: Shard | None) -> None:
    environment = {} if task is None else {"SLURM_ARRAY_TASK_ID": task}
    assert parse_shard(text, environment) == expected


@each_case("text, task", {
    "zero": ("0/8", None),
    "beyond": ("9/8", None),
    "too many": ("1/100001", None),
    "text": ("1 of 8", None),
    "signs": ("-1/8", None),
    "no array": ("slurm/8", None),
    "no number": ("slurm/8", "x"),
    "array from 0": ("slurm/8", "0"),
    "longer array": ("slurm/8", "9"),
    "without a count": ("slurm", "1"),
})  # fmt: skip
def test_what_is_no_shard_is_refused(text: str, task: str | None) -> None:
    environment = {} if task is None else {"SLURM_ARRAY_TASK_ID": task}
    with refuses("usage.wrong", "--shard"):
        parse_shard(text, environment)


def test_h11_each_case_is_in_one_shard() -> None:
    ids = [f"p{number}" for number in range(2000)]
    for of in (1, 3, 8):
        counts = [sum(Shard(n, of).holds(id_) for id_ in ids) for n in range(1, of + 1)]
        assert sum(counts) == len(ids)
        assert min(counts) > 0.8 * len(ids) / of


def test_h12_shards_run_together_but_not_with_the_whole_nor_another_division(
    tmp_path: Path,
) -> None:
    """Both may include a case: the tables of one would have the result of the other."""
    out = tmp_path / "night"
    first, second = Shard(1, 2).folder(out), Shard(2, 2).folder(out)
    other = Shard(1, 3).folder(out)
    with lock_shard(other), refuses("cohort.running", "1-of-3"), lock_shard(first):
        pass
    with lock_shard(first), lock_shard(second):  # the folder of the other is still there
        with refuses("cohort.running", "1-of-2"), lock_shard(first):
            pass
        with refuses("cohort.running", "night"), lock_alone(out):
            pass
    with lock_alone(out), refuses("cohort.running", "night"), lock_shard(first):
        pass


def test_a_manifest_that_cannot_be_removed_is_refused(tmp_path: Path) -> None:
    """Here, because it is a folder; more often, the shard was run by another user."""
    (tmp_path / MANIFEST).mkdir()
    with refuses("output.unwritable", MANIFEST):
        withdraw_manifest(tmp_path)


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of libraries that are not ours
def test_killed_shards_repeat_nothing_and_merge_to_the_whole_run(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = small_cases(tmp_path / "in", 8)
    mask = cases[6].parent / "liver.nii"
    mask.write_bytes(mask.read_bytes()[:1000])
    (cases[3].parent / "flr.nii").write_bytes((cases[1].parent / "flr.nii").read_bytes())
    whole, out = tmp_path / "whole", tmp_path / "out"
    run(cases, whole, scheduler)

    def stop(folder: Path, case: CohortCase, answer: CaseAnswer) -> CaseState:
        if len([*out.glob("cases/*")]) > 1:
            raise KeyboardInterrupt
        return keep(folder, case, answer)

    monkeypatch.setattr(runs, "keep", stop)
    stopped = [run(cases, out, scheduler, "--shard", f"{n}/2").status for n in (1, 2)]
    assert 130 in stopped
    monkeypatch.undo()
    done = len([*out.glob("cases/*/plan.json")])
    merged = ask("cohort", "merge", out, "--json")
    assert merged.status == 2
    assert merged.record["refusal"]["code"] == "cohort.shard"
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    again = [
        json.loads(run(cases, out, scheduler, "--shard", shard, "--json").out)["counts"]
        for shard in ("slurm/2", "2/2")
    ]
    assert sum(one["held"] for one in again) == done > 0
    assert sum(one["cases"] for one in again) == 8
    ran = ask("cohort", "merge", out)
    assert (ran.status, ran.err) == (3, "")
    assert "2 shards merged, 8 cases: 7 planned, 1 refused, 0 failed" in ran.out
    expected = {name: one for name, one in left(whole).items() if name != "index.html"}
    assert {n: one for n, one in left(out).items() if not n.startswith("shards/")} == expected
    unsharded = json.loads(run(cases, out, scheduler, "--json").out)["counts"]
    assert (unsharded["held"], unsharded["cases"]) == (8, 8)
