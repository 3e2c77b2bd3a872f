"""What a person reads of an endpoint, in every shape of a report."""

from fl_planner.record.growth.endpoints import LimitReachRecord

REACHED_BY = {
    "volume": "by volume",
    "function": "by function",
    "both": "by volume and function",
}


def say_reach(reach: LimitReachRecord) -> str:
    """Say whether and when the limit on an FLR is reached, by volume or by function."""
    told = "not reached" if reach.reached is False else "not known whether it is reached"
    if reach.first_day is not None and reach.by is not None:
        told = f"first reached on day {reach.first_day}, {REACHED_BY[reach.by]}"
    elif reach.first_day_at_latest is not None and reach.by is not None:
        told = f"reached by day {reach.first_day_at_latest}, {REACHED_BY[reach.by]}; "
        told += "an earlier scan leaves it undecided"
    return f"{told}; the baseline reached it already" if reach.at_baseline else told
