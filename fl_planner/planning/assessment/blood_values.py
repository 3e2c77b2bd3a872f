"""Blood values with their days: a formula takes those of one day alone [clinical.md 8]."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from fl_planner.planning.given.score_inputs import SameDay
from fl_planner.trials.statements import Amount, Stated


@dataclass(frozen=True, slots=True)
class Labs:
    """Blood values by input key, and on which day each was taken.

    - `values`: those that are known.
    - `stated`: what was typed, with its dates.
    - `as_of`: the judging date, from which an age of all blood tests counts.
    - `own_days`: of values that are no facts of trials.
    """

    values: Mapping[str, Fraction]
    stated: Stated
    as_of: date | None = None
    own_days: Mapping[str, date] = field(default_factory=dict)

    def day_of(self, key: str) -> date | None:
        """Give the day of a value: its own, else that of all blood tests; None: not said."""
        if key in self.own_days:
            return self.own_days[key]
        own = self.stated.values.get(key)
        if isinstance(own, Amount) and own.date is not None:
            return own.date
        of_all, age = self.stated.values.get("labs_date"), self.stated.values.get("labs_age")
        if isinstance(of_all, date):
            return of_all
        if isinstance(age, Amount) and self.as_of is not None and age.unit in ("d", "wk"):
            return self.as_of - timedelta(days=int(age.value * (7 if age.unit == "wk" else 1)))
        return None

    def same_day(self, keys: Iterable[str]) -> SameDay:
        """Tell whether these values are of one day, which an age of all says without its date."""
        days = {self.day_of(key) for key in keys}
        if len(days - {None}) > 1:
            return "no"
        aged = days == {None} and "labs_age" in self.stated.values
        return "not said" if None in days and not aged else "yes"
