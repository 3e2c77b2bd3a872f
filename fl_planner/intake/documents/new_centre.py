"""A new centre file: what was answered, and as comments the trials that it leaves out so far."""

import re
from collections.abc import Iterator, Sequence

from fl_planner.basis.glossary import BY_REFERRAL
from fl_planner.intake.documents.new_case import as_toml
from fl_planner.trials.centre import Centre, Offer
from fl_planner.trials.criterion import Trial

HEAD = """\
# A centre file of fl-planner; a line that begins with # is not read.
# Use it: fl-planner plan case.toml --centre {name}
# Or once for all, in fl-planner.toml: centre = {quoted}
"""
STATUSES = '"open": it recruits here; "referral": another centre takes patients; "closed": neither'
OFFICE = "an office or a role, no person"


def write_centre(name: str, centre: Centre, trials: Sequence[Trial]) -> str:
    """Write a centre file that names these trials, in their order.

    Examples
    --------
    >>> from datetime import date
    >>> text = write_centre("c.toml", Centre("Site 7", date(2026, 11, 1)), [])
    >>> print(*text.splitlines()[3:], sep=chr(10))
    schema = 1
    name = "Site 7"
    as_of = 2026-11-01  # when this list was last checked
    """
    lines = HEAD.format(name=name, quoted=as_toml(name)).splitlines()
    lines += ["schema = 1", f"name = {as_toml(centre.name)}"]
    lines.append(f"as_of = {centre.as_of.isoformat()}  # when this list was last checked")
    for trial in trials:
        offer = centre.offers.get(trial.id)
        lines += ["", *(_left_out(trial) if offer is None else _offered(trial, offer))]
    return "\n".join(lines) + "\n"


def _offered(trial: Trial, offer: Offer) -> Iterator[str]:
    yield f"[trials.{_key(trial.id)}]  # {trial.name}"
    yield f'status = "{offer.status}"  # {STATUSES}'
    for key, text, says in (
        ("contact", offer.contact, OFFICE),
        ("where", offer.where, "for referral"),
    ):
        if text is not None:
            yield f"{key} = {as_toml(text)}  # {says}"


def _left_out(trial: Trial) -> Iterator[str]:
    yield f"# {trial.name}: not answered; it counts as {BY_REFERRAL}. Fill in, and take the # away."
    yield f"# [trials.{_key(trial.id)}]"
    yield f'# status = "referral"  # {STATUSES}'
    yield f'# contact = "HPB trial office"  # {OFFICE}'
    yield '# where = "regional centre"  # for referral'


def _key(trial: str) -> str:
    return trial if re.fullmatch(r"[\w-]+", trial, re.ASCII) else as_toml(trial)
