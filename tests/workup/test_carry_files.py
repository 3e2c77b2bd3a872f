"""Files of `carry`: each structure has one, whatever its name."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from tests.cli.outside import refused, told
from tests.niftis import both_forms, nifti, write

NIB: Any = nibabel
NAMES = ("other cyst 1", "other cyst-1", "other 囊肿", "other 疤痕")


@pytest.mark.slow
def test_h16_structures_with_similar_names_are_written_to_separate_files(tmp_path: Path) -> None:
    """Blocks of 8, 12, 16 and 20 voxels, carried onto the same liver."""
    forms = both_forms((5.0,) * 3, (-55.0, -30.0, -30.0))
    liver = np.zeros((22, 12, 12), np.uint8)
    liver[1:21, 1:11, 1:11] = 1
    write(tmp_path / "liver.nii", nifti(liver, **forms))
    drawn = []
    for number, name in enumerate(NAMES, 2):
        block = np.zeros_like(liver)
        block[4 * number - 5 : 4 * number - 3, 5:7, 4 : 4 + number] = 1
        write(tmp_path / f"{number}.nii", nifti(block, **forms))
        drawn.append(f'"{name}" = "{number}.nii"')
    for case, more in (("a", f"exclude = {{ {', '.join(drawn)} }}\n"), ("b", "")):
        (tmp_path / f"{case}.toml").write_text(
            f'schema = 1\n[masks]\nliver = "liver.nii"\nno_tumour = true\n{more}', "utf-8"
        )
    record = told("carry", "--from", tmp_path / "a.toml", "--to", tmp_path / "b.toml",
                  "--rigid", "--out", tmp_path / "out")  # fmt: skip
    files = [each["file"] for each in record["masks"]]
    assert [each["name"] for each in record["masks"]] == [*NAMES]
    images = [NIB.load(tmp_path / "out" / file) for file in files]
    assert [int(np.count_nonzero(image.get_fdata())) for image in images] == [8, 12, 16, 20]


def test_a_ct_without_a_liver_mask_is_refused_by_the_option_that_it_lacks(tmp_path: Path) -> None:
    ct, flr = tmp_path / "ct.nii", tmp_path / "flr.nii"
    given = ("carry", "--from", ct, "--from-mask", f"flr={flr}", "--to", ct, "--out", "new")
    refusal = refused(*given)
    assert (refusal["code"], refusal["file"]) == ("input.no_liver", "--from-mask")
    assert refusal["remedy"] == "give --from-mask liver=liver.nii.gz"


def test_a_plan_in_place_of_a_case_file_is_refused_as_such(tmp_path: Path) -> None:
    refusal = refused("carry", "--from", tmp_path / "plan.json", "--to", "b.toml", "--out", "new")
    assert (refusal["code"], refusal["file"]) == ("input.no_liver", "--from")
    assert refusal["reason"] == "plan.json is not a case file, and no liver mask was given"
    assert refusal["remedy"] == (
        "give CASE.toml; or if it is a CT, give --from-mask liver=liver.nii.gz"
    )
