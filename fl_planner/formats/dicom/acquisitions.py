"""Whether the slices of a CT series are of one acquisition: what they say of how they were made.

Two phases whose slices alternate, or a projection among slices, make an image that no scanner
saw, however evenly they lie [safety.md D2].
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.dataset import Attribute
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.geometry import THICKNESS

IMAGE_TYPE = Attribute(0x00080008, "ImageType")
NUMBER = Attribute(0x00200013, "InstanceNumber")
ACQUIRED = (
    Attribute(0x00200012, "AcquisitionNumber"),
    Attribute(0x00200100, "TemporalPositionIdentifier"),
    Attribute(0x00080032, "AcquisitionTime"),
    Attribute(0x0008002A, "AcquisitionDateTime"),
)
MADE_BY = (
    Attribute(0x00180060, "KVP"),
    Attribute(0x00181210, "ConvolutionKernel"),
    THICKNESS,
)
KINDS = 3  # values of ImageType that are defined: original, primary, axial [PS3.3 C.8.2.1.1.1]
PROJECTED = frozenset(
    ["MIP", "MINIP", "MAX_IP", "MIN_IP", "MAXIMUM", "MINIMUM", "VRT", "VOLREN", "PROJECTION"]
) | {"PROJECTION IMAGE"}
FEW = 3  # acquisitions; more, and alike, are the turns of a tube between steps of the table
GIVE_SLICES = "give the slices of one acquisition as the scanner made them"


def judge_acquisitions(name: str, slices: Sequence[DicomFile]) -> tuple[Finding, ...]:
    """Name what is odd about how slices were made; `slices` lie one behind the other.

    Raises `InputRefused`: `series.kinds_differ` where one was derived and another was not,
    `series.acquisitions` where those of several acquisitions alternate.
    """
    _require_one_kind(slices)
    for attribute in ACQUIRED:
        _require_apart(slices, attribute)
    return tuple(_find_doubts(name, slices))


def _require_one_kind(slices: Sequence[DicomFile]) -> None:
    """Refuse a derived slice among others; the rarer kind is the odd one."""
    kinds = [_kinds(file)[:KINDS] for file in slices]
    (usual, count), *others = Counter(kinds).most_common()
    if not others:
        return
    odd = next(file for file, kind in zip(slices, kinds, strict=True) if kind != usual)
    reason = f"is of another kind (ImageType) than {count} of the {len(slices)} slices"
    raise odd.refuse("series.kinds_differ", reason, GIVE_SLICES)


def _require_apart(slices: Sequence[DicomFile], attribute: Attribute) -> None:
    """Refuse acquisitions whose slices alternate along the body."""
    runs = [value for value, _ in groupby(_plain(file, attribute) for file in slices)]
    if len(set(runs)) < len(runs):
        reason = f"has slices of {len(set(runs))} acquisitions in turn ({attribute.keyword})"
        raise slices[0].refuse("series.acquisitions", reason, GIVE_SLICES)


def _find_doubts(name: str, slices: Sequence[DicomFile]) -> Iterator[Finding]:
    if found := next(filter(None, (_count_behind(slices, one) for one in ACQUIRED)), None):
        count, keyword = found
        what = (
            f"is of {count} acquisitions, one behind the other ({keyword}): where they meet, a "
            "liver may be drawn in part, twice, or in another phase"
        )
        yield Finding("series.acquisitions", Severity.WARNING, f"{name}: {what}", name)
    if PROJECTED.intersection(*map(_kinds, slices)):
        what = "holds projections (ImageType), each of several slices: no densities of tissue"
        yield Finding("series.projected", Severity.WARNING, f"{name}: {what}", name)
    if any(file.is_lossy for file in slices):
        what = "was compressed with a loss: its densities are nearly those of the scanner"
        yield Finding("series.lossy", Severity.INFO, f"{name}: {what}", name)
    mixed = [one.keyword for one in MADE_BY if len({_plain(file, one) for file in slices}) > 1]
    if mixed:
        what = f"its slices were not made alike: {', '.join(mixed)} differ"
        yield Finding("series.made_differently", Severity.WARNING, f"{name}: {what}", name)
    if (step := _number_step(slices)) > 1:
        what = f"its slices are numbered in steps of {step}: those between them may be missing"
        yield Finding("series.numbers", Severity.WARNING, f"{name}: {what}", name)


def _count_behind(slices: Sequence[DicomFile], attribute: Attribute) -> tuple[int, str] | None:
    """Count the acquisitions that lie one behind the other; None where there is no doubt.

    A table that moves between turns of the tube makes many, of one slice or of as many each.
    """
    runs = [len([*run]) for _, run in groupby(_plain(file, attribute) for file in slices)]
    stepped = len(runs) > FEW and len(set(runs[:-1])) == 1 and runs[-1] <= runs[0]
    one_each = max(runs) == 1
    return None if len(runs) == 1 or stepped or one_each else (len(runs), attribute.keyword)


def _number_step(slices: Sequence[DicomFile]) -> int:
    """Give the one step by which slices are numbered along the body; 0 where there is none."""
    numbers = [file.data.whole(NUMBER) for file in slices]
    known = [number for number in numbers if number is not None]
    steps = {b - a for a, b in pairwise(known)}
    return abs(steps.pop()) if len(known) == len(numbers) > 2 and len(steps) == 1 else 0


def _plain(file: DicomFile, attribute: Attribute) -> bytes:
    return file.data.raw(attribute).strip(b" \0")


def _kinds(file: DicomFile) -> tuple[str, ...]:
    return tuple(one.strip().upper() for one in (file.data.text(IMAGE_TYPE) or "").split("\\"))
