"""Which structures are converted: one that is meant, or a refusal that lists what there is."""

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.segments.content import NamedStructure, choose_structures
from fl_planner.liver.names.part_names import structure_of
from fl_planner.space.grid import Grid
from tests.masks import cells
from tests.refusals import refuses

GRID = Grid.upright((2, 2, 2), (1.0, 1.0, 1.0))


def named(number: int, name: str | None = None) -> NamedStructure:
    mask = cells(GRID, [(0, 0, 0)], name or f"label {number}", "a.nrrd")
    return NamedStructure(number, mask, name, structure_of(name) if name else None)


EVERY = [
    named(1, "Liver"), named(2, "Tumor_1"), named(3, "Tumor_2"), named(4, "liver"),
    named(7, "Segment IVa"), named(9),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("Liver", 1),
        ("liver", 4),
        ("tumor_2", 3),
        ("segment_4a", 7),
        ("SEGMENT IVA", 7),
        ("3", 3),
        ("9", 9),
    ],
)
def test_one_is_meant(entry: str, number: int) -> None:
    (one,) = choose_structures("a.nrrd", EVERY, [entry])
    assert one.number == number


def test_all_where_none_is_asked_for() -> None:
    assert choose_structures("a.nrrd", EVERY, ()) == EVERY


def test_the_order_is_that_of_the_question() -> None:
    chosen = choose_structures("a.nrrd", EVERY, ["3", "Liver", "3"])
    assert [one.number for one in chosen] == [3, 1]


@pytest.mark.parametrize(("entry", "of"), [("tumour", "Tumor_1 (2), Tumor_2 (3)"), ("LIVER", "1")])
def test_several_are_meant(entry: str, of: str) -> None:
    with refuses("convert.several", "a.nrrd", says=of):
        choose_structures("a.nrrd", EVERY, [entry])


@pytest.mark.parametrize("entry", ["spleen", "8", "spleen=8", "spleen=1", "=9", "spleen=9x"])
def test_none_is_meant(entry: str) -> None:
    with refuses("convert.no_structure") as refused:
        choose_structures("a.nrrd", EVERY, [entry])
    assert refused.value.reason == (
        f"holds no structure {entry}; there are Liver (1), Tumor_1 (2), Tumor_2 (3), liver (4), "
        "Segment IVa (7), 9"
    )


def test_a_long_list_is_cut() -> None:
    with pytest.raises(InputRefused, match=r"there are 1, 2, .*, 12 and 2 more"):
        choose_structures("a.nii", [named(n) for n in range(1, 15)], ["spleen"])
    with pytest.raises(InputRefused, match="there are none"):
        choose_structures("a.nii", [], ["spleen"])


def test_a_number_without_a_name_is_given_one() -> None:
    (one,) = choose_structures("a.nrrd", EVERY, ["Segment V=9"])
    assert (one.number, one.name, one.meaning) == (9, "Segment V", "segment_5")
    assert one.mask.name == "Segment V"


def test_one_structure_without_a_name_takes_any() -> None:
    (one,) = choose_structures("liver.nii", [named(255)], ["liver"])
    assert (one.number, one.name, one.meaning) == (255, "liver", "liver")
    with pytest.raises(InputRefused, match="holds no structure flr; there are Liver"):
        choose_structures("liver.nrrd", [named(1, "Liver")], ["flr"])


def test_one_structure_twice() -> None:
    with refuses("usage.wrong", "--structure"):
        choose_structures("a.nrrd", EVERY, ["Liver", "1"])


@pytest.mark.parametrize("name", ["x" * 65, "a\\b", "a\nb", " a"])
def test_a_name_that_no_file_holds(name: str) -> None:
    with refuses("usage.wrong", "--structure"):
        choose_structures("liver.nii", [named(1)], [f"{name}=1"])
    assert choose_structures("liver.nii", [named(1)], ["x" * 64])[0].name == "x" * 64
