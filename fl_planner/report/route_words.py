"""What a person reads for a route, and for the trials beside it."""

from fl_planner.intake.documents.bundled_trials import find_trial_name, read_route_rows
from fl_planner.record.trials.route import RouteRecord

ROUTES = {  # in short, where a route has several headlines
    "needs_data": "information missing",
    "needs_mdt": "for the tumour board",
    "resection_without_augmentation": "resection without prior FLR augmentation, for discussion",
    "resection_after_augmentation": "resection after FLR augmentation, for discussion",
}


def say_route(name: str) -> str:
    """Say a route in short, where many patients stand below one another.

    Examples
    --------
    >>> say_route("needs_data"), say_route("trial_dragon2"), say_route("own_way")
    ('information missing', 'DRAGON 2', 'own way')
    >>> say_route("pve_outside_trial")
    'PVE outside a trial, for discussion'
    """
    if name in ROUTES:
        return ROUTES[name]
    trial = name.removeprefix("trial_")
    if trial != name:
        return find_trial_name(trial).replace("_", " ")
    headlines = (row.headline for row in read_route_rows() if row.route == name)
    return next(headlines, name.replace("_", " ")).partition(": anatomy")[0]


def beside_route(route: RouteRecord) -> list[str]:
    """Tell the other trials that fit, a hospital's own among them: none is ranked below."""
    return [one.why for one in route.alternatives if one.name.startswith("trial_")]
