"""Which cases lie on another side of a limit by another reader; exact shares decide."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.planning.assessment.thresholds import FLR, name_limit, name_side
from fl_planner.trials.criterion import Limit, Trial


@dataclass(frozen=True, slots=True)
class SideChange:
    """One limit, and the side of each reading.

    - `limit`: of a trial, on the FLR.
    - `sides`: "below", "at" or "above" by case and reader, of cases that two or more have read.
    """

    limit: Limit
    sides: Mapping[str, Mapping[str, str]]

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def changed(self) -> tuple[str, ...]:
        """Cases in which readers give different answers."""
        return tuple(case for case, each in self.sides.items() if len({*each.values()}) > 1)


def find_side_changes(
    shares: Mapping[str, Mapping[str, Fraction]], trials: Iterable[Trial]
) -> tuple[SideChange, ...]:
    """Set every reader's FLR of every case against each limit that these trials have on it.

    - `shares`: of the tumour-free liver, by case and reader.
    """
    read_twice = {case: each for case, each in shares.items() if len(each) > 1}
    if not read_twice:
        return ()
    limits = {name_limit(one): one for trial in trials for one in trial.limits_on(FLR)}
    return tuple(
        SideChange(
            limit,
            {
                case: {reader: name_side(share, limit) for reader, share in each.items()}
                for case, each in read_twice.items()
            },
        )
        for limit in limits.values()
    )
