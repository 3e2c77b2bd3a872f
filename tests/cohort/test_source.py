"""Where cases come from: case files, tables, and folders whose layout has a name."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.case import CohortCase
from fl_planner.cohort.source import layout
from fl_planner.cohort.source.case_table import CohortSource, Layout
from fl_planner.cohort.source.draft import Alike, images_below
from fl_planner.intake.documents.case_file import parse_case_file
from fl_planner.intake.documents.column_mapping_file import read_mapping
from fl_planner.intake.request.request import Request
from tests.cases import each_case
from tests.cli.outside import SMALL
from tests.refusals import nested_deeply, refuses


def read(
    *paths: Path, layout: Layout | None = None, patterns: tuple[str, ...] = (), **said: Any
) -> tuple[CohortCase, ...]:
    return CohortSource(paths, layout, patterns, Alike(**said)).read()[1]


def request_of(case: CohortCase) -> Request:
    assert case.refusal is None
    return parse_case_file(case.text, "0" * 64, Path(case.folder, case.name))


def table(folder: Path, text: str, name: str = "cases.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def refusals(cases: tuple[CohortCase, ...]) -> dict[str, str]:
    return {one.id: one.refusal.reason for one in cases if one.refusal is not None}


ROWS = """\
id;liver;tumour;labelmap;scheme;exclude.cyst;vessel.RHV;remnant_segments;diagnosis;\
age [a];height_cm;date
a;m/liver.nii;t1.nii|t2.nii;seg.nii;lits;cyst.nii;v1.nii|v2.nii;2,3;CRLM;61;178,5;2026-05-04
b;m/b.nii;;;;;;;hcc;70;;unknown
"""


def test_a_row_is_a_case_file(tmp_path: Path) -> None:
    """With a byte-order mark, semicolons and decimal commas, as a spreadsheet saves it."""
    cases = read(table(tmp_path, ROWS, encoding="utf-8-sig"))
    assert [case.id for case in cases] == ["a", "b"]
    first, second = map(request_of, cases)
    assert first.files.masks["liver"] == tmp_path / "m" / "liver.nii"
    assert first.files.masks["tumour"] == (tmp_path / "t1.nii", tmp_path / "t2.nii")
    assert (first.files.label_map, first.files.scheme) == (tmp_path / "seg.nii", "lits")
    assert first.files.excluded["cyst"] == tmp_path / "cyst.nii"
    both = (tmp_path / "v1.nii", tmp_path / "v2.nii")
    assert first.files.vessels == {"right_hepatic_vein": both}
    assert first.operations[0].remnant_segments == ("2", "3")
    assert (first.diagnosis, second.diagnosis) == ("crlm", "hcc")
    assert str(first.height_cm) == "357/2"
    assert str(first.reading.scanned_on) == "2026-05-04"
    assert second.reading.scanned_on is None
    assert "age" in first.stated.values


def test_what_is_stated_of_all_holds_where_a_row_is_silent(tmp_path: Path) -> None:
    path = table(tmp_path, ROWS)
    first, second = map(
        request_of,
        read(path, diagnosis="other", remnant_segments=("4", "5"), no_tumour=True, scheme="btcv"),
    )
    assert (first.diagnosis, first.files.scheme) == ("crlm", "lits")
    assert first.operations[0].remnant_segments == ("2", "3")
    assert second.operations[0].remnant_segments == ("4", "5")
    assert (first.files.no_tumour, second.files.no_tumour) == (False, True)


def test_a_scheme_without_a_map_or_of_an_unknown_name_is_refused(tmp_path: Path) -> None:
    rows = "id,liver,labelmap,scheme\na,l.nii,,lits\nb,l.nii,m.nii,lits\n"
    cases = read(table(tmp_path, rows))
    assert refusals(cases) == {"a": "row 2: scheme: the row has no label map"}
    with refuses("labels.scheme_unknown"):
        read(table(tmp_path, rows), scheme="Litz")


def test_h11_ids_that_one_folder_would_hold_are_refused(tmp_path: Path) -> None:
    """Windows and macOS keep p1 and P1 in one folder; of any letters they may be one patient.

    So may an accent with its letter, as on Windows, and one of its own, as on macOS.
    """
    alike, twice = "cohort.ids_alike", "screen.id_twice"
    for given, ids, codes in (
        (("p1", "P1", "p2", "Ü", "ü"), None, [alike, alike, None, alike, alike]),
        (("\u00c9a", "E\u0301a", "Ea"), ["\u00c9a#1", "E\u0301a#2", "Ea"], [twice, twice, None]),
    ):
        rows = "\n".join(["id,liver", *(f"{one},{n}.nii" for n, one in enumerate(given))])
        cases = read(table(tmp_path, rows))
        assert [one.id for one in cases] == (ids or [*given])
        assert [one.refusal.code if one.refusal else None for one in cases] == codes


def test_a_refused_id_is_named_once(tmp_path: Path) -> None:
    """The row begins with its id: p1#1 for the first of two that are called p1."""
    cases = read(table(tmp_path, "id,liver\np1,a.nii\np1,b.nii\np2,c.nii\nP2,d.nii\n"))
    assert [*refusals(cases)] == ["p1#1", "p1#2", "p2", "P2"]
    for case in cases:
        assert case.refusal is not None
        assert case.refusal.source == "id"
        assert case.refusal.reason.startswith("another of these cases has the same id")


def test_a_workbook_is_read_as_the_table_that_it_holds(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "liver", "height_cm"], ["a", "liver.nii", 178.5]):
        book.active.append(row)
    book.save(tmp_path / "cases.xlsx")
    (case,) = read(tmp_path / "cases.xlsx")
    assert str(request_of(case).height_cm) == "357/2"


MAPPED = """\
schema = 1
language = "de"
ignore = ["Bemerkung"]
[columns]
"Fall" = "id"
"Leber" = "liver"
"Kein Tumor" = "no_tumour"
"Befund vom" = "date"
"Größe (cm)" = "height_cm"
"Thrombozyten (G/l)" = "platelets [10*9/L]"
"Diagnose" = "diagnosis"
[values.diagnosis]
"Metastasen" = "crlm"
"""


def test_a_table_of_cases_is_read_as_mapped(tmp_path: Path) -> None:
    (tmp_path / "columns.toml").write_text(MAPPED, "utf-8")
    how = read_mapping(tmp_path / "columns.toml", ("Arzt=reader",))
    header = (
        "Fall;Leber;Kein Tumor;Befund vom;Größe (cm);Bemerkung;Thrombozyten (G/l);Diagnose;Arzt"
    )
    rows = "a;l.nii;ja;4.5.2026;178,5;?;214;Metastasen;J\nb;l.nii;vielleicht;;;;viele;;\n"
    path = table(tmp_path, f"{header}\n{rows}", encoding="cp1252")
    first, second = CohortSource((path,), mapping=how).read()[1]
    said = request_of(first)
    assert (said.diagnosis, str(said.height_cm)) == ("crlm", "357/2")
    text = first.text.replace("'", '"')
    assert "no_tumour = true" in text
    assert "date = 2026-05-04" in text
    assert 'reader = "J"' in text  # a letter is a word of yes and no only where these are meant
    assert "value = 214" in text
    assert second.refusal is not None
    assert second.refusal.reason == (
        "row 3: platelets (Thrombozyten (G/l)): give a number without a unit, a space or a sign "
        "such as <; "
        "no_tumour (Kein Tumor): give yes or no"
    )


def test_a_mapping_applies_to_a_table_of_cases(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("schema = 1\n", "utf-8")
    how = read_mapping(None, (), ("Bemerkung",))
    with refuses("usage.wrong", "SOURCE", says="apply only to a table"):
        CohortSource((tmp_path / "a.toml",), mapping=how).read()
    with refuses("screen.header", says="there is no column Fall"):
        path = table(tmp_path, "id,liver\na,l.nii\n")
        CohortSource((path,), mapping=read_mapping(None, ("Fall=id",))).read()


@each_case("rest, says", {
    "not TOML": ("diagnosis =\n", "not valid TOML: Invalid value (at line 2"),
    "many parts": ("a" + ".a" * 100 + " = 1\n", "a key with more than 32 dotted parts on line 2"),
})  # fmt: skip
def test_a_case_file_that_cannot_be_parsed_is_not_one_without_an_id(
    rest: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "a.toml").write_text(f'id = "a"\n{rest}', "utf-8")
    (case,) = CohortSource((tmp_path / "a.toml",)).read()[1]
    assert case.refusal is not None
    assert (case.refusal.code, says in case.refusal.reason) == ("case.unreadable", True)


@each_case("header, says", {
    "no id": ("liver,flr\n", "one column must contain the id"),
    "id in capitals": ("ID,liver,flr\n", "column 1: no such column; did you mean id?"),
    "no mask": ("id,age [a]\n", "no column contains masks (fl-planner screen reads"),
    "a slip": ("id,liver,tumor\n", "column 3 (tumor): no such column; did you mean tumour?"),
    "other word": ("id,liver,lesion\n", "column 3 (lesion): no such column; did you mean tumour?"),
    "capitals": ("id,liver,FLR\n", "column 3 (FLR): no such column; did you mean flr?"),
    "volume": ("id,liver,FLR (mL)\n", "tumour counted); a volume is flr_volume"),
    "of which liver": ("id,liver,FLR %\n", "column 3: FLR denominator not stated; use flr_of"),
    "no name": ("id,,\n", "column 2: a value in a column without a name; column 3: a value in a "),
    "twice": ("id,liver,liver\n", "column 3: same name as column 2"),
    "no unit": (
        "id,liver,age\n", "column 3: age requires a unit, one of a (years), mo, such as age [a]",
    ),
})  # fmt: skip
def test_a_header_that_is_not_understood_is_refused(header: str, says: str, tmp_path: Path) -> None:
    with refuses("screen.header", "table of cases", says=says):
        read(table(tmp_path, f"{header}1,2,3\n"))


@each_case("row, says", {
    "no": ("a,l.nii,perhaps,,,\n", "no_tumour: give yes or no"),
    "segments": ("a,l.nii,,9,,\n", "remnant_segments: give one or more of"),
    "number": ("a,l.nii,,,tall,\n", "height_cm: is not a number"),
    "metres": ("a,l.nii,,,1.8,\n", "height_cm: 1.8 is outside the range of 100 to 250 cm"),
    "diagnosis": ("a,l.nii,,,,,,cholangio\n", "row 2: diagnosis: give 'crlm', 'hcc' or"),
    "fact": ("a,l.nii,,,,sixty\n", "age: give a number without a unit"),
    "width": ("a,l.nii\n", "row 2: the row has 2 cells, but the header has 8"),
    "month": ("a,l.nii,,,,,2026-13-01\n", "date: is not a valid calendar date"),
    "order": ("a,l.nii,,,,,04/05/2026\n", "date: give a date in the form YYYY-MM-DD"),
    "no id": (",l.nii,,,,\n", "id is empty"),
})  # fmt: skip
def test_h16_a_row_that_cannot_be_read_is_a_refused_case(
    row: str, says: str, tmp_path: Path
) -> None:
    header = "id,liver,no_tumour,remnant_segments,height_cm,age [a],date,diagnosis\n"
    row = row.replace("\n", "," * (7 - row.count(",")) + "\n") if row.count(",") > 1 else row
    bad, good = read(table(tmp_path, f"{header}{row}z,l.nii,yes,,,,,CRLM\n"))
    assert bad.refusal is not None
    assert says in bad.refusal.reason
    assert bad.refusal.code == "cohort.row"
    assert good.refusal is None


def test_h11_two_cases_of_one_id_are_refused_and_distinguished(tmp_path: Path) -> None:
    rows = "id,liver\na,1.nii\nb,2.nii\na,3.nii\na#1,4.nii\n"
    cases = read(table(tmp_path, rows))
    assert [case.id for case in cases] == ["a#2", "b", "a#3", "a#1"]
    assert {*refusals(cases)} == {"a#2", "a#3"}


def test_h03_a_file_whose_name_gives_no_role_refuses_its_case(tmp_path: Path) -> None:
    root = touch(
        tmp_path,
        "dataset_description.json",
        "sub-01/ses-a/anat/sub-01_ses-a_label-liver_mask.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_label-tumor_mask.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_label-kidney_mask.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_dseg.nii.gz",
        "sub-01/ses-a/anat/sub-01_ses-a_ct.nii.gz",
        "sub-02/anat/sub-02_label-liver_mask.nii.gz",
        "sub-02/anat/sub-02_label-oddity_mask.nii.gz",
        "sub-03/anat/sub-03_label-tumor_mask.nii.gz",
    )
    cases = read(root, layout="bids", scheme="lits")
    assert [case.id for case in cases] == ["sub-01_ses-a", "sub-02", "sub-03"]
    first = request_of(cases[0])
    assert {*first.files.masks} == {"liver", "tumour"}
    assert (first.files.scheme, first.ct is None) == ("lits", False)
    assert refusals(cases) == {
        "sub-02": "sub-02/anat/sub-02_label-oddity_mask.nii.gz: the file name states no role",
        "sub-03": "no file is named liver, and none is a label map",
    }


def test_the_tree_of_a_segmenter(tmp_path: Path) -> None:
    segments = [f"s1/segmentations/liver_segment_{n}.nii.gz" for n in range(1, 9)]
    root = touch(
        tmp_path, *segments, "s1/ct.nii.gz", "s1/segmentations/liver.nii.gz",
        "s1/segmentations/vertebrae_L1.nii.gz", "s1/segmentations/gallbladder.nii.gz",
        "s2/liver.nii.gz", "s2/flr.nii.gz", "s2/oddity.nii.gz", "s3/readme.txt",
        "s1/segmentations/liver_cyst.nii.gz", "s1/segmentations/liver_vessels.nii.gz",
        "s1/segmentations/inferior_vena_cava.nii.gz", "s1/RHV.nii.gz",
    )  # fmt: skip
    cases = read(root, layout="segmenter")
    assert [case.id for case in cases] == ["s1", "s2"]
    first = request_of(cases[0])
    assert [*first.files.excluded] == ["cyst"]
    vessels = {"liver_vessels", "inferior_vena_cava", "right_hepatic_vein"}
    assert {*first.files.vessels} == vessels
    assert first.files.label_map == root / "s1" / "segmentations"
    assert first.ct == root / "s1" / "ct.nii.gz"
    assert refusals(cases) == {"s2": "s2/oddity.nii.gz: the file name states no role"}


@pytest.mark.parametrize("name", ["segments", "labelmap", "Couinaud"])
def test_a_label_map_of_a_segmenter_is_named_as_the_other_commands_name_it(
    tmp_path: Path, name: str
) -> None:
    root = touch(tmp_path, f"s1/{name}.nii.gz", "s1/tumour.nii.gz")
    (case,) = read(root, layout="segmenter")
    files = request_of(case).files
    assert files.label_map == root / "s1" / f"{name}.nii.gz"
    assert [*files.masks] == ["tumour"]


DATASET = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "liver": 1, "tumour": 2},
    "file_ending": ".nii.gz",
}


def nnunet(root: Path, told: object) -> Path:
    (root / "dataset.json").write_text(json.dumps(told), "utf-8")
    files = ("labelsTr/._p1.nii.gz", "labelsTr/p1.nii.gz", "imagesTr/p1_0000.nii.gz")
    return touch(root, *files, "imagesTr/p2_0000.nii.gz")


@each_case("labels", [
    DATASET["labels"],
    {"0": "background", "1": "liver", "2": "tumour"},
    {"background": 0, "liver": [1, 2], "tumour": 2},
    {"background": 0, "liver": [1, 2], "tumour": [2], "ignore": 3},
    {"oddity": [1, 2], "liver": 1, "tumour": 2},
])  # fmt: skip
def test_nnunet_states_itself_what_its_numbers_mean(labels: object, tmp_path: Path) -> None:
    root = nnunet(tmp_path, {**DATASET, "labels": labels})
    cases = read(root, layout="nnunet")
    first = request_of(cases[0])
    assert first.files.labels == {1: "liver", 2: "tumour"}
    assert first.ct == root / "imagesTr" / "p1_0000.nii.gz"
    assert refusals(cases) == {
        "p2": "labelsTr has no p2.nii.gz; no file is named liver, and none is a label map"
    }


@each_case("labels, says", {
    "unknown": ({"background": 0, "oddity": 1}, "unknown labels (1: 'oddity')"),
    "two of one size": ({"liver": [1, 2], "tumour": [1, 2]}, "1: 'liver' or 'tumour'"),
    "ignored alone": ({"background": 0, "ignore": 1}, "no labels"),
    "none": ({}, "no labels"),
})  # fmt: skip
def test_labels_of_nnunet_that_are_not_understood_are_refused(
    labels: object, says: str, tmp_path: Path
) -> None:
    root = nnunet(tmp_path, {**DATASET, "labels": labels})
    with refuses("cohort.layout", "dataset.json", says=says):
        read(root, layout="nnunet")
    assert request_of(read(root, layout="nnunet", scheme="lits")[0]).files.scheme == "lits"


@each_case("text, says", {
    "deep": ("[" * 100_000 + "]" * 100_000, "not valid JSON"),
    "no object": ("[1]", "no labels"),
    "a label twice": ('{"labels": {"liver": 2, "liver": 1}}', "occur twice: liver"),
    "labels twice": ('{"labels": {"liver": 2}, "labels": {"liver": 1}}', "twice: labels"),
    "large": ('{"labels": {"liver": 1}}' + " " * (1 << 20), "larger than 1 MiB"),
})  # fmt: skip
def test_h13_a_dataset_of_nnunet_with_two_readings_or_none_is_refused(
    text: str, says: str, tmp_path: Path
) -> None:
    root = nnunet(tmp_path, DATASET)
    (root / "dataset.json").write_text(text, "utf-8")
    with refuses("cohort.layout", "dataset.json", says=says):
        read(root, layout="nnunet")


def test_a_dataset_of_nnunet_that_is_a_pipe_or_missing_is_not_waited_for(tmp_path: Path) -> None:
    root = nnunet(tmp_path, DATASET)
    dataset = root / "dataset.json"
    dataset.write_text(json.dumps(DATASET), "utf-8-sig")  # with a byte-order mark
    assert request_of(read(root, layout="nnunet")[0]).files.labels == {1: "liver", 2: "tumour"}
    dataset.unlink()
    with refuses("file.missing", "dataset.json", says="no such file"):
        read(root, layout="nnunet")
    os.mkfifo(dataset)
    with refuses("file.special", "dataset.json", says="a pipe"):
        read(root, layout="nnunet")


def test_patterns_with_an_id(tmp_path: Path) -> None:
    root = touch(
        tmp_path, "p1/seg/liver.nii", "p1/seg/t1.nii", "p1/seg/t2.nii", "p2/seg/liver.nii",
        "p3/seg/t1.nii", "flr/p1.nii", "flr/p2.nii", "flr/p3.nii", "flr/._p1.nii",
    )  # fmt: skip
    patterns = ("liver={id}/**/liver.nii", "tumour={id}/seg/t?.nii", "flr=flr/{id}.nii")
    cases = read(root, patterns=patterns)
    files = request_of(cases[0]).files
    assert [*files.masks] == ["liver", "tumour", "flr"]
    assert len(files.masks["tumour"]) == 2  # type: ignore[arg-type]  # several
    told = refusals(cases)
    assert {*told} == {"p2", "p3"}  # not what macOS adds to each file
    assert told["p2"] == "no file matches the pattern for tumour"
    assert "no file matches the pattern for liver" in told["p3"]


@each_case("words, code", {
    "no layout": ({}, "cohort.source"),
    "another layout": ({"layout": "bids"}, "cohort.layout"),
    "no fit": ({"patterns": ("liver={id}/x.nii",)}, "cohort.layout"),
    "no id": ({"patterns": ("liver=x.nii",)}, "usage.wrong"),
    "role twice": ({"patterns": ("liver={id}.nii", "liver={id}.nii")}, "usage.wrong"),
    "both": ({"layout": "bids", "patterns": ("liver={id}.nii",)}, "usage.wrong"),
})  # fmt: skip
def test_a_folder_that_is_not_understood_is_refused(
    words: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with refuses(code):
        read(touch(tmp_path, "odd.nii"), **words)


@pytest.mark.slow
@pytest.mark.parametrize("words", [{"layout": "crlm"}, {"patterns": ("liver={id}/x.nii",)}])
def test_hundreds_of_levels_of_sub_folders_are_refused(
    words: dict[str, Any], tmp_path: Path
) -> None:
    with nested_deeply(tmp_path) as (deep, _), pytest.raises(InputRefused) as refused:
        read(deep, **words)
    assert refused.value.source == deep.name


def test_case_files_state_all_themselves(tmp_path: Path) -> None:
    case = table(tmp_path, 'schema = 1\nid = "p1"\n', "case.toml")
    with refuses("usage.wrong", "--diagnosis"):
        read(case, diagnosis="crlm")
    with refuses("usage.wrong", "--layout"):
        read(case, layout="bids")
    with refuses("cohort.source", "mask.nii"):
        read(case, tmp_path / "mask.nii")
    assert [one.id for one in read(tmp_path)] == ["p1"]
    assert refusals(read(tmp_path / "gone.toml"))["file-1"].startswith("no such file")


@pytest.mark.slow
def test_files_that_are_elsewhere_are_fetched_for_their_case(
    tmp_path: Path, scheduler: str
) -> None:
    from tests.cohort.cohorts import left, run

    SMALL.write(tmp_path / "", flr=(0, 800), tumour=(6000, 8000))
    local, away = tmp_path / "a", tmp_path / "b"
    text = "id,liver,tumour,flr,diagnosis\n{0}p,{1}liver.nii,{1}tumour.nii,{1}flr.nii,crlm\n"
    near = table(tmp_path, text.format("", ""))
    far = table(tmp_path, text.format("", f"{tmp_path.as_uri()}/"), "far.csv")
    gone = table(tmp_path, text.format("", "nowhere://x/"), "gone.csv")
    assert run([near], local, scheduler).status == 0
    assert run([far], away, scheduler).status == 0
    plans = [json.loads(left(out)["cases/p/plan.json"]) for out in (local, away)]
    assert plans[0]["voxels"] == plans[1]["voxels"]
    assert run([gone], tmp_path / "c", scheduler).status == 3
    state = json.loads(left(tmp_path / "c")["cases/p/state.json"])
    assert state["refusal"]["code"] == "cohort.address"


NUMBERED = "index\tname\n0\tbackground\n4\tliver_segment_1\n1\tCouinaud segment IV\n"


def test_h11_a_file_of_bids_in_the_folder_of_another_patient_refuses_both(tmp_path: Path) -> None:
    """A tumour of patient 1 or 2: without it, the other one's liver has none."""
    root = touch(
        tmp_path,
        "sub-1/anat/sub-1_label-liver_mask.nii.gz",
        "sub-1/anat/sub-2_label-tumor_mask.nii.gz",
        "sub-2/anat/sub-2_label-liver_mask.nii.gz",
        "sub-3/ses-a/sub-3_ses-a_label-liver_mask.nii.gz",
        "sub-3/ses-b/sub-3_ses-a_label-tumor_mask.nii.gz",
        "sub-4/anat/sub-4_label-liver_mask.nii.gz",
        "sub-4/anat/sub-5_T1w.nii.gz",  # not used
    )
    tumour = "sub-1/anat/sub-2_label-tumor_mask.nii.gz: its name belongs to sub-2, and its folder"
    late = "sub-3/ses-b/sub-3_ses-a_label-tumor_mask.nii.gz: its name belongs to sub-3_ses-a, and"
    told = refusals(read(root, layout="bids"))
    assert {name for name in told if name != "sub-5"} == {
        "sub-1", "sub-2", "sub-3_ses-a", "sub-3_ses-b"
    }  # fmt: skip
    for id_ in ("sub-1", "sub-2"):
        assert f"{tumour} to sub-1" in told[id_]
    for id_ in ("sub-3_ses-a", "sub-3_ses-b"):
        assert f"{late} its folder to sub-3_ses-b" in told[id_]


def test_h11_the_sessions_of_folders_stay_apart_without_a_session_in_names(tmp_path: Path) -> None:
    liver, tumour = "sub-1_label-liver_mask.nii.gz", "sub-1_label-tumor_mask.nii.gz"
    root = touch(tmp_path, f"sub-1/ses-a/{liver}", f"sub-1/ses-b/{tumour}")
    cases = read(root, layout="bids")
    assert [case.id for case in cases] == ["sub-1_ses-a", "sub-1_ses-b"]
    assert "no file is named liver" in refusals(cases)["sub-1_ses-b"]


def test_a_folder_of_bids_may_name_its_patient_and_session_together(tmp_path: Path) -> None:
    """As in exports with a folder per session or image; a copy of a patient stays apart."""
    folders = (
        *("sub-1_ses-a/sub-1_ses-a_", "sub-2/ses-a/sub-2_ses-a_seg/sub-2_ses-a_"),
        *("sub-3/sub-3_seg/", "sub-4_old/", "sub-4_new/"),
    )
    root = touch(tmp_path, *(f"{one}label-liver_mask.nii.gz" for one in folders))
    cases = read(root, layout="bids")
    assert [case.id for case in cases if case.id not in refusals(cases)] == [
        *("sub-1_ses-a", "sub-2_ses-a", "sub-3", "sub-4_new", "sub-4_old")
    ]


MAP_OF_1, OF_1 = "sub-1/anat/sub-1_dseg.nii.gz", "sub-1_dseg.tsv"


@pytest.mark.parametrize(
    "place", ["sub-1/anat/sub-1_dseg.tsv", "sub-1/sub-1_dseg.tsv", "sub-1/dseg.tsv", "dseg.tsv"]
)
def test_h13_a_map_of_bids_is_numbered_by_its_table(place: str, tmp_path: Path) -> None:
    """By the inheritance of BIDS a table higher up holds too, where there is none nearer."""
    root = touch(tmp_path, MAP_OF_1)
    table(root, "index\tname\n1\tliver\n", "dseg.tsv")
    table(root, NUMBERED, place)
    (case,) = read(root, layout="bids")
    assert request_of(case).files.labels == {4: "segment_1", 1: "segment_4"}


def test_a_folder_is_listed_once_per_table_of_bids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once per image without a table: 200 patients took 40 s, and 400 would take four times."""
    listed: list[Path] = []

    def list_images(folder: Path, pattern: str) -> Iterator[Path]:
        listed.append(folder)
        return images_below(folder, pattern)

    monkeypatch.setattr(layout, "images_below", list_images)
    root = touch(tmp_path, *(f"sub-{n}/sub-{n}_dseg.nii.gz" for n in range(9)))
    for n in (1, 2):
        table(root, NUMBERED, f"sub-{n}_dseg.tsv")
    assert len([*layout.read_bids(root, None)]) == 9
    assert listed == [root] * 3  # for the cases, and for each of the two tables


OF_BIDS = {
    "unknown": (OF_1, "index\tname\n1\toddity\n", "cannot be read (1: 'oddity')"),
    "twice": (OF_1, f"{NUMBERED}4\tliver\n", "4 is given twice"),
    "two names": (OF_1, "index\tname\tname\n1\tliver\tspleen\n", "name, each once"),
    "long": (OF_1, f"{NUMBERED}9\t{'x' * 200_000}\n", "a cell is too long"),
    "no number": (OF_1, "index\tname\none\tliver\n", "give a label"),
    "commas": (OF_1, "index,name\n1,liver\n", "has no rows with the columns"),
    "empty": (OF_1, "index\tname\n0\tbackground\n", "only the background"),
    "of no image": ("sub-1_desc-x_dseg.tsv", NUMBERED, "does not belong to any image"),
}


@pytest.mark.parametrize(("name", "text", "says"), OF_BIDS.values(), ids=OF_BIDS)
def test_h13_a_table_of_bids_that_is_not_understood_refuses_its_case(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    root = touch(tmp_path, MAP_OF_1)
    table(root / "sub-1" / "anat", text, name)
    told = refusals(read(root, layout="bids"))
    assert says in told["sub-1"]
    assert name in told["sub-1"]


def test_h13_a_scheme_that_contradicts_the_table_of_a_map_refuses_its_case(tmp_path: Path) -> None:
    root = touch(tmp_path, MAP_OF_1)
    table(root / "sub-1" / "anat", "index\tname\n1\tliver\n2\ttumor\n", "sub-1_dseg.tsv")
    assert not refusals(read(root, layout="bids", scheme="lits"))
    told = refusals(read(root, layout="bids", scheme="couinaud"))
    assert "contradicts --scheme couinaud" in told["sub-1"]


def test_two_tables_as_near_to_a_map_of_bids_refuse_its_case(tmp_path: Path) -> None:
    root = touch(tmp_path, "sub-1/sub-1_desc-x_dseg.nii.gz")
    for name in ("sub-1_dseg.tsv", "sub-1_desc-x_dseg.tsv"):
        table(root / "sub-1", NUMBERED, name)
    assert "are label tables for" in refusals(read(root, layout="bids"))["sub-1"]


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_case_file_that_is_a_link_to_nowhere_is_a_refused_case(tmp_path: Path) -> None:
    table(tmp_path, 'schema = 1\nid = "p1"\n', "a.toml")
    (tmp_path / "b.toml").symlink_to("gone.toml")
    (tmp_path / "c").symlink_to(tmp_path / "lost" / "c")
    found = read(tmp_path)
    assert [one.id for one in found] == ["p1", "file-2", "file-3"]
    assert [*refusals(found)] == ["file-2", "file-3"]
