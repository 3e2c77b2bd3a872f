"""Parts of a record: which keys they have in JSON, and what may be changed of them."""

import json
from types import MappingProxyType
from typing import Annotated, Any

import pytest

from fl_planner.basis.clinical_codes import local
from fl_planner.record.declaration.part import (
    Observation,
    RecordKeys,
    RecordPart,
    Sided,
    as_dict,
    as_json,
    as_part,
    as_plain,
    as_written,
    follow,
    printable,
)
from fl_planner.record.vessels import SuppliedLimitRecord


class Reader(RecordPart):
    """Who drew the masks."""

    name: str
    hospital: str | None = None
    seen_by: tuple[str, ...] = ()


class Volumes(RecordKeys):
    """Keys of several records."""

    liver_ml: float
    flr_percent: Sided[float] | None = None


class Answer(RecordPart, tag_field="schema", tag="fl-planner/answer/1"):
    """An answer."""

    refusal: None
    file: str | None
    volumes: Volumes | None = None
    readers: tuple[Reader, ...] = ()
    vessels_mm: dict[str, float] | None = None
    status: str = "ok"


BARE = Answer(refusal=None, file=None)
FULL = Answer(
    refusal=None,
    file="liver\x1b.nii",
    volumes=Volumes(liver_ml=-0.0, flr_percent=Sided(value=29.999999999999993, shown="30.0")),
    readers=(Reader(name="R1", hospital="A", seen_by=("R2",)),),
    vessels_mm={"vein\x1b": 1559.5097600000001},
)


def test_h16_what_is_not_known_has_no_key_and_what_is_null_has_one() -> None:
    assert as_dict(BARE) == {
        "schema": "fl-planner/answer/1",
        "refusal": None,
        "file": None,
        "status": "ok",
    }


def test_keys_of_a_group_and_of_a_shown_number_are_at_the_top() -> None:
    assert as_dict(FULL) == {
        "schema": "fl-planner/answer/1",
        "refusal": None,
        "file": "liver\x1b.nii",
        "status": "ok",
        "liver_ml": 0.0,
        "flr_percent": 29.999999999999993,
        "flr_percent_shown": "30.0",
        "readers": [{"name": "R1", "hospital": "A", "seen_by": ["R2"]}],
        "vessels_mm": {"vein\x1b": 1559.5097600000001},
    }


@pytest.mark.parametrize("zero", [0, 0.0, False, ""])
def test_h16_nought_and_no_are_known(zero: Any) -> None:
    class Found(RecordPart):
        known: Any = None

    assert as_dict(Found(known=zero)) == {"known": zero}


def test_h16_a_list_that_may_be_unknown_is_written_where_it_is_empty() -> None:
    class Heads(RecordPart, rename={"letter": "class"}):
        counted: tuple[str, ...] | None = None
        letter: str | None = None

    assert as_dict(Heads(counted=(), letter="A")) == {"counted": [], "class": "A"}
    assert as_dict(Heads()) == {}


def test_the_key_that_states_parts_apart_is_in_each() -> None:
    class Refused(RecordPart, tag_field="status", tag="refused"):
        reason: str

    assert as_dict(Refused(reason="cut")) == {"status": "refused", "reason": "cut"}


def test_a_part_in_dicts_and_lists_is_written_too() -> None:
    held = MappingProxyType({"reader": Reader(name="R1"), "all": (Reader(name="R2"), 1)})
    assert as_plain(held) == {"reader": {"name": "R1"}, "all": [{"name": "R2"}, 1]}


def test_floats_are_rounded_in_parts_as_in_json() -> None:
    written = as_written(FULL)
    assert isinstance(written, Answer)
    assert as_dict(written) == json.loads(as_json(FULL))
    assert written.volumes is not None
    assert written.volumes.flr_percent == Sided(value=30.0, shown="30.0")
    assert str(written.volumes.liver_ml) == "0.0"  # not -0.0
    assert written.vessels_mm == {"vein\x1b": 1559.50976}


def test_what_a_terminal_obeys_is_escaped_in_parts_and_keys() -> None:
    shown = printable(FULL)
    assert (shown.file, [*(shown.vessels_mm or ())]) == (r"liver\x1b.nii", [r"vein\x1b"])
    assert shown.readers == FULL.readers


def test_a_part_does_not_change_and_takes_its_fields_by_name() -> None:
    with pytest.raises(AttributeError):
        BARE.file = "flr.nii"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Reader("R1")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Reader()  # type: ignore[call-arg]


def test_a_field_without_default_may_be_behind_one_that_has() -> None:
    class Late(RecordPart):
        known: Annotated[int | None, "x"] = None
        needed: int

    assert as_dict(Late(needed=1)) == {"needed": 1}


def test_a_part_is_made_of_a_noun_and_what_is_given_next_to_it() -> None:
    noun = Reader(name="A. Reader", seen_by=("R2",))
    assert as_part(Reader, noun, name="B") == Reader(name="B", seen_by=("R2",))
    with pytest.raises(AttributeError, match="hospital"):
        as_part(Reader, object(), name="B")
    with pytest.raises(TypeError, match="day"):
        as_part(Reader, noun, day=3)


def test_a_list_of_parts_in_one_cell_is_reported_by_the_first_key_of_each() -> None:
    assert FULL.readers[0].in_cell == "R1"
    side = SuppliedLimitRecord(name="rescue.flr_30", limit_percent=30.0, answer="at")
    assert side.in_cell == "rescue.flr_30: at"


def test_what_rests_on_other_things_is_another_observation() -> None:
    either: dict[tuple[str, ...], dict[str, str]]
    either = {("portal",): {"name": "inflow"}, ("hepatic",): {"name": "outflow"}}
    seen = Observation(local("keeps-{name}", "Keeps {name}"), of=("flr", "{name}"), words=either)
    of_veins = seen.derived_from(("hepatic",))
    assert of_veins.term == local("keeps-outflow", "Keeps outflow")
    assert of_veins.of == ("flr", "outflow")
    assert seen.derived_from(("portal",)).term.code == "keeps-inflow"


def test_the_value_at_a_path_through_a_list_is_that_of_its_last_part() -> None:
    class Step(RecordPart):
        ml: float

    class Course(RecordPart):
        steps: tuple[Step, ...]

    assert follow(Course(steps=(Step(ml=1.0), Step(ml=2.0))), ("steps", "ml")) == 2
