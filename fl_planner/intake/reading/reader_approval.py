"""Files that a reader verified, compared with those that are given now, by hash and role."""

from collections.abc import Iterable, Iterator, Mapping

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import InputFile

Hashes = Mapping[str, set[str]]  # by role


def gather_hashes(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Collect the verified hashes by role."""
    verified: dict[str, set[str]] = {}
    for role, sha256 in pairs:
        verified.setdefault(role, set()).add(sha256)
    return verified


def find_changed(verified: Hashes, inputs: tuple[InputFile, ...]) -> Iterator[Finding]:
    """Find files that are not the ones that were verified, and those of a role that lack."""
    for one in inputs:
        if one.role in verified and one.sha256 not in verified[one.role]:
            message = (
                f"{one.file}: was verified in another version: its SHA-256 is not the one that "
                "the case file holds"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, one.file)
    for role, hashes in verified.items():
        now = {one.sha256 for one in inputs if one.role == role}
        if now and now < hashes:
            message = (
                f"{role}: {len(hashes)} files were verified, and {len(now)} of them "
                f"{'is' if len(now) == 1 else 'are'} given"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, None)


def find_unproven(
    case_file: str, verified: Hashes, masks: tuple[InputFile, ...]
) -> Iterator[Finding]:
    """Find masks that are called verified, while nothing says in which version."""
    bare = [one.file for one in masks if one.role not in verified]
    if bare:
        message = (
            f"{case_file}: says verified, but holds no SHA-256 of "
            f"{', '.join(dict.fromkeys(bare))}: a later change would not be seen"
        )
        yield Finding("case.verified_without_hashes", Severity.WARNING, message, case_file)
