"""Which files each reader has of each case: folders, case files and lists."""

from pathlib import Path

import pytest

from fl_planner.intake.readings import ReadingFiles, ReadingOptions, read_folder, read_list
from fl_planner.planning.given.case import Operation
from tests.cohort.test_source import touch
from tests.refusals import refuses

PLAIN = ReadingOptions()


def files_of(one: ReadingFiles) -> dict[str, object]:
    files = one.request.files
    named = {role: getattr(path, "name", path) for role, path in files.masks.items()}
    return named | ({"labelmap": files.label_map.name} if files.label_map else {})


def test_a_folder_for_each_case_holds_files_named_by_role(tmp_path: Path) -> None:
    touch(tmp_path, "b/liver.nii.gz", "b/FLR.nii.gz", "b/ct.nii.gz", "b/notes.txt")
    touch(tmp_path, "a/MSD-011_liver.nii", "a/MSD-011_couinaud.nii", ".hidden/liver.nii", "c/x.txt")
    found = [*read_folder("R1", tmp_path, ReadingOptions(scheme="lits", segments=("2", "3")))]
    assert [(one.case, one.reader) for one in found] == [("a", "R1"), ("b", "R1")]
    assert files_of(found[0]) == {"liver": "MSD-011_liver.nii", "labelmap": "MSD-011_couinaud.nii"}
    assert files_of(found[1]) == {"liver": "liver.nii.gz", "flr": "FLR.nii.gz"}
    assert (found[0].request.files.scheme, found[1].request.files.scheme) == ("lits", None)
    assert found[0].request.operations == (Operation(None, ("2", "3")),)
    assert found[1].request.id == "b"
    assert found[1].request.operations == ()


def test_files_may_be_next_to_each_other(tmp_path: Path) -> None:
    touch(tmp_path, "p-1_liver.nii.gz", "p-1_flr.nii.gz", "p-1_tumor.nii.gz", "p-2_liver.nii.gz")
    found = {one.case: files_of(one) for one in read_folder("R1", tmp_path, PLAIN)}
    assert found["p-1"].keys() == {"liver", "flr", "tumour"}
    assert found["p-2"].keys() == {"liver"}


def test_h13_a_ct_next_to_the_masks_is_no_reading(tmp_path: Path) -> None:
    """It is neither refused nor, where an option states the role of the files, a liver."""
    touch(tmp_path, "p-1_liver.nii.gz", "p-1_CT.nii.gz", "ct.nii.gz", "p-2-ct.nrrd")
    found = {one.case: files_of(one) for one in read_folder("R1", tmp_path, PLAIN)}
    assert found == {"p-1": {"liver": "p-1_liver.nii.gz"}}
    touch(tmp_path / "t", "p1.nii.gz", "ct.nii.gz", "p1ct.nii.gz")
    named = {one.case for one in read_folder("R1", tmp_path / "t", ReadingOptions(role="liver"))}
    assert named == {"p1", "p1ct"}


def test_h13_a_mask_named_after_its_ct_is_read_with_its_role(tmp_path: Path) -> None:
    """A reading is left out only where another file of the same case shows that it is a CT."""
    touch(tmp_path, "p1_ct.nii.gz", "p2.nii.gz", "p2_CT.nii.gz", "p3_CT.nii.gz", "CT.nii")
    touch(tmp_path, "p4_ct/notes.txt", "p5/liver.nii", "p5_ct.nii")
    found = read_folder("R1", tmp_path, ReadingOptions(role="liver"))
    assert {one.case: files_of(one)["liver"] for one in found} == {
        "p1_ct": "p1_ct.nii.gz", "p2": "p2.nii.gz", "p3_CT": "p3_CT.nii.gz", "p5": "liver.nii",
    }  # fmt: skip


def test_h13_two_masks_named_after_one_ct_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "p1_ct.nii.gz", "p1_ct.nrrd")
    with refuses("agree.role_twice"):
        list(read_folder("R1", tmp_path, ReadingOptions(role="liver")))


def test_files_of_one_kind_are_named_by_an_option(tmp_path: Path) -> None:
    touch(tmp_path, "p1.nii.gz", "p_2.nii.gz")
    (one, two) = read_folder("R1", tmp_path, ReadingOptions(role="liver", no_tumour=True))
    assert (one.case, files_of(one)) == ("p1", {"liver": "p1.nii.gz"})
    assert (two.case, two.request.files.no_tumour) == ("p_2", True)
    with refuses("agree.no_role", "p1.nii.gz"):
        [*read_folder("R1", tmp_path, PLAIN)]


def test_h13_a_role_is_no_name_of_a_case(tmp_path: Path) -> None:
    """One case's folder given as a reader's: its liver and tumour are not two cases."""
    touch(tmp_path, "liver.nii.gz", "tumour.nii.gz")
    for options in (PLAIN, ReadingOptions(role="liver")):
        with refuses("agree.no_role", "liver.nii.gz", says="a role but no case"):
            [*read_folder("R1", tmp_path, options)]


def test_a_case_file_gives_its_masks_and_its_plan(tmp_path: Path) -> None:
    text = 'schema = 1\n[masks]\nliver = "l.nii"\n[imaging]\nct = "ct"\n[[plan]]\n'
    text += 'remnant_segments = ["2"]\n'
    (tmp_path / "p1.toml").write_text(text, "utf-8")
    (one,) = read_folder("R1", tmp_path, PLAIN)
    assert (one.case, files_of(one), one.request.ct) == ("p1", {"liver": "l.nii"}, None)
    assert one.request.operations[0].remnant_segments == ("2",)
    (other,) = read_folder("R1", tmp_path, ReadingOptions(segments=("3",)))
    assert other.request.operations[0].remnant_segments == ("3",)
    touch(tmp_path, "p1_ct.nii")
    (tmp_path / "p1.toml").rename(tmp_path / "p1.TOML")
    (one,) = read_folder("R1", tmp_path, ReadingOptions(role="liver"))
    assert (one.case, files_of(one)) == ("p1", {"liver": "l.nii"})


def test_what_macos_adds_to_a_file_is_no_second_file(tmp_path: Path) -> None:
    touch(tmp_path, "a/liver.nii", "a/._liver.nii")
    (one,) = read_folder("R1", tmp_path, PLAIN)
    assert files_of(one) == {"liver": "liver.nii"}


def test_h13_a_role_twice_or_no_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/liver.nii", "a/a_liver.nii.gz")
    with refuses("agree.role_twice", "a", says="R1 has several files for liver"):
        [*read_folder("R1", tmp_path, PLAIN)]
    with refuses("agree.no_folder", "none"):
        [*read_folder("R1", tmp_path / "none", PLAIN)]
    touch(tmp_path / "t", "a/tumour.nii", "a/a_tumour.nii", "a/liver.nii")
    (one,) = read_folder("R1", tmp_path / "t", PLAIN)
    assert len(one.request.files.masks["tumour"]) == 2  # type: ignore[arg-type]


def test_a_folder_of_very_many_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.intake.readings.MOST_FILES", 1)
    touch(tmp_path, "a_liver.nii", "b_liver.nii")
    with refuses("limit.files", tmp_path.name):
        [*read_folder("R1", tmp_path, PLAIN)]


def test_a_list_names_a_row_for_each_case_and_reader(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('schema = 1\n[masks]\nliver = "l.nii"\n', "utf-8")
    path = tmp_path / "readings.csv"
    text = "\ufeffid;reader;liver;FLR;case;no_tumour\np1;R1;a/l.nii;f.nii;;yes\n\np1;R2;b.nii;;;\n"
    text += "p2;R1;;;c.toml;\n"
    path.write_text(text, "utf-8")
    found, file = read_list(path, PLAIN)
    assert [(one.case, one.reader) for one in found] == [("p1", "R1"), ("p1", "R2"), ("p2", "R1")]
    assert found[0].request.files.masks == {
        "liver": tmp_path / "a" / "l.nii", "flr": tmp_path / "f.nii"
    }  # fmt: skip
    assert files_of(found[1]) == {"liver": "b.nii"}
    assert [one.request.files.no_tumour for one in found] == [True, False, False]
    assert files_of(found[2]) == {"liver": "l.nii"}
    assert (file.role, file.file, file.format) == ("readings", "readings.csv", "csv")


REQUIRED = "the columns id and reader, and a mask column, are required"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n", REQUIRED),
        ("id,liver\na,l.nii\n", REQUIRED),
        ("id,reader,note\na,R1,x\n", REQUIRED),
        (
            "id,reader,liver,tumuor\na,R1,l.nii,t.nii\n",
            "unknown columns: tumuor (did you mean tumour?)",
        ),
        ("id\treader\tliver\na\tR1\tl.nii\n", "the cells are separated by tabs"),
        ("id,reader,liver,no_tumor\na,R1,l.nii,yes\n", "no_tumor (did you mean no_tumour?)"),
        ("id,reader,liver,no_tumour\na,R1,l.nii,perhaps\n", "row 2: no_tumour: give yes or no"),
        (
            "id,reader,liver,tumour,no_tumour\na,R1,l.nii,t.nii,yes\n",
            "row 2: no_tumour: is 'yes', but a tumour mask is given",
        ),
        (
            "id,reader,liver\na,R1\n,R2,l.nii\n",
            "row 2: requires an id, a reader and 3 cells; row 3",
        ),
        ("id,reader,liver, liver\na,R1,x.nii,y.nii\n", "two columns have the same name: liver"),
        pytest.param(
            'id,reader,liver\na,R1,"x.nii\n' + "a,R2,x.nii\n" * 20_000,
            "not valid CSV: a quotation mark is missing",
            id="quotation mark",
        ),
        pytest.param(  # the end of the list is not the name of a reader
            'id,liver,reader\na,x.nii,R1\na,y.nii,"R2\nb,x.nii,R1\nb,y.nii,R2\n',
            "not valid CSV: a quotation mark is missing",
            id="quotation mark of a reader",
        ),
    ],
)
def test_a_list_that_names_no_readings_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(text, "utf-8")
    with refuses("agree.list", "readings.csv", says=says):
        read_list(path, PLAIN)
