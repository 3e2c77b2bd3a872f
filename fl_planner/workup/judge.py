"""Judge a patient's file against the trials, and list trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import ends_in_toml
from fl_planner.given.table import Words
from fl_planner.intake.documents.facts_file import read_facts_file, refuse_all
from fl_planner.intake.documents.protocols import read_grounds, read_lending_trials, read_trials
from fl_planner.intake.patients.fhir.charts import RecordEntry, RecordReading
from fl_planner.intake.patients.fhir.entries import RecordServer
from fl_planner.intake.patients.fhir.mapping import CodeMap, read_mapping
from fl_planner.intake.patients.one_record import OneRecord, is_record, read_record, read_resources
from fl_planner.intake.request.request import Request
from fl_planner.planning.discordance import NOT_STATED, StudyConditions
from fl_planner.planning.facts import state_diagnosis
from fl_planner.planning.given.case import (
    Accepted,
    ContextFacts,
    InputFile,
    Operation,
    list_context_values,
)
from fl_planner.planning.given.chart import FactSource, UnmappedCode
from fl_planner.planning.given.study_days import (
    add_embolisation,
    find_embolised_between,
    find_studied_later,
)
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources, judge_stated
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.situation import FUNCTION
from fl_planner.record.files.chart import as_sources, as_unmapped
from fl_planner.record.judgement import JudgementRecord, as_judgement_record
from fl_planner.record.trials import TrialListRecord, as_criteria, as_trial_list
from fl_planner.trials.criterion import find_by_words, find_trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated, parse_stated
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request

if TYPE_CHECKING:  # loaded for such cases only
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.planning.assessment.context import ContextNote

SCHEMES = ("https://", "http://")
OF_SERVER = ("fhir_query", "fhir_token", "private_addresses")


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """Verdicts of a patient's file, with inputs and findings; `id` is that of a case file.

    `plan` is the plan of a case with measured masks; `context` contains the notes of a case
    without masks. `sources` and `unmapped` are the resources of the facts of an electronic record,
    and its codes without a rule.
    """

    judged: Judged
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...] = ()
    id: str | None = None
    plan: Plan | None = None
    context: tuple[ContextNote, ...] = ()
    sources: tuple[FactSource, ...] = ()
    unmapped: Mapping[UnmappedCode, int] = field(default_factory=dict)

    def find_trial_id(self, called: str) -> str:
        """Find the id of one of the trials by registry number, name or short name.

        Raises `InputRefused`: `trial.unknown`.
        """
        return find_trial(called, [one.trial for one in self.judged.judgements]).id

    def as_record(self, profile: Profile = "shareable") -> JudgementRecord:
        """Return the record of `trials judge`."""
        notes = self.context
        if self.plan is not None:
            notes = self.plan.context
        record = as_judgement_record(
            self.judged, self.inputs, self.findings, self.accepted, self.id, notes
        )
        sources, unmapped = as_sources(self.sources, profile), as_unmapped(self.unmapped)
        return structs.replace(record, sources=sources, unmapped=unmapped)


def choose_input(given: str | PathLike[str], words: Words) -> Path | RecordServer:
    """Return the file that was given, or the patients of a FHIR server if it is an address.

    - `words`: with the options `fhir_query`, `fhir_token` and `private_addresses`.

    Raises `InputRefused`: `usage.wrong` for these options with a file; `fhir.server_address`,
    `fhir.server_query`.
    """
    if isinstance(given, str) and given.lower().startswith(SCHEMES):
        from fl_planner.intake.patients.fhir.server import parse_server

        query, token = words["fhir_query"], words["fhir_token"]
        return parse_server(given, query, token, private=bool(words["private_addresses"]))
    require_no_server(words)
    if isinstance(given, str) and not given.strip():  # would be the current folder
        raise InputRefused("usage.wrong", "patients", "the path is empty", "give a file or folder")
    return Path(given)


def require_no_server(words: Words) -> None:
    """Refuse the options of a FHIR server for any other input.

    Raises `InputRefused`: `usage.wrong`.
    """
    for name in OF_SERVER:
        if words[name]:
            option, reason = f"--{name.replace('_', '-')}", "applies only to a FHIR server"
            raise InputRefused("usage.wrong", option, reason, "give the address of the server")


def judge_file(
    path: Path | RecordServer,
    *,
    as_of: date | None = None,
    centre: Path | None = None,
    trials: Path | None = None,
    fhir_map: Path | None = None,
    size_limit: int = 1,
) -> JudgedFile:
    """Judge a patient from a file of facts, an electronic record, or a case file (`.toml`).

    The masks of a case file are measured and judged in addition to its facts; a case without masks
    is judged only by its facts.

    - `path`: FACTS.json, a FHIR Bundle or lines of its resources, a case file, or a patient of a
      FHIR server.
    - `as_of`: the assessment date.
    - `centre`, `trials`: a centre file; a folder of trials in addition to the bundled ones.
    - `fhir_map`: a mapping of FHIR codes to facts; None for the default.
    - `size_limit`: of the masks of a case file, in GiB.

    Raises `InputRefused` with the unusable input, the reason and the remedy.
    """
    if isinstance(path, RecordServer):
        return _judge_record(path, as_of, (trials, centre), fhir_map)
    if not ends_in_toml(path.name):
        if is_record(path):
            return _judge_record(path, as_of, (trials, centre), fhir_map)
        stated, file = read_facts_file(path)
        grounds, inputs = read_grounds(trials, centre, as_of)
        judged = _judge_and_offer(stated, grounds)
        return JudgedFile(judged, (file, *inputs), judged.findings)
    request = read_request(path, as_of=as_of, centre=centre, size_limit=size_limit)
    return _judge_case(request, trials)


def _judge_and_offer(
    stated: Stated, grounds: Grounds, study: StudyConditions = NOT_STATED
) -> Judged:
    """Judge stated facts, with values computed for unanswered questions."""
    judged = judge_stated(stated, grounds, study=study)
    return ScoreSources(judged.facts, stated, grounds.as_of).offer_judged(judged)


def _judge_record(
    path: Path | RecordServer,
    as_of: date | None,
    rules: tuple[Path | None, Path | None],
    fhir_map: Path | None,
) -> JudgedFile:
    record = read_record(path, as_of=as_of, fhir_map=fhir_map)
    return _judge_chart(record, *read_grounds(*rules, as_of))


def _judge_chart(record: OneRecord, grounds: Grounds, inputs: tuple[InputFile, ...]) -> JudgedFile:
    stated = record.patient.stated
    study = StudyConditions.of_record(record.patient.sources)
    judged = _judge_and_offer(stated, grounds, study)
    findings = (*record.patient.findings, *judged.findings)
    files = (*record.inputs, *inputs)
    sources, unmapped = record.patient.sources, record.unmapped
    return JudgedFile(judged, files, findings, sources=sources, unmapped=unmapped)


@dataclass(frozen=True, slots=True)
class RecordJudge:
    """Rules that are read once, for many electronic records in memory.

    - `grounds`: trials and centre.
    - `codes`: the mapping of codes to facts.
    - `inputs`: the files of these rules.
    """

    grounds: Grounds
    codes: CodeMap
    inputs: tuple[InputFile, ...]

    @classmethod
    def of(cls, centre: Path | None, trials: Path | None, fhir_map: Path | None) -> RecordJudge:
        """Read the rules.

        Raises `InputRefused`: as `judge_file`, for these files.
        """
        grounds, inputs = read_grounds(trials, centre, None)
        codes, mapping = read_mapping(fhir_map)
        return cls(grounds, codes, (*inputs, *mapping))

    def judge(self, entries: Iterable[RecordEntry], as_of: date, source: str) -> JudgedFile:
        """Judge the record of one patient, as `judge_file` does.

        - `entries`: its resources.
        - `source`: name of the resources in refusals.

        Raises `InputRefused`: `fhir.several_patients`; the reason for a record that cannot be used.
        """
        record = read_resources(entries, RecordReading(self.codes, as_of), source)
        return _judge_chart(record, structs.replace(self.grounds, as_of=as_of), self.inputs)


def judge_facts_given(
    facts: Mapping[str, object],
    *,
    as_of: date | None = None,
    centre: Path | None = None,
    trials: Path | None = None,
) -> JudgedFile:
    """Judge a patient from facts in memory, as from a file of facts.

    Raises `InputRefused`: `facts.unreadable` with all errors.
    """
    stated, errors = parse_stated(facts)
    refuse_all(errors, "facts")
    grounds, inputs = read_grounds(trials, centre, as_of)
    judged = _judge_and_offer(stated, grounds)
    return JudgedFile(judged, inputs, judged.findings)


def _judge_case(request: Request, trials: Path | None) -> JudgedFile:
    if request.files.masks or request.files.label_map:
        plan = make_plan(request, trials, resections=False)
        return JudgedFile(
            plan.judged, plan.case.inputs, plan.findings, request.accepted, request.id, plan
        )
    grounds, inputs = read_grounds(trials, request.centre, request.as_of)
    known = state_diagnosis(request.diagnosis, request.stated)
    scanned_on, as_of = request.reading.scanned_on, request.as_of
    stated, seen, odd = add_embolisation(known, request.embolisation, scanned_on, as_of)
    judged = judge_stated(stated, grounds, seen, odd, _state_study(request.function))
    sources = ScoreSources(
        judged.facts, stated, request.as_of, request.score_facts, request.weight_kg
    )
    judged = sources.offer_judged(judged)
    file = (request.case_file,) if request.case_file else ()
    findings = (*request.findings, *judged.findings, *_doubt_reserve(judged.facts, request))
    notes = _list_context(judged.facts, stated, request)
    return JudgedFile(
        judged, (*file, *inputs), findings, request.accepted, request.id, context=notes
    )


def _state_study(study: FunctionFiles | None) -> StudyConditions:
    if study is None:
        return NOT_STATED
    return StudyConditions(study.fasting_h, study.bilirubin_umol_per_l, study.studied_on)


def _doubt_reserve(facts: Facts, request: Request) -> Iterator[Finding]:
    """Compare reserve, body size and dates with the facts, as in a plan with masks."""
    from fl_planner.planning.discordance import find_background_doubts, find_reserve_doubts

    if facts.get(FUNCTION) is not None:
        studied_on = _state_study(request.function).studied_on
        embolised_on = None if request.embolisation is None else request.embolisation.on
        yield from find_embolised_between(request.reading.scanned_on, studied_on, embolised_on)
        yield from find_studied_later(studied_on, request.as_of)
    absent, first = request.files.absent_segments, _first_plan(request)
    yield from find_reserve_doubts(facts, request.context, first, absent)
    yield from find_background_doubts(facts, request.height_cm, request.weight_kg)


def _list_context(facts: Facts, stated: Stated, request: Request) -> tuple[ContextNote, ...]:
    """Return notes in addition to the facts; modules are loaded only if a case has any."""
    from fl_planner.planning.discordance import list_removed

    absent = request.files.absent_segments
    asked = facts.get("hcc_present") is True
    asked = asked and bool(list_removed(_first_plan(request), absent))
    if not asked and request.context == ContextFacts():
        return ()
    from fl_planner.planning.assessment.context import Labs, list_context

    labs = Labs(list_context_values(facts), stated, request.as_of)
    return list_context(facts, labs, request.context, None, by_segments=asked)


def _first_plan(request: Request) -> Operation:
    return request.operations[0] if request.operations else Operation()


def list_trials(folder: Path | None = None) -> TrialListRecord:
    """List the bundled trials, followed by those of a folder."""
    return as_trial_list(read_trials(folder)[0], read_lending_trials())


def export_trials(names: Sequence[str] = (), folder: Path | None = None) -> dict[str, Any]:
    """Describe trials as a Bundle of FHIR R5: the named trials, or all that are judged.

    Raises `InputRefused`: `trial.unknown`; as for a folder of trials.
    """
    from fl_planner.export.fhir.trials import as_trial_bundle

    trials = read_trials(folder)[0]
    return as_trial_bundle([find_by_words(name, trials) for name in names] or trials)


def describe_trial(name: str, folder: Path | None = None) -> TrialListRecord:
    """Return the criteria of a trial by its registry number, its name or part of it.

    Raises `InputRefused` if there is no such trial, or several, with their names.
    """
    return as_criteria(find_by_words(name, read_trials(folder)[0], read_lending_trials()))
