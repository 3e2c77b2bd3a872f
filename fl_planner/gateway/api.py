"""Python interface to archives: find, pull, push and withdraw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack

from fl_planner.gateway.transfer import ArchiveDoor, Withdrawal, find_archives, make_query
from fl_planner.gateway.transfer import find_studies as find
from fl_planner.gateway.transfer import pull_study as pull
from fl_planner.gateway.transfer import push_results as push
from fl_planner.gateway.transfer import withdraw_results as withdraw
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.files.archive import format_found, format_transfer
from fl_planner.workup.python.given_options import NumberOptions, ShownOptions, StudyOptions
from fl_planner.workup.python.options import CaseOptions, ForceOptions
from fl_planner.workup.python.result import NotebookView, Result, as_text
from fl_planner.workup.python.types import AnyPath, Day
from fl_planner.workup.python.words import as_each_path, as_path, as_words, require_text, taking

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.files.archive import ArchiveFindRecord, ArchiveTransferRecord

Answer = TypeVar("Answer", bound=RecordPart)


class PushOptions(TypedDict, total=False):
    """Archives file; `archives.toml` in your configuration folder by default."""

    archives: AnyPath


class FindOptions(PushOptions, total=False):
    """Options of `find_studies`."""

    study: str
    patient_id: str
    accession: str
    modality: str
    since: Day
    until: Day


class PullOptions(PushOptions, ForceOptions, total=False):
    """Options of `pull_study`, except its study and folder."""

    series: Iterable[str]


class WithdrawOptions(
    PushOptions, CaseOptions, ShownOptions, StudyOptions, NumberOptions, total=False
):
    """Options of `withdraw_results`."""

    earlier: Sequence[AnyPath]
    trials: AnyPath
    plan: AnyPath
    reason: Literal["quality", "patient safety", "wrong worklist entry", "retention"]
    replacement: AnyPath


def _open(archive: str, words: Mapping[str, Any]) -> ArchiveDoor:
    return ArchiveDoor(require_text("archive", archive), words["archives"] or find_archives())


def _view(as_lines: Callable[[Answer], Iterator[str]]) -> NotebookView[Answer]:
    def show(record: Answer) -> RenderableType:
        return as_text("\n".join(as_lines(record)))

    return NotebookView(show)


@taking(FindOptions)
def find_studies(archive: str, **options: Unpack[FindOptions]) -> Result[ArchiveFindRecord]:
    """List the studies of an archive: UID, date, modalities and number of objects.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    options
        As for `fl-planner archive find`.

    Raises
    ------
    InputRefused
        If the archive refuses the login or cannot be reached, or its list may be incomplete.
    """
    words = as_words("find_studies", FindOptions, options)
    texts = ("study", "patient_id", "accession", "modality")
    query = make_query({name: words[name] for name in texts}, words["since"], words["until"])
    return Result("find_studies", find(_open(archive, words), query), _view(format_found))


@taking(PullOptions)
def pull_study(
    archive: str, study: str, *, out: AnyPath, **options: Unpack[PullOptions]
) -> Result[ArchiveTransferRecord]:
    """Fetch the CT images and segmentations (SEG, RTSTRUCT) of a study into a new folder.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    study : str
        UID of the study.
    out : path
        New folder. Its files contain the patient's name and ID.
    options
        As for `fl-planner archive pull`.

    Raises
    ------
    InputRefused
        If the archive lists no such objects, or the folder exists.
    """
    words = as_words("pull_study", PullOptions, options)
    door = _open(archive, words)
    record = pull(
        door,
        require_text("study", study),
        words["series"],
        as_path("out", out),
        force=words["force"],
    )
    return Result("pull_study", record, _view(format_transfer))


@taking(PushOptions)
def push_results(
    archive: str, results: AnyPath, **options: Unpack[PushOptions]
) -> Result[ArchiveTransferRecord]:
    """Store a result set in an archive, and compare it with the objects that the archive returns.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    results : path
        Folder of a result set of the clinical profile, as `plan(..., dicom=...)` writes it.
    options
        As for `fl-planner archive push`.

    Raises
    ------
    InputRefused
        If the archive does not return every object as it was sent.
    """
    words = as_words("push_results", PushOptions, options)
    return Result(
        "push_results",
        push(_open(archive, words), as_path("results", results)),
        _view(format_transfer),
    )


@taking(WithdrawOptions)
def withdraw_results(
    archive: str, results: AnyPath, *sources: AnyPath, **options: Unpack[WithdrawOptions]
) -> Result[ArchiveTransferRecord]:
    """Withdraw a result set by a rejection note for all of its objects.

    Parameters
    ----------
    archive : str
        Name of the archive in the archives file.
    results : path
        Folder of the result set.
    sources : paths
        Case file and files of the plan, which is verified.
    options
        As for `fl-planner archive withdraw`: the plan as JSON, or a reason.

    Raises
    ------
    InputRefused
        If the plan is still valid and no reason is stated, or its numbers are not those of the
        result set.
    """
    words = as_words("withdraw_results", WithdrawOptions, options)
    files = as_each_path("sources", "withdraw_results", sources)
    asked = Withdrawal(
        as_path("results", results), words["plan"], words["reason"], words["replacement"], files
    )
    record = withdraw(_open(archive, words), asked, words)
    return Result("withdraw_results", record, _view(format_transfer))
