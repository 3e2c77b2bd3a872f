"""What makes one liver of masks: sets and hollows by hand, and what no anatomy can be."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import BESIDE_THE_LIVER, SEGMENTS, Anatomy, fill_hollows
from fl_planner.liver.remnant import determine_remnant, list_staying_lesions
from fl_planner.space import gap
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite
from tests.masks import bar, block, liver_part, small_liver, small_segments
from tests.refusals import refuses

LIVER = bar("liver", 10, 100)


@pytest.mark.parametrize("role", ["liver", "flr", "resected", "treated"])
def test_h16_an_empty_mask_is_refused(role: str) -> None:
    parts = {"liver": LIVER, role: bar(role, 0, 0)}
    with refuses("mask.empty") as refusal:
        Anatomy(**parts)  # type: ignore[arg-type]  # each role takes a mask
    assert str(refusal.value) == (
        f"{role}.nii: the {role} mask is empty; "
        "check the label and the export, or omit the mask if this structure was not drawn"
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
        "resected.nii: the remnant and the part to be removed were both given; give only one of "
        "them: the remnant is the liver without the resected part"
    )


def test_the_organ_is_liver_and_tumour_without_what_is_next_to_it() -> None:
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


def test_what_is_next_to_the_liver() -> None:
    # clinical.md 1.2: gallbladder, portal vein trunk and IVC belong to no set
    named = {"gallbladder", "inferior_vena_cava", "ivc", "portal_vein_trunk"}
    assert named | {"spleen", "stomach", "bile_duct"} <= BESIDE_THE_LIVER
    assert not {"liver", "cyst", "hepatic_veins", "body", "tissue"} & BESIDE_THE_LIVER


def test_devascularised_liver_is_liver_and_neither_cyst_nor_next_to_it() -> None:
    names = ("devascularised", "Devascularized area", " congested", "congestion", "cyst")
    parts = tuple(bar(name, 20 + n, 21 + n) for n, name in enumerate(names))
    anatomy = Anatomy(LIVER, excluded=(*parts, bar("ivc", 10, 12)))
    assert anatomy.impaired == parts[:4]
    assert anatomy.within == parts[4:]
    assert (anatomy.organ.voxel_count, anatomy.nontumorous.voxel_count) == (88, 88)


ORGAN = small_liver().organ
LEFT = liver_part([[1, 7, 1, 11, 1, 11]], "flr")
DEEP = [3, 5, 4, 6, 4, 6]  # 8 mL, two voxels or more from every surface
AT_THE_CAPSULE = [1, 3, 4, 6, 4, 6]  # 8 mL


@pytest.mark.parametrize(
    ("lesion", "left_out", "added"),
    [
        (DEEP, [DEEP], 8),  # a hole of the lesion's shape
        (DEEP, [[2, 6, 3, 7, 3, 7]], 8),  # one with a rim of a voxel
        (DEEP, [[2, 6, 2, 8, 2, 8]], 8),  # and with a wide one: closed all around
        (AT_THE_CAPSULE, [AT_THE_CAPSULE], 8),  # a notch
        (AT_THE_CAPSULE, [[1, 4, 3, 7, 3, 7]], 8),  # with a rim of a voxel
        (AT_THE_CAPSULE, [[1, 5, 2, 8, 2, 8]], 0),  # a wedge with two voxels of margin
        (AT_THE_CAPSULE, [], 0),  # painted over: it is in the part, and not beside it
        ([8, 10, 4, 6, 4, 6], [], 0),  # in the other half
        ([7, 9, 4, 6, 4, 6], [], 0),  # there, at the cut
        ([6, 8, 4, 6, 4, 6], [[6, 7, 4, 6, 4, 6]], 0),  # across it
    ],
)
def test_h03_tumour_that_a_part_was_drawn_around(
    lesion: Sequence[int], left_out: Sequence[Sequence[int]], added: int
) -> None:
    tumour = liver_part([lesion], "tumour")
    part = LEFT - liver_part(left_out, "out")
    filled = fill_hollows(part, ORGAN, tumour)
    assert filled.voxel_count - part.voxel_count == added
    assert (filled - part - tumour).voxel_count == 0


LESION = [3, 6, 4, 7, 4, 7]  # 27 mL; 98 voxels lie around it
BESIDE = [6, 7, 3, 8, 3, 8]  # 25 of these, on its way to the other half


@pytest.mark.parametrize(
    ("out", "back", "added"),
    [
        ([[6, 7, 5, 6, 5, 6]], [], 27),  # open by one voxel: 97 of 98 around it are the part's
        ([BESIDE], [[6, 7, 3, 4, 3, 4]], 27),  # 74 of 98, 75.5 %
        ([BESIDE], [], 0),  # 73 of 98, 74.5 %
    ],
)
def test_h03_a_lesion_that_meets_the_cut_is_surrounded_all_the_same(
    out: Sequence[Sequence[int]], back: Sequence[Sequence[int]], added: int
) -> None:
    part = LEFT - liver_part([LESION, *out], "out") | liver_part(back, "flr")
    filled = fill_hollows(part, ORGAN, liver_part([LESION], "tumour"))
    assert filled.voxel_count - part.voxel_count == added


def test_without_tumour_nothing_is_added() -> None:
    part = LEFT - liver_part([DEEP], "out")
    assert fill_hollows(part, ORGAN, None) is part
    assert fill_hollows(part, ORGAN, ORGAN - ORGAN) is part


ISLANDS = Grid.upright((40, 12, 12), (2.0, 2.0, 2.0))
WHOLE = block(ISLANDS, (1, 31), (1, 9), (1, 9), name="liver")
NEAR_END = block(ISLANDS, (1, 11), (1, 9), (1, 9), name="flr")


@pytest.mark.parametrize(
    ("along", "of_near_end"),
    [
        ((2, 5), 9),  # a voxel above the first ten columns
        ((11, 14), 0),  # above the next: that gap is shorter than the oblique one
        ((25, 28), 0),
        ((33, 36), 0),  # beyond the far end
        ((10, 13), 9),  # above both, at the same distance: it is not known to be removed
    ],
)
def test_h03_a_lesion_with_a_gap_to_the_liver_belongs_to_the_nearest_part(
    along: tuple[int, int], of_near_end: int
) -> None:
    lesion = block(ISLANDS, along, (1, 4), (10, 11), name="tumour")
    organ = WHOLE | lesion
    near = fill_hollows(NEAR_END, organ, lesion) - NEAR_END
    far_end = WHOLE - NEAR_END
    far = fill_hollows(far_end, organ, lesion) - far_end
    tie = along == (10, 13)
    assert (near.voxel_count, far.voxel_count) == (of_near_end, 9 if tie else 9 - of_near_end)


@pytest.mark.parametrize(("along", "stays"), [((2, 5), True), ((25, 28), False)])
def test_h03_a_cut_keeps_the_same_lesions_drawn_from_either_side(
    along: tuple[int, int], stays: bool
) -> None:
    lesion = block(ISLANDS, along, (1, 4), (10, 11), name="tumour")
    removed = replace(WHOLE - NEAR_END, name="resected", file="resected.nii")
    whole = Anatomy(WHOLE, tumour=lesion)
    for anatomy in (replace(whole, flr=NEAR_END), replace(whole, resected=removed)):
        remnant, _ = determine_remnant(anatomy, ())
        assert remnant is not None
        assert bool(list_staying_lesions(remnant, anatomy)) is stays


def test_a_part_without_liver_has_no_lesion_outside_the_liver() -> None:
    lesion = block(ISLANDS, (25, 28), (1, 4), (10, 11), name="tumour")
    assert not fill_hollows(WHOLE - WHOLE, WHOLE | lesion, lesion).voxel_count
    filled = fill_hollows(WHOLE, WHOLE | lesion, lesion)
    assert filled.voxel_count == WHOLE.voxel_count + 9  # nothing else is there to be nearer


def test_the_outline_of_the_liver_is_gathered_once_for_many_lesions_with_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    specks = [
        block(ISLANDS, (at, at + 1), (5, 6), (10, 11), name="tumour") for at in (2, 5, 20, 25)
    ]
    tumour = unite(specks)
    gathered: list[int] = []
    gather = gap.gather_outline

    def note(mask: Mask) -> gap.Surface:
        gathered.append(mask.voxel_count)
        return gather(mask)

    monkeypatch.setattr(gap, "gather_outline", note)
    filled = fill_hollows(NEAR_END, WHOLE | tumour, tumour)
    assert filled.voxel_count == NEAR_END.voxel_count + 2  # those above the first ten columns
    assert sorted(gathered) == [1, 1, 1, 1, 640, 1280]  # 10 and 20 columns of 64 voxels
