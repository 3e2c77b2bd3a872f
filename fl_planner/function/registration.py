"""Whether masks of a CT lie on the counts of a SPECT, and what would be if they did not."""

from fractions import Fraction

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import RegistrationBasis
from fl_planner.basis.shown import as_number
from fl_planner.function.orientation import LEAST_GAIN, MIRROR_GAIN, OrientationFit
from fl_planner.function.spect import SpectShare

FAR_MM = 10  # a centimetre; a SPECT voxel has about half of it [project's choice]
LEAST_CONTRAST = 2  # liver over the rest of the field; on any real study it is far more
MOST_LOST = 0.05  # of an organ beyond the SPECT, from which on nothing of it is told
MOST_SPREAD_POINTS = 5  # of the share under shifts, above which it is told as a warning
MOST_HOT = 0.02  # of the counts in voxels as hot as bile
MOST_RATIO = 2  # of the share by counts to that by volume, or 1 over it [project's choice]
LEAST_LIKENESS = 0.75  # of parts and counts [project's choice]
AXES = (("to the right", "to the left"), ("forwards", "backwards"), ("upwards", "downwards"))


def require_basis(
    *, same_frame: bool, transform_given: bool, stated: bool, source: str
) -> RegistrationBasis:
    """Tell why masks may be laid on a SPECT; refuse where nothing says that they may [H-17].

    Raises `InputRefused`: `function.not_registered`.
    """
    if transform_given:
        return "transform"
    if same_frame:
        return "same frame of reference"
    if stated:
        return "stated"
    reason = "nothing says that it is registered with the CT of the masks: their frames of "
    reason += "reference are not the same, and no transform was given"
    remedy = "register them, and say registered = true; or give the transform"
    raise InputRefused("function.not_registered", source, reason, remedy)


def find_registration_doubts(found: SpectShare, source: str) -> tuple[Finding, ...]:
    """Find masks that do not lie on the counts, and a share that hangs on where they lie.

    Raises `InputRefused`: `function.off_the_counts` where liver and counts have little to do with
    each other.
    """
    if found.contrast < LEAST_CONTRAST or found.lost > MOST_LOST:
        reason = "the liver mask does not lie on the counts of the liver"
        if found.lost > MOST_LOST:
            reason = f"{as_number(100 * found.lost)} % of the liver lies beyond the SPECT"
        remedy = "check that both are of one patient and registered"
        raise InputRefused("function.off_the_counts", source, reason, remedy)
    doubts = [
        *find_mirrored(found.orientation, source, "function"),
        *_unlike(found, source),
        *_shifted(found, source),
        *_unlike_volume(found, source),
        *_spread(found, source),
        *_bile(found, source),
    ]
    if found.lost > 0:
        message = f"{source}: {as_number(100 * found.lost)} % of the liver lies beyond it"
        doubts.append(Finding("function.spect_cut", Severity.WARNING, message, source))
    return tuple(doubts)


def find_mirrored(fit: OrientationFit, source: str, topic: str) -> list[Finding]:
    """Find counts that fit the parts better when mirrored; `topic` is what the codes begin with."""
    if fit.gain <= LEAST_GAIN:
        return []
    figures = f"correlation {fit.mirrored:.2f} mirrored, {fit.stored:.2f} as stored"
    if fit.gain <= MIRROR_GAIN:
        message = (
            f"{source}: mirrored {fit.words}, its counts fit the drawn liver as well as they do "
            f"now ({figures}): look at both together"
        )
        return [Finding(f"{topic}.orientation", Severity.WARNING, message, source, fit.gain)]
    message = (
        f"{source}: its counts fit the drawn liver better when mirrored {fit.words} ({figures}): "
        "the image is stored the wrong way round; export it again"
    )
    return [Finding(f"{topic}.mirrored", Severity.ERROR, message, source, fit.gain)]


def _unlike(found: SpectShare, source: str) -> list[Finding]:
    fit = found.orientation
    if max(fit.stored, fit.mirrored) >= LEAST_LIKENESS:
        return []
    message = (
        f"{source}: its counts do not look like the drawn liver: they correlate by "
        f"{fit.stored:.2f}, and {LEAST_LIKENESS:g} is asked for; check that both are of one patient"
    )
    return [Finding("function.unlike_liver", Severity.ERROR, message, source, fit.stored)]


def _unlike_volume(found: SpectShare, source: str) -> list[Finding]:
    """Find a remnant that works twice as well as its volume, or half as well."""
    ratio = found.share.ratio
    if ratio is not None and 1 <= MOST_RATIO * ratio <= MOST_RATIO**2:
        return []
    by_volume = Fraction(found.flr_voxels, found.voxels)
    message = (
        f"{source}: the remnant holds {as_number(100 * found.by_counts)} % of the counts and "
        f"{as_number(100 * by_volume)} % of the volume: look at the SPECT on the CT, and check "
        "that the remnant is the right one"
    )
    value = float(found.by_counts / by_volume) if by_volume else None
    return [Finding("function.share_unlike_volume", Severity.WARNING, message, source, value)]


def _shifted(found: SpectShare, source: str) -> list[Finding]:
    """Find counts that lie a centimetre or more from the masks."""
    far = [(mm, names) for mm, names in zip(found.best_shift_mm, AXES, strict=True)]
    told = [f"{abs(mm):.0f} mm {names[mm < 0]}" for mm, names in far if abs(mm) >= FAR_MM]
    if not told:
        return []
    message = (
        f"{source}: the counts of the liver lie {' and '.join(told)} of its mask: not registered "
        "well, so that the share is wrong"
    )
    most = max(abs(mm) for mm in found.best_shift_mm)
    return [Finding("function.misregistered", Severity.ERROR, message, source, most, "mm")]


def _spread(found: SpectShare, source: str) -> list[Finding]:
    low, high = found.range
    points = 100 * (high - low)
    if points <= MOST_SPREAD_POINTS:
        return []
    message = (
        f"{source}: with the masks moved by up to 2 cm the share is {as_number(100 * low)} to "
        f"{as_number(100 * high)} %: look at the fusion picture"
    )
    return [
        Finding(
            "function.share_by_shift", Severity.WARNING, message, source, float(points), "points"
        )
    ]


def _bile(found: SpectShare, source: str) -> list[Finding]:
    doubts = []
    if not found.bile_given:
        message = f"{source}: no gallbladder or duct was given: bile may be counted as liver tissue"
        doubts.append(Finding("function.bile_not_given", Severity.WARNING, message, source))
    if found.hot_share > MOST_HOT:
        percent = 100 * found.hot_share
        message = (
            f"{source}: {as_number(percent)} % of the counts are in voxels three times as hot as "
            "the liver: bile that is not drawn, or a vessel"
        )
        doubts.append(
            Finding("function.hot_voxels", Severity.WARNING, message, source, percent, "%")
        )
    return doubts
