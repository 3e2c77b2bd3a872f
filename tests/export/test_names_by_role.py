"""File names are replaced with roles where files are named, not in other texts."""

from __future__ import annotations

import pytest
from msgspec import structs

from fl_planner.export.hidden_file_names import name_roles, replace_in_part
from fl_planner.record.head import FindingRecord, InputRecord

ROLES = name_roles(
    [
        ("liver file", "liver"),
        ("ct file", "Kowalski"),
        ("flr file", "A_Kowalski_1970.nii.gz"),
        ("treated file", "1500"),
        ("spleen file", "4711234"),
        ("vessels file", "Kowalski Jan"),
    ]
)


def find(message: str, file: str | None) -> FindingRecord:
    return FindingRecord(code="mask.hole", severity="warning", message=message, file=file)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Kowalski: a slice is missing", "ct file: a slice is missing"),
        ("Kowalski Jan: a slice is missing", "vessels file: a slice is missing"),
        ("A_Kowalski_1970.nii.gz on Kowalski: shifted", "flr file on ct file: shifted"),
        ("on the CT, the liver is cut", "on the CT, the liver is cut"),
        ("tumour of 1500 mL", "tumour of 1500 mL"),
        ("4711234: a slice is missing", "spleen file: a slice is missing"),
    ],
)
def test_h18_a_message_names_files_by_role(message: str, shown: str) -> None:
    assert replace_in_part(find(message, "Kowalski"), ROLES) == find(shown, "ct file")


def test_the_name_of_a_folder_that_is_a_word_changes_no_other_text() -> None:
    given = InputRecord(role="liver", file="liver", format="dicom-seg", sha256="0" * 64)
    assert replace_in_part((given,), ROLES) == (structs.replace(given, file="liver file"),)
    words = ("colorectal liver metastases", "liver", "A_Kowalski_1970.nii.gz of the liver")
    assert replace_in_part(words, ROLES) == (*words[:2], "flr file of the liver")


def test_without_names_a_record_is_unchanged() -> None:
    given = find("4 lesions", None)
    assert replace_in_part(given, ROLES) is given
