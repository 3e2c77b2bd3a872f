"""Files of 3D Slicer: what SimpleITK finds in them, and what comes back from them."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK

import fl_planner
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.workup.files.slicer import as_niftis, as_slicer
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, truth
from tests.niftis import both_forms, nifti, write

pytestmark = pytest.mark.slow

CRLM = BUNDLED / "crlm"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slicer") / "pictures"
    ran = ask("pictures", CRLM / "case.toml", "--out", folder, "--dpi", "60", "--slicer")
    assert ran.status == 0
    return folder


def segments_of(image: Any) -> dict[str, dict[str, str]]:
    """List what the header says of each segment, by its name."""
    told: dict[str, dict[str, str]] = {}
    for key in image.GetMetaDataKeys():
        segment, _, word = key.partition("_")
        if segment.startswith("Segment") and segment.removeprefix("Segment").isdigit():
            told.setdefault(segment, {})[word] = image.GetMetaData(key)
    return {one["Name"]: one for one in told.values()}


def test_another_reader_counts_the_voxels_of_each_name(made: Path) -> None:
    """As they were counted from the bytes of the bundled masks, without any image library."""
    image: Any = SimpleITK.ReadImage(made / "slicer.seg.nrrd")
    array = SimpleITK.GetArrayFromImage(image)
    found = {
        name: int((array[..., int(one["Layer"])] == int(one["LabelValue"])).sum())
        for name, one in segments_of(image).items()
    }
    counted = truth()["crlm"]
    assert found["flr"] == 349_738
    assert found["liver"] - found["tumour"] == 1_167_331
    assert set(found) == {"liver", "tumour", "flr", *(f"segment_{n}" for n in range(1, 9))}
    assert json.dumps(counted).count(str(found["liver"]))
    ct: Any = SimpleITK.ReadImage(CRLM / "ct.nii.gz")
    again: Any = SimpleITK.ReadImage(made / "slicer_ct.nrrd")
    for same in ("GetSize", "GetSpacing", "GetOrigin"):
        assert getattr(again, same)() == pytest.approx(getattr(ct, same)(), abs=1e-4)
    values, written = (SimpleITK.GetArrayFromImage(one) for one in (ct, again))
    assert np.array_equal(values, written)
    assert image.GetOrigin() == pytest.approx(ct.GetOrigin(), abs=1e-4)


def test_each_segment_has_a_colour_of_its_own(made: Path) -> None:
    told = segments_of(SimpleITK.ReadImage(made / "slicer.seg.nrrd"))
    colours = [tuple(map(float, one["Color"].split())) for one in told.values()]
    assert all(len(colour) == 3 and min(colour) >= 0 and max(colour) <= 1 for colour in colours)
    assert len(set(colours)) == len(told)


def test_what_comes_back_is_the_same_case(made: Path) -> None:
    masks = made / "slicer.seg.nrrd"
    volumes = fl_planner.volume(liver=masks, tumour=masks, flr=masks)
    assert volumes["voxels"]["flr"] == 349_738
    assert volumes["flr_percent_shown"] == "29.96"


@pytest.mark.essential
def test_a_case_without_a_ct_has_masks_alone(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 3000), cyst=(7000, 7100))
    text = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    case = case_toml(tmp_path, f'{text}exclude = {{ cyst = "cyst.nii" }}\n')
    folder = tmp_path / "out"
    assert ask("pictures", case, "--out", folder, "--dpi", "60", "--slicer").status == 0
    assert not (folder / "slicer_ct.nrrd").exists()
    told = segments_of(SimpleITK.ReadImage(folder / "slicer.seg.nrrd"))
    assert {*told} == {"liver", "flr", "exclude cyst"}


def test_h04_drawn_masks_are_not_marked_as_the_spect_of_their_case(tmp_path: Path) -> None:
    """A SPECT registered to the CT is a draft; the masks were drawn, and each is a mask."""
    for name in ("crlm", "function"):
        shutil.copytree(BUNDLED / name, tmp_path / name)
    spect = tmp_path / "function" / "spect.nii.gz"
    image: Any = nibabel.Nifti1Image.from_bytes(gzip.decompress(spect.read_bytes()))
    image.header["descrip"] = b"fl-planner: carried, not drawn; SPECT off by 1.50 mm"
    nibabel.save(image, spect)
    made = fl_planner.plan(tmp_path / "function" / "function.toml")
    assert "spect.carried" in [one["code"] for one in made.findings]
    for content in as_niftis(made.plan, Limits()).values():
        written: Any = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
        assert written.header["descrip"].item() == b""
    assert "slicer.seg.nrrd" in as_slicer(made.plan.case, Limits())


def test_h04_a_carried_mask_is_not_written_where_nothing_can_state_this(tmp_path: Path) -> None:
    SMALL.write(tmp_path, flr=(0, 3000))
    forms = both_forms((5.0,) * 3, (-40.0, -60.0, 30.0))
    mark = b"fl-planner: carried, not drawn; off by 5.38 mm"
    write(tmp_path / "flr.nii", nifti(SMALL.mask(0, 3000), descrip=mark, **forms))
    text = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    case = case_toml(tmp_path, text)
    folder = tmp_path / "out"
    ran = ask("pictures", case, "--out", folder, "--dpi", "60", "--slicer")
    assert ran.status == 2
    assert "carried" in ran.err
    assert not folder.exists()
