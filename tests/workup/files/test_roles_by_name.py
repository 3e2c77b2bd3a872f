"""What `check` says of files together: what `volume` says, in the roles that names tell."""

import shutil
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from fl_planner.basis.findings import in_order
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.file_facts import Assessed
from fl_planner.intake.documents.samples import sample_case
from fl_planner.liver.names.exclusions import guess_role
from fl_planner.workup.files.check import check_files
from fl_planner.workup.files.roles_by_name import assess_files, names_other
from tests.cases import sure
from tests.cli.outside import SMALL, ask, refused, told
from tests.masks import codes
from tests.niftis import both_forms, nifti, write
from tests.nrrds import seg_nrrd, segment

PLANE = (-40.0, -60.0, 30.0)


def assess(*paths: Path) -> Assessed | None:
    checked, misfits = check_files(paths, Limits())
    return assess_files(paths, checked, misfits, Limits())


def put(folder: Path, **parts: tuple[int, int]) -> list[Path]:
    """Write parts of the liver of 1000 mL, 8000 voxels, by their names."""
    return [
        SMALL.file(folder / f"{name}.nii", SMALL.mask(*voxels)) for name, voxels in parts.items()
    ]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("liver.nii.gz", "liver"),
        ("Liver_mask.seg.nrrd", "liver"),
        ("MSD-011_liver.nii.gz", "liver"),
        ("case 12 flr.mha", "flr"),
        ("FLR_left.nii", "flr"),
        ("Tumor_1.nii", "tumour"),
        ("lesions.nrrd", "tumour"),
        ("resected.nii", "resected"),
        ("treated.nii", "treated"),
        ("segments.nii.gz", None),
        ("no_tumour.nii", None),
        ("liver_without_tumour.nii", None),
        ("spleen.nii", None),
        ("eye.nii.gz", None),
        ("a.nii", None),
    ],
)
def test_a_role_is_read_from_a_whole_name(name: str, role: str | None) -> None:
    assert guess_role(name) == role


def test_names_of_other_structures_are_told_from_the_whole_liver() -> None:
    others = ("flr.nii.gz", "case 7 tumour.nii", "spleen.nrrd", "left kidney.nii", "segment_4.nii")
    assert all(names_other(name) for name in others)
    assert not any(names_other(name) for name in ("liver.nii", "MSD-011_liver.nii", "a.nii"))


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"flr": (0, 3000)}, []),
        ({"flr": (0, 400)}, ["plausibility.flr_share"]),
        ({"flr": (0, 3000), "tumour": (2900, 3400)}, ["overlap.flr_tumour"]),
        ({"flr": (0, 8000)}, ["plausibility.flr_share"]),
        ({"treated": (4000, 8000)}, []),
    ],
)
def test_h16_what_volume_states_is_stated(
    parts: dict[str, tuple[int, int]], found: list[str], tmp_path: Path
) -> None:
    paths = put(tmp_path, liver=(0, 8000), **parts)
    assessed = assess(*paths)
    assert assessed is not None
    loud = [one.code for one in assessed.findings if one.severity.value != "info"]
    assert set(found) <= set(loud)
    masks = [f"--{path.stem}" if n % 2 == 0 else str(path) for path in paths for n in range(2)]
    record = told("volume", *masks)
    assert [one["code"] for one in record["findings"]] == codes(in_order(assessed.findings))
    assert dict(assessed.roles) == {path.stem: path.name for path in paths}


def test_h16_a_refusal_is_reported(tmp_path: Path) -> None:
    assessed = assess(*put(tmp_path, liver=(0, 5000), flr=(5000, 8000)))
    assert assessed is not None
    assert sure(assessed.refused).code == "stray.mostly_outside"
    record = told("check", tmp_path / "liver.nii", tmp_path / "flr.nii")
    assert record["assessment"]["refusal"]["file"] == "flr.nii"
    assert (record["fits"], record["misfits"]) == (False, [])  # on one grid, and refused
    masks = [tmp_path / "liver.nii", tmp_path / "flr.nii"]
    asked = ask("check", *masks, "--exit-code")
    assert asked.status == 4
    assert "The files fit together" not in asked.out
    assert "share one grid but do not match" in asked.out


@pytest.mark.slow
def test_h02_files_that_an_error_forbids_do_not_fit(tmp_path: Path) -> None:
    """A liver whose CT shows it on the other side lies on the same grid, and does not fit it."""
    for name in ("ct", "tumour"):
        shutil.copy(sample_case("crlm") / f"{name}.nii.gz", tmp_path)
    image: Any = nib.load(sample_case("crlm") / "liver.nii.gz")
    turned = np.ascontiguousarray(np.asarray(image.dataobj)[::-1])
    nib.save(nib.Nifti1Image(turned, image.affine), tmp_path / "liver.nii.gz")  # type: ignore[no-untyped-call]
    asked = ask("check", tmp_path, "--exit-code")
    flat = " ".join(asked.out.split())
    assert asked.status == 4
    assert "error: liver.nii.gz on ct.nii.gz: the mask fits the CT better if mirrored (" in flat
    assert "files fit together" not in asked.out
    assert told("check", tmp_path)["fits"] is False


def test_h16_files_that_fit_with_a_warning_are_not_called_fitting(tmp_path: Path) -> None:
    paths = put(tmp_path, liver=(0, 8000), flr=(0, 400))
    asked = ask("check", *paths, "--exit-code")
    assert (asked.status, told("check", *paths)["fits"]) == (0, True)
    assert "files fit together" not in asked.out
    assert "share one grid. Review the warnings below" in asked.out
    clean = ask("check", *put(tmp_path, liver=(0, 8000), flr=(0, 3000)))
    assert "The files fit together." in clean.out


UNASKED = {
    "no role": (("liver", "something"), ["something.nii"], "the file name states no role"),
    "no liver": (("flr", "tumour"), ["flr.nii", "tumour.nii"], "name liver"),
    "another organ": (("liver", "spleen"), [], ""),
    "none": (("liver", "flr"), [], ""),
    "the rest of a remnant": (("liver", "flr", "resected"), [], ""),
}


@pytest.mark.parametrize(("names", "left", "why"), UNASKED.values(), ids=UNASKED)
def test_h16_a_mask_that_was_asked_nothing_is_named_and_how_to_name_it(
    names: tuple[str, ...], left: list[str], why: str, tmp_path: Path
) -> None:
    paths = put(tmp_path, **{name: (0, 8000 if name == "liver" else 3000) for name in names})
    found = told("check", *paths)["assessment"].get("unasked", [])
    assert [one["file"] for one in found] == left
    assert all(why in one["reason"] for one in found)
    said = " ".join(ask("check", *paths).out.split())
    assert ("Not checked as a liver structure: " in said) is bool(left)
    assert ("liver.nii.gz, tumour.nii.gz, flr.nii.gz" in said) is bool(left)


def test_h16_two_files_of_one_role_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (liver, flr), (other,) = (
        put(tmp_path, liver=(0, 8000), flr=(0, 3000)),
        put(tmp_path / "b", liver=(0, 7000)),
    )
    found = sure(assess(liver, flr, other)).unasked
    assert found == (
        ("liver.nii", "several files have the name liver"),
        ("flr.nii", "no file, or more than one, has the name liver"),
        ("liver.nii", "several files have the name liver"),
    )


def test_h13_a_map_of_segments_goes_with_the_liver(tmp_path: Path) -> None:
    labels = np.zeros_like(SMALL.mask(0, 0))
    for number in range(1, 9):
        labels += number * SMALL.mask(1000 * (number - 1) + 60, 1000 * number)  # 6 % in none
    couinaud = SMALL.file(tmp_path / "anything.nii", labels)
    (liver,) = put(tmp_path, liver=(0, 8000))
    assessed = assess(couinaud, liver)
    assert assessed is not None
    assert dict(assessed.roles) == {"labelmap": "anything.nii", "liver": "liver.nii"}
    assert "segments.cover" in codes(assessed.findings)
    two = SMALL.file(tmp_path / "two.nii", np.minimum(labels, 2))  # LiTS's, or two segments
    assessed = assess(two, liver)
    assert dict(sure(assessed).roles) == {"liver": "liver.nii"}


def slabs(*numbers: int) -> np.ndarray:
    """Give parts of 125 mL of the liver these numbers."""
    return sum(
        (n * SMALL.mask(1000 * at, 1000 * (at + 1)) for at, n in enumerate(numbers)),
        start=np.zeros_like(SMALL.mask(0, 0)),
    )


def test_h13_a_map_of_another_scheme_is_asked_about(tmp_path: Path) -> None:
    path = SMALL.file(tmp_path / "anything.nii", slabs(1, 2))  # LiTS's, or two segments
    (found,) = told("check", path)["assessment"]["findings"]
    refusal = refused("volume", "--labelmap", path)
    assert (found["code"], found["severity"]) == ("labels.which_scheme", "warning")
    assert found["message"] == refusal["message"]
    assert "the labelling scheme is unclear: " in found["message"]
    (liver,) = put(tmp_path, liver=(0, 8000))
    beside = told("check", path, liver)["assessment"]
    assert found in beside["findings"]
    assert beside["read_as"] == [{"role": "liver", "file": "liver.nii"}]


@pytest.mark.parametrize("numbers", [(2, 3, 4, 5, 6, 7, 10, 11), (1, 2, 3, 4, 5, 6, 7, 90)])
def test_h13_labels_of_no_known_scheme_are_reported(
    numbers: tuple[int, ...], tmp_path: Path
) -> None:
    path = SMALL.file(tmp_path / "anything.nii", slabs(*numbers))
    (found,) = told("check", path)["assessment"]["findings"]
    assert (found["code"], found["severity"]) == ("labels.unknown", "warning")
    assert found in told("volume", "--labelmap", path)["findings"]


def test_h13_a_map_of_segments_alone_is_asked_nothing_of_a_scheme(tmp_path: Path) -> None:
    for numbers in ((1, 2, 3, 4, 5, 6, 7, 8), (2, 3, 4)):
        path = SMALL.file(tmp_path / "anything.nii", slabs(*numbers))
        found = told("check", path)["assessment"]["findings"]
        assert not [one for one in found if one["code"].startswith("labels.")]


@pytest.mark.parametrize("liver", [(), ("Liver",)])
def test_h13_a_segment_of_an_unknown_name_is_reported(
    liver: tuple[str, ...], tmp_path: Path
) -> None:
    names = (*liver, "Metastasis?", "Spleen")
    keys = [segment(n, name, layer=n) for n, name in enumerate(names)]
    layers = [SMALL.mask(0, 8000), SMALL.mask(0, 400), SMALL.mask(0, 500)][-len(names) :]
    rows = [(5.0, 0.0, 0.0, -40.0), (0.0, 5.0, 0.0, -60.0), (0.0, 0.0, 5.0, 30.0)]
    path = write(tmp_path / "planning.seg.nrrd", seg_nrrd(layers, rows, *keys))
    record = told("check", path)["assessment"]
    (found,) = (one for one in record["findings"] if one["code"] == "segments.passed_over")
    assert "Metastasis? (50.0 mL)" in found["message"]
    assert "Spleen" not in found["message"]


def named_segment(path: Path, name: str, voxels: tuple[int, int]) -> Path:
    rows = [(5.0, 0.0, 0.0, -40.0), (0.0, 5.0, 0.0, -60.0), (0.0, 0.0, 5.0, 30.0)]
    return write(path, seg_nrrd([SMALL.mask(*voxels)], rows, segment(0, name)))


@pytest.mark.parametrize("stems", [("liver", "flr", "tumour"), ("a", "b", "c")])
def test_h16_files_of_one_segment_each_have_the_role_of_its_name(
    stems: tuple[str, str, str], tmp_path: Path
) -> None:
    first, second, third = (tmp_path / f"{stem}.seg.nrrd" for stem in stems)
    paths = (
        named_segment(first, "Liver", (0, 8000)),
        named_segment(second, "FLR", (0, 3000)),
        named_segment(third, "Tumor", (2000, 5000)),
    )
    assessed = sure(assess(*paths))
    roles = {file: role for role, file in assessed.roles}
    assert roles[second.name] == "flr"
    assert roles[third.name] == "tumour"
    assert first.name in roles
    assert "overlap.flr_tumour" in codes(assessed.findings)


def test_h16_two_files_of_one_segment_with_one_name_are_both_named(tmp_path: Path) -> None:
    liver, *drawn = (
        named_segment(tmp_path / f"{n}.seg.nrrd", name, (0, voxels))
        for n, (name, voxels) in enumerate((("Liver", 8000), ("FLR", 3000), ("FLR", 2500)))
    )
    assessed = sure(assess(liver, *drawn))
    assert dict(assessed.roles) == {"labelmap": liver.name}
    why = "several files have the name flr"
    assert assessed.unasked == tuple((path.name, why) for path in drawn)


@pytest.mark.parametrize("liver", [(), ("Liver",)])
def test_h13_organs_numbered_in_order_are_not_read_as_segments_of_the_liver(
    liver: tuple[str, ...], tmp_path: Path
) -> None:
    """Labels 1 to 4 with the names of organs: only a map without names may be in order."""
    names = ("Spleen", "Stomach", "Pancreas", "Aorta")
    voxels = np.zeros(SMALL.mask(0, 1).shape, "u1")
    for number in range(1, 5):
        voxels[SMALL.mask(2000 * (number - 1), 2000 * number) > 0] = number
    keys = [segment(n, name, label=n + 1) for n, name in enumerate(names)]
    rows = [(5.0, 0.0, 0.0, -40.0), (0.0, 5.0, 0.0, -60.0), (0.0, 0.0, 5.0, 30.0)]
    path = write(tmp_path / "organs.seg.nrrd", seg_nrrd([voxels], rows, *keys))
    paths = [path, *put(tmp_path, **{name.lower(): (0, 8000) for name in liver})]
    assessed = assess(*paths)
    roles = () if assessed is None else assessed.roles
    assert "labelmap" not in dict(roles)


def in_files(folder: Path, voxels: np.ndarray) -> Path:
    folder.mkdir()
    for number in range(1, 9):
        one = (voxels == number).astype("u1")
        SMALL.file(folder / f"liver_segment_{number}.nii", one)
    return folder


def test_h13_a_folder_of_segments_is_read_as_one_map(tmp_path: Path) -> None:
    folder = in_files(tmp_path / "segments", slabs(1, 2, 3, 4, 5, 6, 7, 8))
    (liver,) = put(tmp_path, liver=(0, 8000))
    SMALL.file(folder / "tumour.nii", SMALL.mask(0, 40))
    record = told("check", liver, folder)
    file = record["files"][1]
    assert (file["file"], file["kind"], record["fits"]) == ("segments", "label map", True)
    names = [f"liver_segment_{number}.nii" for number in range(1, 9)]
    assert [(one["label"], one["name"], one["voxels"]) for one in file["labels"]] == [
        (number, name, 1000) for number, name in enumerate(names, 1)
    ]
    assert [one["file"] for one in file["inputs"]] == names
    assert [one["code"] for one in file["findings"]] == ["labels.passed_over"]  # the tumour
    assessment = record["assessment"]
    assert {"role": "labelmap", "file": "segments"} in assessment["read_as"]
    volume = told("volume", "--liver", liver, "--labelmap", folder)
    assert [one["code"] for one in volume["findings"] if one["code"] != "labels.passed_over"] == [
        one["code"] for one in assessment["findings"]
    ]


def test_h06_a_folder_of_segments_on_two_grids_is_refused(tmp_path: Path) -> None:
    folder = in_files(tmp_path / "segments", slabs(1, 2, 3, 4, 5, 6, 7, 8))
    off = nifti(SMALL.mask(0, 400), **both_forms((4.0, 5.0, 5.0), PLANE))
    write(folder / "liver_segment_3.nii", off)
    assert refused("check", folder)["code"] == "grid.differs"
    (tmp_path / "nothing").mkdir()
    assert refused("check", tmp_path / "nothing")["code"] != "grid.differs"


def test_files_that_seem_to_be_one_thing_are_left_out(tmp_path: Path) -> None:
    flr, liver = put(tmp_path, flr=(0, 400), liver=(0, 8000))
    (tmp_path / "b").mkdir()
    other = SMALL.file(tmp_path / "b" / "FLR.nii", SMALL.mask(0, 500))
    assessed = assess(flr, liver, other)
    assert assessed is not None
    assert dict(assessed.roles) == {"liver": "liver.nii"}
    lesions = [SMALL.file(tmp_path / f"tumour_{n}.nii", SMALL.mask(n, n + 40)) for n in (1, 900)]
    assessed = assess(liver, *lesions)
    assert [role for role, _ in sure(assessed).roles] == ["liver", "tumour", "tumour"]


def test_h01_a_mask_of_no_known_role_is_asked_what_any_is(tmp_path: Path) -> None:
    thick = nifti(SMALL.mask(0, 8000), **both_forms((5.0, 5.0, 6.0), PLANE))
    assessed = assess(write(tmp_path / "eye.nii", thick))
    assert assessed is not None
    assert (assessed.roles, codes(assessed.findings)) == ((), ["plausibility.thick_slices"])
    (empty,) = put(tmp_path, eye=(0, 0))
    assert sure(assess(empty)).findings == ()
    rim = SMALL.mask(0, 8000)
    rim[2:-2, 2:-2, :] = 0
    (liver,) = put(tmp_path, liver=(0, 8000))
    assessed = assess(liver, SMALL.file(tmp_path / "eye.nii", rim))
    assert "parts.outline" in codes(sure(assessed).findings)


@pytest.mark.parametrize("liver", [(), ("liver",)])  # the rim is examined alone either way
def test_a_rim_around_a_large_tumour_is_not_an_outline_where_the_tumour_is_known(
    tmp_path: Path, liver: tuple[str, ...]
) -> None:
    whole = SMALL.mask(0, 8000)
    tumour = np.zeros_like(whole)
    tumour[3:-3, 3:-3, 3:-3] = whole[3:-3, 3:-3, 3:-3]
    rim = SMALL.file(tmp_path / "series 7.nii", whole & ~tumour.astype(bool))
    more = put(tmp_path, **dict.fromkeys(liver, (0, 8000)))
    alone = sure(assess(rim, *more))
    assert "parts.outline" in codes(alone.findings)
    lesion = SMALL.file(tmp_path / "tumour.nii", tumour)
    assert "parts.outline" not in codes(sure(assess(rim, lesion, *more)).findings)
    lesion = SMALL.file(tmp_path / "tumour.nii", SMALL.mask(0, 40))  # elsewhere: no reason
    assert "parts.outline" in codes(sure(assess(rim, lesion, *more)).findings)


def test_what_was_reported_next_to_a_file_is_not_reported_again(tmp_path: Path) -> None:
    unset = nifti(SMALL.mask(0, 8000), **both_forms((1.0, 1.0, 1.0)))
    record = told("check", write(tmp_path / "liver.nii", unset))
    assert "geometry.looks_unset" in [one["code"] for one in record["files"][0]["findings"]]
    found = [one["code"] for one in record["assessment"]["findings"]]
    assert "geometry.looks_unset" not in found
    assert "plausibility.liver_volume" in found


def test_files_on_another_grid_and_images_alone_are_not_assessed(tmp_path: Path) -> None:
    (liver,) = put(tmp_path, liver=(0, 8000))
    off = write(tmp_path / "flr.nii", nifti(SMALL.mask(0, 400), **both_forms((4.0, 5.0, 5.0))))
    assessed = assess(liver, off)
    assert assessed is not None
    assert dict(assessed.roles) == {"liver": "liver.nii"}
    counts = np.arange(22**3, dtype=np.int16).reshape(22, 22, 22)
    image = write(tmp_path / "spect.nii", nifti(counts, **both_forms((5.0, 5.0, 5.0), PLANE)))
    assert assess(image) is None
    assessed = assess(liver, image)
    assert assessed is not None
    assert dict(assessed.roles) == {"liver": "liver.nii"}
    hu = write(tmp_path / "a.nii", nifti(counts - 1000, **both_forms((5.0, 5.0, 5.0), PLANE)))
    assessed = assess(liver, hu)
    assert dict(sure(assessed).roles) == {"liver": "liver.nii", "ct": "a.nii"}


@pytest.mark.parametrize(
    ("names", "ct"),
    [
        (("ct",), "ct.nii"),
        (("MSD-011_CT",), "MSD-011_CT.nii"),
        (("liver ct 2",), "liver ct 2.nii"),
        (("spect",), None),
        (("PET-CT",), None),
        (("SPECT_CT",), None),
        (("MAA_CT",), None),
        (("MR_to_CT",), None),
        (("T1 on CT",), None),
        (("contact",), None),
        (("MRI_ct",), None),
        (("mebrofenin ct",), None),
        (("ct_in_portal_phase",), "ct_in_portal_phase.nii"),
        (("ct", "ct_2"), None),
    ],
)
def test_h02_a_ct_by_name_is_checked_even_if_its_values_are_not_hu(
    names: tuple[str, ...], ct: str | None, tmp_path: Path
) -> None:
    """Stored without its rescaling, a CT begins at 0 rather than at -1024 HU."""
    liver = put(tmp_path, liver=(0, 8000))
    counts = np.arange(22**3, dtype=np.int16).reshape(22, 22, 22)
    stored = nifti(counts, **both_forms((5.0, 5.0, 5.0), PLANE))
    images = [write(tmp_path / f"{name}.nii", stored) for name in names]
    assessed = sure(assess(*liver, *images))
    assert dict(assessed.roles).get("ct") == ct
    odd = [found.file for found in assessed.findings if found.code == "ct.not_hounsfield"]
    assert odd == ([] if ct is None else [ct])
    several = [found.message for found in assessed.findings if found.code == "ct.several"]
    assert len(several) == (len(names) > 1)
    assert all("(ct.nii, ct_2.nii)" in each for each in several)


def test_h02_an_image_in_hu_is_the_ct_rather_than_one_so_named(tmp_path: Path) -> None:
    liver = put(tmp_path, liver=(0, 8000))
    counts = np.arange(22**3, dtype=np.int16).reshape(22, 22, 22)
    plane = both_forms((5.0, 5.0, 5.0), PLANE)
    images = [write(tmp_path / "ct_window.nii", nifti(counts, **plane))]
    images.append(write(tmp_path / "a.nii", nifti(counts - 1000, **plane)))
    assessed = sure(assess(*liver, *images))
    assert dict(assessed.roles) == {"liver": "liver.nii", "ct": "a.nii"}
