"""What `check` says of files, in JSON and in words."""

from dataclasses import replace
from io import StringIO

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.segments.content import ConvertedFile, Output, Structure
from fl_planner.formats.voxels.file_facts import Checked, Label, Misfit
from fl_planner.planning.given.case import InputFile
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.files.archive import (
    ArchiveFindRecord,
    ArchiveStudyRecord,
    ArchiveTransferRecord,
    format_found,
    format_transfer,
)
from fl_planner.record.files.check import (
    LabelRecord,
    ReadFileRecord,
    Written,
    as_check,
    as_conversion,
    describe_geometry,
)
from fl_planner.record.files.segment import (
    DrawnMaskRecord,
    EngineRecord,
    SegmentationRecord,
    format_segmentation,
)
from fl_planner.record.files.settings import as_settings, format_settings
from fl_planner.record.head import FindingRecord
from fl_planner.report.terminal.files import check_table
from fl_planner.space.grid import Grid
from fl_planner.workup.settings import KnownSetting
from tests.cases import each_case
from tests.masks import block

GRID = Grid.upright((512, 512, 40), (0.75, 0.75, 5.0))
LIVER = Checked(
    "liver.nii.gz", "mask", GRID, (InputFile("check", "liver.nii.gz", "nifti1", "ab"),),
    labels=(Label(1, None, 500_000),),
)  # fmt: skip
CT = Checked("ct.nii", "image", GRID, (InputFile("check", "ct.nii", "nifti1", "cd"),),
             values=(-1000.0, 420.0))  # fmt: skip
EMPTY = Checked("t.nii", "mask", GRID, (InputFile("check", "t.nii", "nifti1", "ef"),))
BROKEN = InputRefused("gzip.cut", "flr.nii.gz", "the gzip data end too early", "export it again")


def shown(*checked: Checked | InputRefused, misfits: tuple[Misfit, ...] = ()) -> str:
    """Print the table on 80 columns."""
    from rich.console import Console

    console = Console(width=80, file=StringIO())
    console.print(check_table(as_check(checked, misfits)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_mask_by_its_label_and_volume() -> None:
    (file,) = as_check([LIVER], []).files
    assert isinstance(file, ReadFileRecord)
    # 500 000 voxels of 0.75 x 0.75 x 5 = 2.8125 mm3
    assert file.labels == (LabelRecord(label=1, voxels=500_000, volume_ml=1406.25),)
    assert (file.file, file.kind) == ("liver.nii.gz", "mask")
    assert "label    mL   voxels" in shown(LIVER)
    of_map = replace(LIVER, labels=(Label(1, "liver", 500_000), Label(2, None, 3)))
    assert "label  name " in shown(of_map)
    assert file.geometry.extent_mm == (384.0, 384.0, 200.0)
    assert file.values is None


def test_an_empty_mask_has_no_label_and_an_image_has_no_such_key() -> None:
    empty, image = as_dict(as_check([EMPTY, CT], []))["files"]
    assert (empty["status"], empty["labels"]) == ("ok", [])
    assert "labels" not in image
    assert image["values"] == [-1000.0, 420.0]


def test_files_fit_when_all_were_read_and_none_is_apart() -> None:
    assert as_check([LIVER, CT], []).fits
    assert not as_check([LIVER, BROKEN], []).fits
    apart = Misfit("flr.nii", "liver.nii.gz", "it is rotated relative to the other grid")
    record = as_check([LIVER, EMPTY], [apart])
    assert (record.fits, record.misfits[0].reason) == (
        False,
        "it is rotated relative to the other grid",
    )


def test_a_refused_file_is_with_its_refusal() -> None:
    (file,) = as_dict(as_check([BROKEN], []))["files"]
    assert (file["status"], file["refusal"]["code"]) == ("refused", "gzip.cut")
    assert set(file["refusal"]) == {"code", "message", "file", "reason", "remedy"}


def test_geometry_in_words() -> None:
    told = "512 x 512 x 40 voxels of 0.75 x 0.75 x 5 mm, 384 x 384 x 200 mm in total; "
    assert (
        describe_geometry(GRID)
        == told + "axes pointing towards the patient's right, front and head"
    )
    lost = Grid(GRID.shape, GRID.affine, placed=False)
    assert describe_geometry(lost) == told + "orientation and position in the patient are unknown"
    lps = Grid((4, 4, 4), ((-1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0)))
    assert describe_geometry(lps).endswith(
        "; axes pointing towards the patient's left, back and head"
    )
    # 3-4-5: the first two axes are turned by atan(3/4)
    turned = Grid((4, 4, 4), ((0.8, -0.6, 0.0, 0.0), (0.6, 0.8, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)))
    assert describe_geometry(turned).endswith(
        "; axes pointing towards the patient's right, front and head, tilted by 36.9 degrees"
    )


def test_the_table_states_it_all() -> None:
    text = shown(LIVER, CT, EMPTY, BROKEN)
    for words in (
        "liver.nii.gz: mask, nifti1",
        "1406",
        "500 000",
        "values -1000 to 420",
        "empty mask",
        "flr.nii.gz: refused",
        "gzip.cut",
        "The files do not fit together.",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_table_states_that_they_fit_or_what_is_apart() -> None:
    assert "The files fit together." in shown(LIVER, CT)
    apart = Misfit("t.nii", "liver.nii.gz", "it is rotated relative to the other grid")
    assert "t.nii, compared with liver.nii.gz: it is rotated relative to the other grid" in shown(
        LIVER, EMPTY, misfits=(apart,)
    )
    assert "together" not in shown(LIVER)


def test_a_grid_that_its_format_rounds_is_reported_by_how_much() -> None:
    structure = Structure(
        1, block(GRID, (0, 9), (0, 9), (0, 9)), "liver", "liver", number_before=1,
        voxels_before=729, ml_before=2.05,
    )  # fmt: skip
    converted = ConvertedFile("liver.nrrd", GRID, LIVER.inputs, structures=(structure,))
    for off_mm, told in ((0.0, []), (0.00025, ["convert.rounded"])):
        record = as_conversion(
            converted, Written("liver.nii", "nifti1", Output(b"x", "uint8"), off_mm)
        )
        assert [one.code for one in record.findings] == told
        assert record.verified.grid_off_mm == off_mm
    assert "by at most 0.00025 mm at a corner" in record.findings[0].message


# ---- archives


def test_studies_are_listed_with_what_the_archive_states_and_counted() -> None:
    known = ArchiveStudyRecord(
        study_uid="1.2.3", date="20260504", modalities=("CT", "SEG"), instances=1_203
    )
    studies = (known, ArchiveStudyRecord(study_uid="1.2.4"))
    record = ArchiveFindRecord(refusal=None, archive="pacs", studies=studies)
    assert [*format_found(record)] == [
        "20260504  1.2.3  CT  SEG  1,203 objects",
        "no date  1.2.4",
        "2 studies in pacs",
    ]


@each_case(
    "studies, line",
    {
        "none": ((), "0 studies in pacs"),
        "one": ((ArchiveStudyRecord(study_uid="1.2"),), "1 study in pacs"),
    },
)
def test_one_study_is_not_several(studies: tuple[ArchiveStudyRecord, ...], line: str) -> None:
    record = ArchiveFindRecord(refusal=None, archive="pacs", studies=studies)
    assert [*format_found(record)][-1] == line


@each_case(
    "record, lines",
    {
        "fetched": (
            ArchiveTransferRecord(
                refusal=None, action="pull", archive="pacs", objects=1_203, folder="study"
            ),
            ["fetched: 1,203 objects, archive pacs, in the folder study"],
        ),
        "stored": (
            ArchiveTransferRecord(refusal=None, action="push", archive="pacs", objects=4, new=0),
            ["stored and compared: 4 objects, archive pacs", "new in the archive: 0"],
        ),
        "withdrawn": (
            ArchiveTransferRecord(
                refusal=None,
                action="withdraw",
                archive="pacs",
                objects=1,
                reasons=("flr: was 31, now 32", "liver: was 1500, now 1400"),
            ),
            [
                "withdrawn: 1 object, archive pacs",
                "  flr: was 31, now 32",
                "  liver: was 1500, now 1400",
            ],
        ),
    },
)
def test_a_transfer_states_how_many_objects_where_and_why(
    record: ArchiveTransferRecord, lines: list[str]
) -> None:
    assert [*format_transfer(record)] == lines


# ---- a segmentation


EMPTY_MASK = "tumour.nii.gz: the engine found nothing"


def test_masks_are_listed_with_their_engine_and_what_is_not_used() -> None:
    engine = EngineRecord(name="mine", title="Mine", version="1.2", offline=True)
    masks = (
        DrawnMaskRecord(
            file="labelmap.nii.gz", role="labelmap", sha256="0", volume_ml=1559.6, used=True
        ),
        DrawnMaskRecord(file="tumour.nii.gz", role="tumour", sha256="0", volume_ml=0.0, used=False),
    )
    found = FindingRecord(
        code="engine.nothing_found", severity="warning", message=EMPTY_MASK, file="tumour.nii.gz"
    )
    record = SegmentationRecord(
        refusal=None, inputs=(), engine=engine, folder="draft", case_file="case.toml",
        masks=masks, findings=(found,),
    )  # fmt: skip
    assert [*format_segmentation(record)] == [
        "Mine 1.2: automatic, not verified: check every mask before using numbers based on it",
        "labelmap.nii.gz: labelmap, 1560 mL",
        "tumour.nii.gz: tumour, 0 mL, empty: not in the case file",
        "draft/case.toml: case file",
        f"warning: {EMPTY_MASK} (engine.nothing_found)",
    ]


# ---- settings


def test_each_key_is_stated_with_who_states_it_and_what_it_goes_before() -> None:
    size = (
        KnownSetting("size_limit", 8, "option"),
        KnownSetting("size_limit", 4, "project", 3),
        KnownSetting("size_limit", 6, "user", 2),
        KnownSetting("size_limit", 100, "default"),
    )
    marks = (KnownSetting("bom", True, "user", 7), KnownSetting("bom", False, "default"))
    record = as_settings(
        {
            "size_limit": size,
            "bom": marks,
            "semicolons": (KnownSetting("semicolons", False, "default"),),
        }
    )
    assert [*format_settings(record)] == [
        "size_limit  8",
        "            set by the command line; option --size-limit",
        "            overrides 4, set by the project's fl-planner.toml, line 3",
        "            overrides 6, set by the user's fl-planner.toml, line 2",
        "bom         yes",
        "            set by the user's fl-planner.toml, line 7; option --bom",
        "semicolons  no",
        "            the default, not set anywhere; option --semicolons",
    ]
