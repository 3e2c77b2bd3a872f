"""What a Bundle must hold and no library demands: checked before one is written.

Libraries that know FHIR's shapes let pass a status that is none, a unit that is none, a value
beside the reason for its absence, and a reference to nothing [conventions.md 3].
"""

from collections.abc import Collection, Iterable, Iterator
from math import isfinite

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.terms import UCUM
from fl_planner.export.fhir.bundle import STATUS
from fl_planner.export.fhir.concepts import ABSENT
from fl_planner.export.fhir.observations import list_observed
from fl_planner.record.base import Record

REASONS = frozenset({"unknown", "not-performed", "error"})  # why a value is absent
DEFECT = "this is a defect of the program: report it"


def require_sound(bundle: Record, name: str) -> None:
    """Demand that a bundle has no fault; `name` is that of its file.

    Raises `InputRefused`: `fhir.not_sound`, with the first fault.
    """
    for fault in find_faults(bundle):
        raise InputRefused("fhir.not_sound", name, fault, DEFECT)


def find_faults(bundle: Record) -> Iterator[str]:
    """Find what is wrong in a bundle, one text a fault."""
    entries, units = bundle["entry"], {one.unit for one in list_observed()}
    urls = [entry["fullUrl"] for entry in entries]
    if len({*urls}) < len(urls):
        yield "two resources have one address"
    for entry in entries:
        resource = entry["resource"]
        if entry["fullUrl"] != f"urn:uuid:{resource['id']}":
            yield f"{resource['resourceType']}: its address is not that of its id"
        if resource["resourceType"] == "Observation":
            yield from _of_observation(resource)
    for path, item in _items(bundle, ""):
        yield from _of_item(path, item, urls, units)


def _of_observation(observation: Record) -> Iterator[str]:
    if observation.get("status") != STATUS:
        yield f"Observation: its status is {observation.get('status')!r}, not {STATUS!r}"
    for part in (observation, *observation.get("component", ())):
        values = [key for key in part if key.startswith("value")]
        if len(values) + ("dataAbsentReason" in part) != 1:
            yield "Observation: one value, or one reason for its absence, is not what it has"


def _of_item(path: str, item: object, urls: Iterable[str], units: Collection[str]) -> Iterator[str]:
    """Look at one thing within a bundle, whatever it is."""
    if item is None or (isinstance(item, (str, list, dict)) and not item):
        yield f"{path} is empty"
    elif isinstance(item, float) and not isfinite(item):
        yield f"{path} is not a number"
    elif isinstance(item, dict):
        if "reference" in item and item["reference"] not in urls:
            yield f"{path} refers to nothing in the bundle"
        if item.get("system") == UCUM.uri and not item.get("unit") == item.get("code") in units:
            yield f"{path} has a unit that is not known: {item.get('code')!r}"
        if "value" in item and "unit" in item and item.get("system") != UCUM.uri:
            yield f"{path} has a unit of no system"
        if item.get("system") == ABSENT and item["code"] not in REASONS:
            yield f"{path} has a reason for absence that is not known: {item['code']!r}"


def _items(item: object, path: str) -> Iterator[tuple[str, object]]:
    """Give everything within, with where it stands."""
    yield path, item
    if isinstance(item, dict):
        for key, inner in item.items():
            yield from _items(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(item, list):
        for n, inner in enumerate(item):
            yield from _items(inner, f"{path}[{n}]")
