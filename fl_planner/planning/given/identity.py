"""Check that files belong to one patient, one scan and one role each.

Patient and scan are compared by marks that are never shown. A file in a wrong role is one mask in
two roles, or one that is named after another role.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hmac import compare_digest
from itertools import combinations
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from fl_planner.basis.constants import CANCERS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import list_first

if TYPE_CHECKING:
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.space.mask import Mask

    class InRole(Protocol):
        """A file that was given in a role."""

        @property
        def role(self) -> str:
            """Its role, such as "liver"."""

        @property
        def file(self) -> str:
            """Base name."""

        @property
        def format(self) -> str:
            """Its format, such as "nifti1"."""

        @property
        def sha256(self) -> str:
            """Hash of its bytes."""


MOST_FILES = 5  # of a message
Answer = Literal["same", "different", "not available"]


class Identity(Struct, frozen=True):
    """Marks of one file, made with a key of this run and meaningless outside this run.

    - `patient`, `issuer`: marks of the patient's identifier and of its issuer.
    - `born`: mark of the date of birth.
    - `frame`: mark of the frame of reference; equal if positions can be compared.
    - `study`: mark of the examination; `day`: mark of its date.
    - `series`: mark of the series of an image; `drawn_on`: of those that a drawing refers to.
    """

    patient: bytes | None = None
    issuer: bytes | None = None
    frame: bytes | None = None
    study: bytes | None = None
    day: bytes | None = None
    series: bytes | None = None
    drawn_on: tuple[bytes, ...] = ()
    born: bytes | None = None

    def __repr__(self) -> str:
        """Show none of the marks."""
        return "Identity()"

    def same_patient(self, other: Identity) -> Answer:
        """Compare the patient identifiers; two issuers may give the same one to two patients."""
        by_number = _compare(self.patient, other.patient)
        if by_number == "same" and _compare(self.issuer, other.issuer) == "different":
            return "different"
        return by_number

    def same_frame(self, other: Identity) -> Answer:
        """Compare the frames of reference."""
        return _compare(self.frame, other.frame)

    def same_study(self, other: Identity) -> Answer:
        """Compare the examinations."""
        return _compare(self.study, other.study)

    def same_day(self, days: Sequence[bytes]) -> Answer:
        """Compare the date of the examination with the marks of possible dates."""
        answers = {_compare(self.day, day) for day in days}
        return "same" if "same" in answers else answers.pop()


class Identified(Protocol):
    """A file with the marks of its patient and scan."""

    @property
    def file(self) -> str:
        """Base name."""

    @property
    def identity(self) -> Identity | None:
        """None if the format contains no identity."""


def judge_identities(files: Sequence[Identified]) -> tuple[Finding, ...]:
    """Refuse files of two patients or two scans; report what could not be verified [H-11, H-04].

    Raises `InputRefused`: `identity.patients_differ` or `identity.frames_differ`, naming both
    files.
    """
    findings = []
    unknown = {file.file: None for file in files if file.identity is None}
    for one, other in combinations(files, 2):
        ours, theirs = one.identity, other.identity
        if ours is None or theirs is None:
            continue
        _require_same(one.file, ours, other.file, theirs)
        if ours.same_patient(theirs) == "not available":
            pairs = ((one, ours), (other, theirs))
            unknown |= {file.file: None for file, marks in pairs if not marks.patient}
        if (ours.same_frame(theirs), ours.same_study(theirs)) == ("not available", "different"):
            message = (
                f"{other.file}: belongs to a different examination from {one.file}, and a common "
                "frame of reference is not stated"
            )
            findings.append(
                Finding("identity.studies_differ", Severity.WARNING, message, other.file)
            )
    return (
        *findings,
        *_find_other_birth(files),
        *_find_other_series(files),
        *_not_verified(files, tuple(unknown)),
    )


def find_other_day(
    files: Sequence[Identified], days: Sequence[bytes], called: str
) -> tuple[Finding, ...]:
    """Find files whose examination has a date that differs from the entered one; none is shown.

    - `days`: marks of the dates that agree with the entered date; none if it is not known.
    - `called`: the entered date in words.
    """
    marks = [(file.file, file.identity) for file in files if days and file.identity is not None]
    differing = (name for name, one in marks if one.same_day(days) == "different")
    other = list(dict.fromkeys(differing))  # files of different folders may have one base name
    if not other:
        return ()
    named = list_first(other, MOST_FILES)
    message = f"{named}: the date of the examination in the header differs from {called}"
    return (Finding("identity.date_differs", Severity.WARNING, message, other[0]),)


def find_two_days(studies: Sequence[Identified]) -> tuple[Finding, ...]:
    """Find studies whose date of examination differs from that of the first dated study."""
    marks = ((file.file, file.identity) for file in studies if file.identity is not None)
    dated = ((name, one.day) for name, one in marks if one.day is not None)
    return next((find_other_day(studies, (day,), f"that of {name}") for name, day in dated), ())


def _require_same(one: str, ours: Identity, other: str, theirs: Identity) -> None:
    if ours.same_patient(theirs) == "different":
        reason, remedy = (
            f"belongs to a different patient from {one}",
            "give files of the same patient",
        )
        raise InputRefused("identity.patients_differ", other, reason, remedy)
    if ours.same_frame(theirs) == "different":
        if one == other:  # files that share a name have been given different ones
            raise refuse_frames(one)
        reason = f"belongs to a different scan from {one} (the frames of reference differ)"
        raise InputRefused("identity.frames_differ", other, reason, "give files of the same scan")


def refuse_frames(file: str) -> InputRefused:
    """Build the refusal of a file whose structures were drawn on several scans."""
    reason = "its structures were drawn on different scans (the frames of reference differ)"
    remedy = "export the structures of each scan as a separate file, and give those of one scan"
    return InputRefused("identity.frames_differ", file, reason, remedy)


def _compare(one: bytes | None, other: bytes | None) -> Answer:
    if one is None or other is None:
        return "not available"
    return "same" if compare_digest(one, other) else "different"


def _find_other_birth(files: Sequence[Identified]) -> Iterator[Finding]:
    """Report dates of birth that differ: one number may have been given to two patients."""
    births = [(file.file, file.identity.born) for file in files if file.identity is not None]
    known = [(name, born) for name, born in births if born is not None]
    differing = (name for name, born in known if _compare(born, known[0][1]) == "different")
    if other := list(dict.fromkeys(differing)):
        message = (
            f"{list_first(other, MOST_FILES)}: the date of birth in the header differs from that "
            f"in {known[0][0]}: check that the files belong to the same patient"
        )
        yield Finding("identity.births_differ", Severity.WARNING, message, other[0])


def _find_other_series(files: Sequence[Identified]) -> Iterator[Finding]:
    """Report drawings that refer to a series other than that of the image or first drawing."""
    marks = [(file.file, file.identity) for file in files if file.identity is not None]
    images = [(name, {one.series}) for name, one in marks if one.series]
    drawings = [(name, {*one.drawn_on}) for name, one in marks if one.drawn_on]
    for image, series in images or drawings[:1]:
        differing = (name for name, drawn_on in drawings if series.isdisjoint(drawn_on))
        if other := list(dict.fromkeys(differing)):
            refers = "refers" if len(other) == 1 else "refer"
            message = (
                f"{list_first(other, MOST_FILES)}: {refers} to a different image series from that "
                f"of {image}; the organs may be elsewhere in another phase or breath-hold"
            )
            yield Finding("identity.series_differ", Severity.WARNING, message, other[0])


def _not_verified(files: Sequence[Identified], unknown: tuple[str, ...]) -> tuple[Finding, ...]:
    """Report files that are assumed, without verification, to belong to one patient."""
    names = {file.file for file in files}
    if not unknown or len(names) < 2:
        return ()
    where = "any file" if len(unknown) == len(names) else ", ".join(unknown)
    message = (
        "it could not be verified that all files belong to one patient: no patient identifier in "
        f"{where}"
    )
    return (Finding("identity.not_verified", Severity.INFO, message),)


# Roles that cannot have the same voxels: no liver or no remnant would be left.
NOTHING_LEFT = ({"liver", "tumour"}, {"flr", "tumour"}, {"liver", "resected"})


EXCLUDED = "exclude "


def find_same_files(inputs: Sequence[InRole], anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find roles that were given the same file and have the same voxels.

    One file may contain several masks for several roles; their voxels then differ. Of roles that
    exclude one another, the voxels of different files are compared too. Label maps and CTs are not
    compared. Raises `InputRefused` if nothing would be left to measure.
    """
    masks = _by_role(anatomy)
    hashes = {role: sorted(i.sha256 for i in inputs if i.role == role) for role in masks}
    found = []
    for role, other in combinations(masks, 2):
        if not (hashes[role] and hashes[other]):
            continue
        one_file = hashes[role] == hashes[other]
        if masks[role].box != masks[other].box:  # so most pairs end here
            continue
        if not (one_file or _exclude_one_another(role, other)):
            continue
        if not masks[role].is_same(masks[other]):
            continue
        first, second = masks[role].source, masks[other].source
        files = first if first == second else f"{second} and {first}"
        what, kind = ("file was", "file") if one_file else ("voxels were", "mask")
        reason = f"the same {what} given as {role} and as {other}"
        remedy = f"check which role requires a different {kind}"
        if {role, other} in NOTHING_LEFT:
            raise InputRefused("input.same_file", files, reason, remedy)
        message = (
            f"{files}: {reason}; {remedy}; if the same {kind} is intended for both, accept this "
            "finding"
        )
        found.append(Finding("input.same_file", Severity.WARNING, message, second))
    return tuple(found)


def _exclude_one_another(role: str, other: str) -> bool:
    """Whether a voxel cannot be of both roles: tumour, remnant and excluded parts, or two trees."""
    from fl_planner.liver.names.structures import VESSEL

    pair = (role, other)
    tissues = all(each in ("tumour", "flr") or each.startswith(EXCLUDED) for each in pair)
    return tissues or all(each.startswith(VESSEL) for each in pair)


WITHOUT_NAMES = {"nifti1", "nifti2", "nrrd", "metaimage"}  # other formats name their structures
# Roles whose files may be swapped, so that the FLR is wrong and may still be plausible.
CALLED = {"flr": "FLR", "tumour": "tumour", "resected": "resected part"}
# "HCC_012" is the diagnosis of a case and its number; "HCC_01" may be the first lesion
_CASE_NUMBER = re.compile(
    rf"(?:{'|'.join(CANCERS)})[\s_-]*(?:[1-9]\d|\d{{3,}})(\..*)?", re.IGNORECASE
)


def find_swapped_files(inputs: Iterable[InRole]) -> Iterator[Finding]:
    """Find masks whose file is named after another role: a tumour that was given as the FLR.

    A name that different files share is that of the case, with a folder for each role: "HCC_012".
    """
    given = tuple(inputs)
    times = Counter(file for file, _ in {(each.file, each.sha256) for each in given})
    livers = {each.sha256 for each in given if each.role == "liver"}  # same as another role's file
    for each in given:
        is_of_case = times[each.file] > 1 or _CASE_NUMBER.fullmatch(each.file)
        if each.format not in WITHOUT_NAMES or is_of_case:
            continue
        role = each.role.rpartition(" ")[2]  # also of "plan 2 flr"
        called = _name_otherwise(role, each.file, is_liver=each.sha256 in livers)
        if called:
            message = (
                f"{each.file}: given as the {CALLED.get(role, role)}, but named as {called}; "
                "check whether files were swapped, or rename the file"
            )
            yield Finding("input.swapped", Severity.WARNING, message, each.file)


def _name_otherwise(role: str, file: str, *, is_liver: bool) -> str:
    """Return what a file is named as, if that is not its role; else "".

    A tumour file named "liver" may be one of lesions in the liver.
    """
    from fl_planner.liver.names.exclusions import guess_role, list_stems
    from fl_planner.liver.names.part_names import names_no_whole_liver, names_one_side

    stems = list_stems(file)
    if role == "liver" and any(map(names_one_side, stems)):
        return "one side of the liver"
    if role == "liver":
        other = next(filter(None, map(names_no_whole_liver, stems)), None)
        return f"the {CALLED.get(other, other.replace('_', ' '))}" if other else ""
    named = guess_role(file) if role in CALLED else None
    if named == "liver" and role != "tumour" and not is_liver:
        return "the whole liver"
    return f"the {CALLED[named]}" if named in CALLED and named != role else ""


def _by_role(anatomy: Anatomy) -> Mapping[str, Mask]:
    from fl_planner.liver.names.structures import VESSEL

    roles = {
        "liver": anatomy.liver,
        "tumour": anatomy.tumour,
        "flr": anatomy.flr,
        "resected": anatomy.resected,
        "treated": anatomy.treated,
        **{f"{EXCLUDED}{mask.name}": mask for mask in anatomy.excluded},
        **{f"{VESSEL}{name}": mask for name, mask in anatomy.vessels.items()},
    }
    return {role: mask for role, mask in roles.items() if mask is not None and mask.voxel_count}
