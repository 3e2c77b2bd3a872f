"""Tables of a little cohort, counted by hand: each number where it belongs, and none lost."""

import csv
import json
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from fl_planner.cohort import table_files
from fl_planner.cohort.result import Cohort, find_folder
from fl_planner.cohort.run_folder import save_cohort
from fl_planner.cohort.table_files import NO_PARQUET, write_tables
from fl_planner.cohort.tables import ROWS, collect_names, list_tables
from fl_planner.cohort.typed_tables import name_csv, write_parquet
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import PlanRecord, as_plan_record
from tests.cohort.folders import NO_LIVER, PLANNED, Became, write_run
from tests.masks import small_segments
from tests.record.planned import WHOLE, made
from tests.refusals import refuses

TABLES = (*("cases", "lesions", "segments", "resections", "criteria", "findings"), "cases_in_words")
MAPPED = as_plan_record(
    made(replace(WHOLE, segments=small_segments()), id="b", weight_kg=70, height_cm=170)
)
ACTS = "=HYPERLINK(1)"
CASES: list[tuple[str, Became]] = [
    ("007", PLANNED),
    ("b", MAPPED),
    ("NA", NO_LIVER),
    (ACTS, "out of memory"),
    ("e", None),
]
DATA = Path(table_files.__file__).parents[1] / "trials/data"
parquet_only = pytest.mark.skipif(not find_spec("pyarrow"), reason="no pyarrow: extra cluster")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tables of a run of five."""
    out = tmp_path_factory.mktemp("run")
    write_run(out, CASES)
    write_tables(out)
    return out


def rows(out: Path, table: str) -> list[dict[str, str]]:
    """Read a table as any program does."""
    with (out / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file, strict=True)]


def test_a_row_a_case_in_the_order_of_the_run(run: Path) -> None:
    """By hand: FLR 300 mL of 1500 - 27 = 1473 mL that is no tumour, 20.3665988 %."""
    told = [(one["id"], one["status"], one["flr_percent"]) for one in rows(run, "cases")]
    assert told == [
        ("007", "planned", "20.3665988"),
        ("b", "planned", "20.3665988"),
        ("NA", "refused", ""),
        (f"'{ACTS}", "failed", ""),
    ]


def test_a_row_has_words_next_to_codes(run: Path) -> None:
    planned, _, refused, failed = rows(run, "cases")
    assert (planned["case.diagnosis"], planned["case.diagnosis_word"]) == ("crlm", "CRLM")
    assert (planned["denominator"], planned["denominator_word"]) == (
        "measured_nontumour",
        "non-tumorous liver",
    )
    assert planned["pathway.headline"] == PLANNED.judged.pathway.headline
    assert refused["refusal.code"] == "input.no_liver"
    assert refused["refusal.reason"] == "no liver mask was given"
    assert failed["failure"] == "out of memory"
    answers = {(one["kind"], one["answer"]): one["answer_word"] for one in rows(run, "criteria")}
    assert answers["inclusion", "met"] == "met"
    assert answers["exclusion", "unknown"] == "not answered"


def test_long_tables_have_a_row_for_each_part(run: Path) -> None:
    """By hand: one lesion a plan, and ten parts of the label map of the second."""
    assert Counter(one["id"] for one in rows(run, "lesions")) == {"007": 1, "b": 1}
    (lesion, _) = rows(run, "lesions")
    assert (lesion["number"], lesion["volume_ml"], lesion["in_remnant"]) == ("1", "27", "0")
    segments = [one["name"] for one in rows(run, "segments")]
    assert segments == [*(one.name for one in MAPPED.segments or ())]
    assert sum(float(one["volume_ml"]) for one in rows(run, "segments")) == 1500
    assert {one["id"] for one in rows(run, "resections")} == {"b"}
    found = Counter(one["id"] for one in rows(run, "findings"))
    assert found == {"007": len(PLANNED.findings), "b": len(MAPPED.findings)}


def test_each_criterion_of_each_trial_has_a_row(run: Path) -> None:
    """Counted in the trials' own files."""
    texts = [tomllib.loads(path.read_text("utf-8")) for path in DATA.glob("*.toml")]
    asked = {one["id"]: len(one["criterion"]) for one in texts if one.get("criterion")}
    told = Counter(one["trial"] for one in rows(run, "criteria") if one["id"] == "b")
    assert told == {trial: asked[trial] for trial in told}
    assert len(told) == len(MAPPED.judged.trials)


def leaves(told: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Flatten JSON by hand: keys joined by points, lists of what is no object by bars."""
    match told:
        case dict():
            for key, one in told.items():
                yield from leaves(one, f"{path}.{key}".strip("."))
        case [{"name": str(), "limit_percent": _}, *_]:
            for one in told:
                yield from leaves(
                    {k: v for k, v in one.items() if k != "name"}, f"{path}.{one['name']}"
                )
        case [{"verdict": str()}, *_]:
            for one in told:
                kept = {k: one[k] for k in ("verdict", "shown", "applies", "failed", "unknown")}
                yield from leaves(kept, f"{path}.{one['id']}")
        case [{}, *_] | None:
            return
        case list():
            yield path, " | ".join(map(say, told)) or "none"
        case _:
            yield path, say(told)


def say(one: Any) -> str:
    """Say a value as a cell does."""
    if isinstance(one, bool):
        return str(int(one))
    return f"{one:.9g}" if isinstance(one, float) else str(one)


OTHER = (  # not a cell: the same in every record, in tables of their own, or amounts by name
    *("schema", "status", "notice", "lesion_summary.connectivity", "label_map.labels"),
    "resections",
)


@pytest.mark.parametrize(("row", "record"), [(0, PLANNED), (1, MAPPED)], ids=["bare", "mapped"])
def test_no_number_of_a_plan_is_lost(run: Path, row: int, record: PlanRecord) -> None:
    cells = rows(run, "cases")[row]
    told = dict(leaves(json.loads(as_json(record))))
    wanted = {key: one for key, one in told.items() if not key.startswith(OTHER)}
    assert len(wanted) > 100
    ends = {f"{key}.{end}" for key in ("ratios.flr.interval_percent",) for end in ("low", "high")}
    assert ends <= {*cells}
    pairs = [key for key, one in wanted.items() if " | " in one and f"{key}.low" in cells]
    for key in pairs:
        low, high = wanted.pop(key).split(" | ")
        assert (cells[f"{key}.low"], cells[f"{key}.high"]) == (low, high)
    wanted.pop("voxel_mm", None)
    assert {key: cells.get(key) for key in wanted} == wanted


def test_no_cell_is_one_that_a_spreadsheet_runs(run: Path) -> None:
    for table in TABLES:
        for row in rows(run, table):
            for name, cell in row.items():
                if cell[:1] in "=+@\t" and cell:
                    pytest.fail(f"{table}, {name}: {cell}")
                if cell.startswith("-"):
                    float(cell)


def test_the_codebook_states_every_column_once(run: Path) -> None:
    told = [(one["table"], one["column"]) for one in rows(run, "codebook")]
    assert len({*told}) == len(told)
    for table in TABLES:
        with (run / f"{table}.csv").open(encoding="utf-8") as file:
            assert next(csv.reader(file)) == [name for of, name in told if of == table]
    for one in rows(run, "codebook"):
        assert len(one["meaning"]) >= 3, one
        assert one["type"] in ("text", "choice", "list", "number", "integer", "yes_no"), one
        assert bool(one["choices"]) == (one["type"] in ("choice", "yes_no")), one


def test_every_code_that_is_reported_is_in_the_codebook(run: Path) -> None:
    for one in rows(run, "codebook"):
        if one["type"] in ("choice", "yes_no"):
            codes = {choice.partition(", ")[0] for choice in one["choices"].split(" | ")}
            assert {row[one["column"]] for row in rows(run, one["table"])} <= {*codes, ""}


def test_a_hospital_s_trial_has_columns_of_its_own(tmp_path: Path) -> None:
    trials = PLANNED.judged.trials
    own = structs.replace(trials[0], trial=structs.replace(trials[0].trial, id="HARBOUR-1"))
    judged = structs.replace(PLANNED.judged, trials=(*trials, own))
    write_run(tmp_path, [("a", PLANNED), ("b", structs.replace(PLANNED, judged=judged))])
    write_tables(tmp_path)
    a, b = rows(tmp_path, "cases")
    assert (a["trials.HARBOUR-1.shown"], b["trials.HARBOUR-1.shown"]) == ("", trials[0].shown)
    known = [trial.trial.id for trial in trials]
    assert collect_names(tmp_path).trials[-1] == "HARBOUR-1"
    assert {*known} < {*collect_names(tmp_path).trials}


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    write_run(tmp_path, CASES)
    write_tables(tmp_path)
    written = write_tables(tmp_path)  # over its own
    files = sorted(path.name for path in run.iterdir() if path.is_file())
    assert files == sorted(path.name for path in tmp_path.iterdir() if path.is_file())
    for name in files:
        assert (run / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert bool(written) != bool(find_spec("pyarrow"))


def test_without_pyarrow_csv_is_written_and_the_lack_is_stated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, [("a", PLANNED)])
    (tmp_path / "cases.parquet").write_bytes(b"of an earlier run")
    monkeypatch.setattr(table_files, "find_spec", lambda _: None)
    assert write_tables(tmp_path) == (NO_PARQUET,)
    assert {path.suffix for path in tmp_path.iterdir() if path.is_file()} == {".csv", ".json"}
    assert len(rows(tmp_path, "cases")) == 1


@pytest.mark.essential
@pytest.mark.slow
def test_h14_a_damaged_plan_leaves_the_tables_as_they_were(tmp_path: Path) -> None:
    write_run(tmp_path, [("a", PLANNED), ("b", PLANNED)])
    write_tables(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    plan = find_folder(tmp_path, "b") / "plan.json"
    plan.write_bytes(plan.read_bytes()[:-100])
    with refuses("cohort.unreadable", "b/plan.json"):
        write_tables(tmp_path)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}


def test_h12_tables_of_two_runs_are_never_next_to_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped after the first table leaves no other, and no earlier page."""
    draft, out = tmp_path / "draft", tmp_path / "out"
    for folder, text in ((draft, "new"), (out, "old")):
        folder.mkdir()
        for name in ("cases.csv", "lesions.csv"):
            (folder / name).write_text(text)
    (out / "index.html").write_text("old")
    right = Path.replace

    def interrupt(self: Path, target: Path) -> Path:
        right(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        table_files.put_in_place(draft, out)
    assert {one.name: one.read_text() for one in out.iterdir()} == {"cases.csv": "new"}


def test_tables_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path, [("a", PLANNED)])
    (tmp_path / "cases.csv").mkdir()
    with refuses("output.unwritable"):
        write_tables(tmp_path)


def frame(out: Path, table: str) -> Any:
    """Read a table as the page on tables says."""
    pandas: Any = import_module("pandas")
    book = pandas.DataFrame(rows(out, "codebook"))
    kinds = book[book["table"] == table].set_index("column")["type"]
    types = {"integer": "Int64", "number": "float64", "yes_no": "boolean"}
    return pandas.read_csv(
        out / f"{table}.csv",
        dtype={name: types.get(kind, "string") for name, kind in kinds.items()},
        keep_default_na=False,
        na_values=[""],
    )


def test_pandas_reads_ids_as_text_and_blanks_as_not_known(run: Path) -> None:
    cases = frame(run, "cases")
    assert [*cases["id"]] == ["007", "b", "NA", f"'{ACTS}"]
    assert [*cases["flr_percent"].isna()] == [False, False, True, True]
    assert [*cases["flr_percent"][:2]] == [20.3665988, 20.3665988]
    assert cases["case.diagnosis"][0] == "crlm"
    assert [*frame(run, "lesions")["in_remnant"]] == [False, False]


@pytest.mark.essential
@pytest.mark.slow
@parquet_only
def test_parquet_holds_what_csv_does(run: Path) -> None:
    pandas: Any = import_module("pandas")
    for table in TABLES:
        stored, read = pandas.read_parquet(run / f"{table}.parquet"), frame(run, table)
        assert [*stored.columns] == [*read.columns]
        for name in stored.columns:
            one, other = ([None if pandas.isna(x) else x for x in f[name]] for f in (stored, read))
            if name in ("id", "Case"):
                assert other == [f"'{x}" if x == ACTS else x for x in one]
            else:
                assert one == other, (table, name)


@parquet_only
def test_parquet_states_what_its_columns_mean(run: Path) -> None:
    parquet: Any = import_module("pyarrow.parquet")
    schema = parquet.read_schema(run / "cases.parquet")
    told = schema.field("volumes_ml.flr").metadata
    assert told[b"unit"] == b"mL"
    assert told[b"meaning"] == b"future liver remnant, without drawn tumour"
    assert [one.name for one in list_tables(collect_names(run))] == [*TABLES] == [*ROWS]


def test_h16_a_list_without_entries_is_none_and_one_that_was_not_given_is_blank(run: Path) -> None:
    planned = rows(run, "cases")[0]
    assert PLANNED.clearing is not None
    assert PLANNED.clearing.lesions_in_remnant == ()
    assert planned["clearing.lesions_in_remnant"] == "none"
    assert PLANNED.volumes.excluded_structures == ()
    assert planned["excluded_structures"] == ""
    assert planned["case.treated.segments"] == ""


def test_names_of_a_hospitals_own_limits_and_denominators_have_columns(tmp_path: Path) -> None:
    """Of every readable plan, after those of each run; a damaged plan names nothing."""
    save_cohort(tmp_path, Cohort(version="1", source="table", ids=("a", "b", "c", "none")))
    before = collect_names(tmp_path)
    for case, own in (("a", "2"), ("b", "1")):
        plan = {
            "trials": [{"id": f"HARBOUR-{own}"}],
            "thresholds": [{"name": f"harbour.flr_2{own}"}, {"name": before.limits[0]}],
            "denominators": [{"name": f"harbour {own}"}],
        }
        folder = find_folder(tmp_path, case)
        folder.mkdir(parents=True)
        (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    find_folder(tmp_path, "c").mkdir()
    (find_folder(tmp_path, "c") / "plan.json").write_text("{", "utf-8")
    names = collect_names(tmp_path)
    assert names.limits == (*before.limits, "harbour.flr_22", "harbour.flr_21")
    assert names.denominators == (*before.denominators, "harbour 2", "harbour 1")
    assert {*names.trials} == {*before.trials, "HARBOUR-1", "HARBOUR-2"}


@parquet_only
def test_a_table_is_closed_once_its_parquet_file_is_written(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of a path closed one table in ten late; Windows moves no open file."""
    sources = []

    def read(source: Any, **how: Any) -> Any:
        sources.append(source)
        return system_read(source, **how)

    reader: Any = import_module("pyarrow.csv")
    system_read = reader.open_csv
    monkeypatch.setattr(reader, "open_csv", read)
    table = list_tables(collect_names(run))[1]
    shutil.copy(run / name_csv(table), tmp_path)
    write_parquet(table, tmp_path)
    assert [one.closed for one in sources] == [True]
