"""Options of a plan whose study is in an archive, and the archives file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.cli.options import output_option, patient_file, patient_option
from fl_planner.cli.output import print_aside

if TYPE_CHECKING:
    from fl_planner.gateway.transfer import ArchiveDoor

ARCHIVES = patient_file(
    "--archives",
    metavar="ARCHIVES.toml",
    help="Archives file; archives.toml in your configuration folder by default.",
)
PULLED = (
    patient_option("--study", metavar="UID", help="Plan the case from this study in an archive."),
    patient_option("--archive", metavar="NAME", help="Archive that contains the study."),
    ARCHIVES,
    patient_option(
        "--series", multiple=True, metavar="UID", help="Fetch only this series; may be repeated."
    ),
    patient_file(
        "--routing",
        metavar="ROUTING.toml",
        help="Routing file that states the roles of the segments.",
    ),
    patient_option(
        "--route",
        metavar="NAME",
        help="Route in the routing file, if the file contains several routes.",
    ),
    output_option(
        "--push",
        is_flag=True,
        help="Store the result set from --dicom in the archive of the study.",
    ),
)
WITH_STUDY = ("archive", "archives", "series", "routing", "route", "push")


def open_door(given: Mapping[str, Any]) -> ArchiveDoor:
    """Return the archive that a command names.

    Raises `InputRefused`: `archive.no_file` if there is no archives file.
    """
    from fl_planner.gateway.transfer import ArchiveDoor, find_archives

    return ArchiveDoor(given["archive"], given["archives"] or find_archives())


@contextmanager
def pulled_case(case_files: tuple[Path, ...], given: Mapping[str, Any]) -> Iterator[Path | None]:
    """Return the case file of the study to be planned, or the one case file given, if any.

    Raises `InputRefused`: `usage.wrong` for options that do not fit together; as
    `PulledStudy.as_case`.
    """
    if given["study"] is None:
        for name in WITH_STUDY:
            if given[name]:
                reason = "applies to a study in an archive, but no study was given"
                raise InputRefused("usage.wrong", f"--{name}", reason, "give --study UID as well")
        yield next(iter(case_files), None)
        return
    _require_fitting(case_files, given)
    from fl_planner.gateway.pulled import PulledStudy

    study = PulledStudy(
        open_door(given), given["study"], given["series"], given["routing"], given["route"]
    )
    with study.as_case(given["size_limit"]) as case:
        yield case


def push_planned(given: Mapping[str, Any]) -> None:
    """Store the result set of a plan in the archive of its study, if requested."""
    if not given["push"]:
        return
    from fl_planner.gateway.transfer import push_results
    from fl_planner.record.files.archive import format_transfer

    record = push_results(open_door(given), given["dicom"])
    if not given["quiet"]:
        for line in format_transfer(record):
            print_aside(line)


def _require_fitting(case_files: tuple[Path, ...], given: Mapping[str, Any]) -> None:
    if case_files:
        reason = "a case file and a study from an archive cannot be combined"
        raise InputRefused("usage.wrong", "--study", reason, "give only one of them")
    if given.get("engine") is not None:
        reason = "segmentations from a study cannot be combined with an engine"
        raise InputRefused("usage.wrong", "--study", reason, "give only one of them")
    if given["archive"] is None:
        reason = "the study is in an archive, but no archive was given"
        raise InputRefused("usage.wrong", "--study", reason, "give --archive NAME as well")
    if given["route"] is not None and given["routing"] is None:
        reason = "a route was given without the routing file that defines it"
        raise InputRefused("usage.wrong", "--route", reason, "give --routing FILE as well")
    if given["push"] and (given["dicom"] is None or given["profile"] != "clinical"):
        reason = "only a result set with the clinical profile can be stored in the CT study"
        remedy = "give --dicom FOLDER and --profile clinical as well"
        raise InputRefused("usage.wrong", "--push", reason, remedy)
