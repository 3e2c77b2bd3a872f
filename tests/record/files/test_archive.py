"""Archives in lines: studies found, and objects fetched, stored or withdrawn."""

from fl_planner.record.files.archive import (
    ArchiveFindRecord,
    ArchiveStudyRecord,
    ArchiveTransferRecord,
    format_found,
    format_transfer,
)
from tests.cases import each_case


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
