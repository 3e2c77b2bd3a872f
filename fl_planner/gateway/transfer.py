"""Find, pull, push and withdraw objects of an archive by command."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from fl_planner.archive.accepted_classes import RECEIVED
from fl_planner.archive.connection import ArchiveSession, InstanceName, StudyQuery, is_uid
from fl_planner.archive.push import push, read_objects
from fl_planner.archive.session import open_session
from fl_planner.basis.clinical_codes import FLR_PERCENT, VOLUME
from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.basis.plain_text import join_first
from fl_planner.basis.run import begin_step
from fl_planner.export.dicom.report import read_reported_values
from fl_planner.export.dicom.result_set import (
    KEY_OBJECT_STORAGE,
    RejectionReason,
    ResultSet,
    list_rejected,
    name_rejections,
    read_result_set,
    write_rejection,
)
from fl_planner.export.save import check_folder, list_names, save_folder
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.formats.write import require_dicom
from fl_planner.given.table import Words
from fl_planner.intake.documents.archives_file import choose_archive, read_archives
from fl_planner.record.files.archive import (
    ArchiveFindRecord,
    ArchiveStudyRecord,
    ArchiveTransferRecord,
)
from fl_planner.screening.verify import verify_file
from fl_planner.workup.remake import StoredOutput, read_output
from fl_planner.workup.settings import user_folder

MOST_FETCHED = 5000  # objects of a study [safety.md 3.6]
PULLED = re.compile(r"[0-9]{5}\.dcm")  # names of fetched files
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
ARCHIVES_FILE = "archives.toml"


def find_archives() -> Path:
    """Return the archives file in the user's configuration folder.

    A file among the data of a case is never used unless requested: it could send the user's
    password elsewhere.

    Raises `InputRefused`: `archive.no_file`.
    """
    path = user_folder() / ARCHIVES_FILE
    if not path.is_file():
        reason = "no archives file is given, and there is none in your configuration folder"
        remedy = "give the file with --archives; docs/how-to/archive.md shows an example"
        raise InputRefused("archive.no_file", "--archives", reason, remedy)
    return path


@dataclass(frozen=True, slots=True)
class ArchiveDoor:
    """An archive by its name in an archives file."""

    name: str
    file: Path

    def open(self) -> ArchiveSession:
        """Open a session.

        Raises `InputRefused`: see `read_archives`, `choose_archive` and `open_session`.
        """
        require_dicom()
        return open_session(choose_archive(read_archives(self.file), self.name))


def make_query(given: Words, since: date | None, until: date | None) -> StudyQuery:
    """Return the query for a command's options; None does not restrict the query.

    Raises `InputRefused`: `usage.wrong` if no day is in the period, for a text that is empty, as of
    a variable that was not set: every study of the archive would match, and for a wrong UID.
    """
    texts = {name: given[name] for name in ("study", "patient_id", "accession", "modality")}
    for name, text in texts.items():
        if text is not None and not text.strip():
            reason = "the text is empty, so every study would match"
            option = f"--{name.replace('_', '-')}"
            raise InputRefused("usage.wrong", option, reason, "give a value, or omit the option")
    require_uids(texts["study"])
    if since is not None and until is not None and until < since:
        reason = f"{until} is before {since}, so no study could be found"
        raise InputRefused("usage.wrong", "--until", reason, "exchange the two dates")
    return StudyQuery(
        **{name: text or "" for name, text in texts.items()},
        since="" if since is None else f"{since:%Y%m%d}",
        until="" if until is None else f"{until:%Y%m%d}",
    )


def require_uids(study: str | None, series: Iterable[str] = ()) -> None:
    """Refuse a text that is not one UID: empty, or with signs by which several would match.

    Raises `InputRefused`: `usage.wrong`.
    """
    studies = () if study is None else (study,)
    each = (*(("--study", uid) for uid in studies), *(("--series", uid) for uid in series))
    for option, uid in each:
        if not is_uid(uid):
            reason = f"{uid!r} is not a UID, which consists of digits and full stops"
            remedy = "copy the UID from the list of fl-planner archive find"
            raise InputRefused("usage.wrong", option, reason, remedy)


def find_studies(door: ArchiveDoor, query: StudyQuery) -> ArchiveFindRecord:
    """List the studies of an archive that match a query, without patient data."""
    session = door.open()
    begin_step("query")
    studies = tuple(
        ArchiveStudyRecord(
            study_uid=one.study,
            date=one.date or None,
            modalities=one.modalities,
            instances=one.instances,
        )
        for one in session.find_studies(query)
    )
    return ArchiveFindRecord(refusal=None, archive=door.name, studies=studies)


def pull_study(
    door: ArchiveDoor, study: str, series: tuple[str, ...], folder: Path, *, force: bool = False
) -> ArchiveTransferRecord:
    """Fetch CT images and drawings of a study into a new folder, under names in their order.

    - `series`: UIDs of its series; all if empty.

    Raises `InputRefused`: `archive.not_found` if there are none; `limit.files`.
    """
    require_uids(study, series)
    earlier = {name for name in list_names(folder) if PULLED.fullmatch(name)}
    check_folder(folder, earlier, force=force)
    files = fetch_study(door.open(), study, series)
    save_folder(folder, files, force=force, instead_of=earlier)
    return ArchiveTransferRecord(
        refusal=None, action="pull", archive=door.name, objects=len(files), folder=folder.name
    )


def fetch_study(
    session: ArchiveSession, study: str, series: tuple[str, ...] = ()
) -> dict[str, bytes]:
    """Fetch CT images and drawings of a study, under new names.

    Objects that a rejection note of the study withdraws are omitted, as an archive that supports
    such notes does, unless `series` are given.

    Raises `InputRefused`: `archive.not_found`, also for a requested series without such objects;
    `limit.files`.
    """
    every = session.list_instances(study, series)
    rejected = _find_rejected(session, every)
    listed = [
        one for one in every if one.sop_class in ("", *RECEIVED) and one.instance not in rejected
    ]
    if not listed:
        reason = "the archive lists neither CT images nor segmentations for this study"
        remedy = "check the UIDs of the study and the series"
        raise InputRefused("archive.not_found", session.name, reason, remedy)
    if missing := [one for one in dict.fromkeys(series) if one not in {of.series for of in listed}]:
        reason = f"the study has no CT image or segmentation in the series {join_first(missing)}"
        remedy = "check the UIDs of the series, or omit those of other images"
        raise InputRefused("archive.not_found", session.name, reason, remedy)
    if len(listed) > MOST_FETCHED:
        reason = f"the study has more than {MOST_FETCHED:,} images and drawings"
        raise InputRefused(
            "limit.files", session.name, reason, "give the UIDs of the required series only"
        )
    begin_step("fetching objects")
    return dict(_fetch(session, number, one) for number, one in enumerate(listed, 1))


def _find_rejected(session: ArchiveSession, listed: Iterable[InstanceName]) -> set[str]:
    """Return the UIDs of the objects that a rejection note among these objects withdraws."""
    notes = [session.fetch(one) for one in listed if one.sop_class == KEY_OBJECT_STORAGE]
    reason, remedy = "a key object selection in the study cannot be read", "check it in a viewer"
    with quietly("archive.answer", session.name, reason, remedy):
        return {uid for note in notes for uid in list_rejected(note)}


def _fetch(session: ArchiveSession, number: int, one: InstanceName) -> tuple[str, bytes]:
    fetched = session.fetch(one)
    content = BytesIO()
    with quietly("archive.answer", session.name, "the object cannot be read", "check the archive"):
        given = [str(fetched.get(keyword)) for keyword in UIDS]
        if given != [one.study, one.series, one.instance]:
            reason = "the archive returned a different object from the one requested"
            raise InputRefused("archive.answer", session.name, reason, "check the archive")
        fetched.save_as(content, enforce_file_format=True)
    return f"{number:05}.dcm", content.getvalue()


def push_results(door: ArchiveDoor, folder: Path) -> ArchiveTransferRecord:
    """Store a result set in an archive, and compare every object with the archive's copy.

    Raises `InputRefused`: `archive.shareable` for objects without the patient of the CT, which
    would belong to another patient in its study; `archive.withdrawn` if the archive has a rejection
    note for them; see also `read_result_set` and `push`.
    """
    made = _require_clinical(read_result_set(folder))
    session = door.open()
    require_no_note(session, made)
    begin_step("storing and comparing objects")
    new = push(session, read_objects([one.path for one in made.members]))
    return ArchiveTransferRecord(
        refusal=None, action="push", archive=door.name, objects=len(made.members), new=new
    )


def require_no_note(session: ArchiveSession, made: ResultSet) -> None:
    """Refuse a set that a rejection note of any program or version in the archive withdraws.

    An archive may list objects without their class; then only notes of this version are found.

    Raises `InputRefused`: `archive.withdrawn`.
    """
    study, own = made.kos.study_instance_uid, {one.sop_instance_uid for one in made.members}
    known = (session.has(InstanceName(study, *uids)) for uids in name_rejections(made))
    if any(known) or own & _find_rejected(session, session.list_instances(study)):
        reason = "the archive has a rejection note for this result set, so it remains withdrawn"
        remedy = "write a new result set, for example with another --as-of"
        raise InputRefused("archive.withdrawn", made.kos.path.parent.name, reason, remedy)


def _require_clinical(made: ResultSet) -> ResultSet:
    if made.profile != "clinical":
        reason = (
            "the result set was written with the shareable profile, so it lacks the patient "
            "identifiers of the CT"
        )
        remedy = "write it again with fl-planner plan --profile clinical"
        raise InputRefused("archive.shareable", made.kos.path.parent.name, reason, remedy)
    return made


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A result set to be withdrawn.

    - `folder`: the result set; `output`: its plan as JSON.
    - `reason`: reason stated by the user; None if the verification must provide one.
    - `replacement`: folder of the result set that replaces it.
    - `sources`: case file and files of the plan, for the verification.
    """

    folder: Path
    output: Path | None = None
    reason: RejectionReason | None = None
    replacement: Path | None = None
    sources: tuple[Path, ...] = ()


def withdraw_results(
    door: ArchiveDoor, withdrawn: Withdrawal, given: Words
) -> ArchiveTransferRecord:
    """Withdraw a result set by a rejection note, after its replacement is stored.

    Raises `InputRefused`: `archive.still_valid` if the plan is still valid and no reason is
    stated; `archive.no_reason` without a plan and a reason; `archive.other_plan` for a plan with
    other numbers; `archive.not_found` if the archive lists no object of the set;
    `archive.replacement` for a set that does not name the withdrawn one as its predecessor; see
    also `push_results` and `verify_file`.
    """
    made = _require_clinical(read_result_set(withdrawn.folder))
    reasons = _find_reasons(made, withdrawn, given)
    session = door.open()
    _require_listed(session, made)
    objects = []
    if withdrawn.replacement is not None:
        new = _require_clinical(read_result_set(withdrawn.replacement))
        if made.measurements.sop_instance_uid not in new.replaces:
            reason = (
                "the new result set does not refer to the withdrawn result set as its predecessor"
            )
            remedy = (
                "write it again with fl-planner plan --replaces FOLDER, the folder of the "
                "withdrawn result set"
            )
            raise InputRefused("archive.replacement", withdrawn.replacement.name, reason, remedy)
        require_no_note(session, new)
        objects = [one.path for one in new.members]
    begin_step("storing and comparing objects")
    push(session, read_objects(objects))
    with temporary_folder() as folder:
        note = folder / "rejection.dcm"
        write_rejection(made, note, withdrawn.reason or "quality")
        push(session, read_objects([note]))
    return ArchiveTransferRecord(
        refusal=None,
        action="withdraw",
        archive=door.name,
        objects=len(made.members),
        reasons=reasons,
    )


def _require_listed(session: ArchiveSession, made: ResultSet) -> None:
    """Refuse an archive without the set: another archive would keep it as a valid result."""
    names = (
        InstanceName(one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid)
        for one in made.members
    )
    if not any(map(session.has, names)):
        reason = "the archive lists no object of this result set: the set was never stored there, "
        reason += "or was withdrawn earlier and is hidden"
        remedy = "check the name of the archive, and whether the archive shows the set"
        raise InputRefused("archive.not_found", session.name, reason, remedy)


def _find_reasons(made: ResultSet, withdrawn: Withdrawal, given: Words) -> tuple[str, ...]:
    """Verify the plan, and return what has changed."""
    name = withdrawn.folder.name
    if withdrawn.output is None:
        if withdrawn.reason is None:
            reason = "neither the plan of the result set nor a reason was given"
            remedy = "give the plan as JSON, so that it can be verified, or state a reason"
            raise InputRefused("archive.no_reason", name, reason, remedy)
        return ()
    _require_same_plan(made, read_output(withdrawn.output))
    verified = verify_file(withdrawn.output, withdrawn.sources, given)
    if not verified.changes and withdrawn.reason is None:
        reason = "the plan is still valid"
        remedy = "state a reason if the result set must be withdrawn anyway"
        raise InputRefused("archive.still_valid", name, reason, remedy)
    return tuple(one.message for one in verified.changes)


def _require_same_plan(made: ResultSet, output: StoredOutput) -> None:
    """Refuse a plan whose liver volume or FLR differs from that of the result set.

    Raises `InputRefused`: `archive.other_plan`.
    """
    folder, record = made.kos.path.parent.name, output.record
    remedy = "give the plan of this result set, or state a reason without a plan"
    reason = "the numbers of the result set cannot be read, so the plan cannot be compared"
    with quietly("archive.other_plan", folder, reason, remedy):
        reported = read_reported_values(made.measurements.path.read_bytes())
    found: dict[str, set[float]] = {}
    for (_, code), (value, _) in reported.items():
        found.setdefault(code, set()).add(value)
    volumes_ml, shares = (found.get(one.code, set()) for one in (VOLUME, FLR_PERCENT))
    same_liver = record.get("volumes_ml", {}).get("liver") in volumes_ml
    if not same_liver or shares != {record.get("flr_percent")} - {None}:
        reason = f"its liver volume or FLR differs from that in {output.name}"
        raise InputRefused("archive.other_plan", folder, reason, remedy)
