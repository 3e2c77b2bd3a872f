"""One set of answers laid over another."""

from dataclasses import dataclass

from fl_planner.basis.overlay import override_fields


@dataclass(frozen=True)
class Words:
    """What a user may say of a study, nothing to begin with."""

    heads: tuple[str, ...] | None = None
    one_head: bool = False
    decay_corrected: bool | None = None
    tracer: str | None = None


def test_what_is_placed_over_replaces_what_it_gives_too_and_nothing_else() -> None:
    file = Words(("posterior", "anterior"), one_head=True, decay_corrected=True, tracer="a")
    assert override_fields(file, Words()) == file
    assert override_fields(Words(), file) == file
    other = Words(("anterior",), decay_corrected=False, tracer="b")
    assert override_fields(file, other) == Words(("anterior",), True, False, "b")
