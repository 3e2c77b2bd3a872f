"""What makes one liver of masks: sets by hand, and what no anatomy can be."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import BESIDE_THE_LIVER, SEGMENTS, Anatomy
from tests.masks import bar, small_liver, small_segments
from tests.refusals import refuses

LIVER = bar("liver", 10, 100)


@pytest.mark.parametrize("role", ["liver", "flr", "resected", "treated"])
def test_h16_an_empty_mask_is_refused(role: str) -> None:
    parts = {"liver": LIVER, role: bar(role, 0, 0)}
    with refuses("mask.empty") as refusal:
        Anatomy(**parts)  # type: ignore[arg-type]  # each role takes a mask
    assert str(refusal.value) == (
        f"{role}.nii: the {role} mask is empty; "
        "check the label and the export; leave it out if it was not drawn"
    )


def test_h16_an_empty_segment_is_refused_and_not_0_ml() -> None:
    segments = small_segments()
    segments["4"] = segments["4"] - segments["4"]
    with pytest.raises(InputRefused, match=r"segments\.nii\.gz: the segment_4 mask is empty"):
        replace(small_liver(), segments=segments)


def test_h16_an_empty_tumour_is_no_tumour() -> None:
    anatomy = Anatomy(LIVER, tumour=bar("tumour", 0, 0))
    assert anatomy.organ.voxel_count == anatomy.nontumorous.voxel_count == 90


def test_what_remains_and_what_goes_are_not_given_both() -> None:
    with refuses("remnant.two_masks") as refusal:
        Anatomy(LIVER, flr=bar("flr", 10, 30), resected=bar("resected", 30, 100))
    assert str(refusal.value) == (
        "resected.nii: the remnant and the part to be removed were both given; give one of "
        "them: the remnant is liver without the resected part"
    )


def test_the_organ_is_liver_and_tumour_without_what_lies_beside_it() -> None:
    tumour, cyst = bar("tumour", 95, 110), bar("cyst", 40, 50)
    gallbladder, ivc = bar("gallbladder", 10, 15), bar("inferior_vena_cava", 98, 100)
    anatomy = Anatomy(LIVER, tumour=tumour, excluded=(cyst, gallbladder, ivc))
    assert anatomy.beside == (gallbladder, ivc)
    assert anatomy.within == (cyst,)
    assert anatomy.organ.voxel_count == 100 - 5 - 2  # 10 to 110, a cyst is liver
    assert anatomy.nontumorous.voxel_count == 85 - 5  # 10 to 95
    assert (anatomy.organ.name, anatomy.organ.file) == ("liver", "liver.nii")


def test_segments_are_couinaud_s_eight() -> None:
    assert (*"12345678",) == SEGMENTS


def test_what_is_not_given_changes_nothing() -> None:
    anatomy = Anatomy(LIVER)
    assert anatomy.organ is LIVER
    assert anatomy.nontumorous is LIVER
    assert anatomy.beside == anatomy.within == ()
    assert not anatomy.segments


def test_what_lies_beside_the_liver() -> None:
    # clinical.md 1.2: gallbladder, portal vein trunk and IVC belong to no set
    named = {"gallbladder", "inferior_vena_cava", "ivc", "portal_vein_trunk"}
    assert named | {"spleen", "stomach", "bile_duct"} <= BESIDE_THE_LIVER
    assert not {"liver", "cyst", "hepatic_veins", "body", "tissue"} & BESIDE_THE_LIVER


def test_devascularised_liver_is_liver_and_neither_cyst_nor_beside_it() -> None:
    names = ("devascularised", "Devascularized area", " congested", "congestion", "cyst")
    parts = tuple(bar(name, 20 + n, 21 + n) for n, name in enumerate(names))
    anatomy = Anatomy(LIVER, excluded=(*parts, bar("ivc", 10, 12)))
    assert anatomy.impaired == parts[:4]
    assert anatomy.within == parts[4:]
    assert (anatomy.organ.voxel_count, anatomy.nontumorous.voxel_count) == (88, 88)
