"""Trials as FHIR R5: a ResearchStudy each, with its criteria as characteristics.

R5 is used because a ResearchStudy of R4 cannot refer to its eligibility criteria. The registry
texts do not state recruitment, so the status is `unknown`. The same trials give the same bytes:
identifiers are derived from the texts.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.basis.constants import PRESENT
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.export.fhir.fhirpath import as_fhirpath, find_obstacles
from fl_planner.export.fhir.research import URN, identify_trial
from fl_planner.record.declaration.part import printable
from fl_planner.record.head import Record
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import FACTS

FHIRPATH = "text/fhirpath"
READ_ON = (
    "An expression is evaluated on a Bundle that contains one final Observation for each fact, "
    "coded with the input key. The result is true if the criterion is met, false if it is not met, "
    "and empty if it is unknown."
)
NO_EXPRESSION = "no single expression"


def as_trial_bundle(trials: Iterable[Trial]) -> Record:
    """Describe trials as a Bundle of R5: a ResearchStudy and an EvidenceVariable for each."""
    entries = [
        {"fullUrl": f"{URN}{one['id']}", "resource": one}
        for trial in trials
        for one in (_study(trial), _eligibility(trial))
    ]
    bundle: Record = printable({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return bundle


def _id(trial: Trial, what: str) -> str:
    made_of = f"{trial.sha256 or trial.id} {what}"
    return str(uuid5(UUID(LOCAL.uri.removeprefix(URN)), made_of))


def _notes(texts: Iterable[str]) -> list[Record]:
    return [{"text": text} for text in texts]


def _study(trial: Trial) -> Record:
    notes = [*trial.notes, *([trial.by_design.describe()] if trial.by_design else [])]
    source: Record = {"type": "derived-from", "display": trial.source}
    if trial.link is not None:
        source["document"] = {"url": trial.link}
    study: Record = {
        "resourceType": "ResearchStudy",
        "id": _id(trial, "study"),
        "identifier": [identify_trial(trial.id)],
        "title": trial.name,
        "status": "unknown",
        "relatedArtifact": [source],
        "condition": [{"text": FACTS[PRESENT[trial.diagnosis]].meaning}],
        "note": _notes([*notes, RESEARCH_USE.capitalize()]),
        "recruitment": {"eligibility": {"reference": f"{URN}{_id(trial, 'eligibility')}"}},
    }
    if trial.text_date is not None:
        study["version"] = trial.text_date  # day or month of the registry text
    if trial.arms:
        study["comparisonGroup"] = [{"name": arm} for arm in trial.arms]
    return study


def _eligibility(trial: Trial) -> Record:
    return {
        "resourceType": "EvidenceVariable",
        "id": _id(trial, "eligibility"),
        "identifier": [identify_trial(trial.id)],
        "version": __version__,
        "title": f"Eligibility for {trial.name}",
        "status": "unknown",
        "note": _notes([READ_ON, *_list_unexpressed(trial)]),
        "characteristic": [_characteristic(criterion) for criterion in trial.criteria],
    }


def _list_unexpressed(trial: Trial) -> Iterator[str]:
    for criterion in trial.criteria:
        if obstacles := find_obstacles(criterion):
            yield f"{criterion.id}: {NO_EXPRESSION}, because {'; '.join(obstacles)}"


def _characteristic(criterion: Criterion) -> Record:
    made: Record = {
        "linkId": criterion.id,
        "description": criterion.says,
        "exclude": criterion.kind == "exclusion",
    }
    notes = [criterion.source]
    if criterion.reading is not None:
        notes.append(f"interpretation: {criterion.reading}")
    if criterion.note is not None:
        notes.append(criterion.note)
    obstacles = find_obstacles(criterion)
    if obstacles:
        notes.append(f"{NO_EXPRESSION}, because {'; '.join(obstacles)}")
    else:
        made["definitionExpression"] = {
            "language": FHIRPATH,
            "expression": as_fhirpath(criterion),
        }
    return {**made, "note": _notes(notes)}
