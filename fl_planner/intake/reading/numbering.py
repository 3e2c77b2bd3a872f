"""Check the numbering scheme of a label map, before any volume is reported."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

import numpy as np

from fl_planner.basis.constants import LEAST_LIVER_ML
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words, list_first
from fl_planner.basis.shown import as_ml
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.voxels.values import LabelFile, SegmentFile
from fl_planner.liver.names.part_names import means_other, mentions, structure_of
from fl_planner.liver.names.structures import (
    UNDIVIDED,
    WHOLE_HEPATIC,
    WHOLE_PORTAL,
    WITH_SPLENIC,
    describe_structure,
    place_of,
    plain,
)
from fl_planner.liver.segments.segments import list_fitting_schemes
from fl_planner.space.labels import EVERY, Codes, LabelScheme, count_codes, count_thin
from fl_planner.space.mask import Mask

STRAY_PERCENT = 1  # of all labelled voxels: drawing slips, not another scheme [project's choice]
MOST_OF_MAP = 2 / 3  # of its volume; a right liver has less, of several segments [project's choice]
MOST_LISTED = 12  # labels in a message
# Of the voxels that are used: public maps of segments have up to 0.52, six of them after nearest
# neighbour up to 0.65 (1.8 at slices of 10 mm, half of all thin ones), and interpolated 1.9 to 18;
# of all thin ones of two maps 63 to 100 %. Project's choice.
BLENDED_PERCENT, SURELY_BLENDED_PERCENT = 1.5, 4
FEWEST_LABELLED = 1000  # voxels of a map; a smaller map is not assessed [project's choice]
BLENDED_TO_OTHERS = 1.3  # ratio to thin voxels that are not between labels: project's choice
MOST_MEANINGS = 3  # labels that are described for each scheme [project's choice]
_WITHOUT_MEANING = re.compile(r"(?:class|label|object|region|roi)[\s_-]*\d+", re.IGNORECASE)
LIVER_AND_TUMOUR = {1, 2}  # in some programs; vessels and tumours, or segments, in others


def measure_labels_ml(file: LabelFile) -> dict[int, float]:
    """Measure the volume of each label of a file, in mL."""
    return {label: n * file.grid.voxel_ml for label, n in file.labelled.counts().items()}


def require_named(file: LabelFile, usual: LabelScheme) -> tuple[str, ...]:
    """Refuse a map whose numbers fit a scheme other than the usual one; return the fitting schemes.

    Raises `InputRefused`: `labels.which_scheme`, naming the fitting schemes.
    """
    volumes_ml = measure_labels_ml(file)
    others = {n: s for n, s in read_bundled_schemes().items() if n != usual.name}
    fitting = list_fitting_schemes(others, volumes_ml)
    if fitting and _is_doubtful(volumes_ml, usual):
        reason = (
            f"the labelling scheme is unclear: the map has {_describe_labels(volumes_ml)}; the "
            f"numbers fit {_name_schemes(fitting)}"
        )
        choices = _describe_choices(fitting, others, usual, volumes_ml)
        remedy = (
            f"name the scheme (--scheme): {choices}, or {usual.name} if 1 to 8 are segments I to "
            "VIII; in a case file labelmap = { file, scheme }, or { file, labels } for your own "
            "labels"
        )
        raise InputRefused("labels.which_scheme", file.name, reason, remedy)
    return fitting


def _name_schemes(names: Sequence[str]) -> str:
    return f"the scheme{'' if len(names) == 1 else 's'} {join_words(names)}"


def _describe_choices(
    fitting: Iterable[str],
    schemes: Mapping[str, LabelScheme],
    usual: LabelScheme,
    labels: Collection[int],
) -> str:
    """List fitting schemes with the meaning of the labels of a map."""
    by_meaning: dict[str, list[str]] = {}
    for name in fitting:
        by_meaning.setdefault(describe_meaning(schemes[name], usual, labels), []).append(name)
    return ", ".join(f"{' or '.join(names)} if {meaning}" for meaning, names in by_meaning.items())


def describe_meaning(scheme: LabelScheme, usual: LabelScheme, labels: Collection[int]) -> str:
    """Describe what a scheme calls the labels of a map, beginning where it differs from `usual`.

    Examples
    --------
    >>> schemes = read_bundled_schemes()
    >>> usual = schemes["couinaud"]
    >>> describe_meaning(schemes["lits"], usual, [1, 2])
    '1 is liver and 2 is tumour'
    >>> describe_meaning(schemes["couinaud_4_9"], usual, range(1, 10))
    '4 is segment IVa and 9 is segment IVb'
    >>> describe_meaning(usual, usual, [1, 2])
    '1 is segment I and 2 is segment II'
    """
    known = {n: scheme.structures[n] for n in sorted(labels) if n in scheme.structures}
    other = {n: one for n, one in known.items() if one != usual.structures.get(n)}
    shown = [*(other or known).items()][:MOST_MEANINGS]
    return join_words([f"{n} is {describe_structure(one)}" for n, one in shown])


def find_unknown(
    file: LabelFile, scheme: LabelScheme, fitting: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Report all labels that a scheme does not define."""
    unknown = [label for label in file.labelled.labels if label not in scheme.structures]
    if not scheme.complete or not unknown:
        return ()
    volumes_ml = measure_labels_ml(file)
    total_ml = sum(volumes_ml[label] for label in unknown)
    names = list_first([f"{n} ({as_ml(volumes_ml[n])})" for n in unknown], MOST_LISTED)
    names += f", {as_ml(total_ml)} in all" if len(unknown) > MOST_LISTED else ""
    single = len(unknown) == 1
    message = (
        f"{file.name}: label{'' if single else 's'} {names} {'is' if single else 'are'} not "
        f"defined in the scheme {scheme.name}, and not counted"
    )
    if fitting:
        message += f". Check the scheme (--scheme): the numbers fit {_name_schemes(fitting)}"
    return (Finding("labels.unknown", Severity.WARNING, message, file.name, total_ml, "mL"),)


def find_named_otherwise(file: LabelFile, scheme: LabelScheme) -> tuple[Finding, ...]:
    """Report labels whose names in the file's header contradict the scheme.

    The scheme is used: programs also copy a header with the names of another map. The name itself
    is not displayed, as a header may also contain that of a patient [safety.md 5].
    """
    named = {label: file.names[label] for label in file.labelled.labels if label in file.names}
    other = [
        f"{label} is named as {_describe_meaning(name)}, but is read as "
        f"{describe_structure(scheme.structures[label])}"
        for label, name in named.items()
        if label in scheme.structures and _is_other(name, scheme.structures[label])
    ]
    if not other:
        return ()
    message = (
        f"{file.name}: names of labels in the header contradict the scheme {scheme.name}, which is "
        f"used: label {list_first(other, MOST_LISTED)}"
    )
    code = "labels.named_otherwise"
    return (Finding(code, Severity.WARNING, message, file.name, len(other), "labels"),)


def _is_other(name: str, structure: str) -> bool:
    """Whether a name contradicts a structure, and at least one of both is part of the liver."""
    own = structure_of(name, automatic=True)
    if own == structure or plain(name) == plain(structure) or _WITHOUT_MEANING.fullmatch(name):
        return False
    if own is not None and place_of(own) is not None:
        return not _is_alike(own, structure)
    if place_of(structure) is None or _may_be_part(name, structure):
        return False
    return means_other(name, structure)


def _is_alike(own: str, structure: str) -> bool:
    """Whether two names are of the same vessels, in different numberings."""
    if structure == WITH_SPLENIC:
        return own == WHOLE_PORTAL
    return own in UNDIVIDED and structure in UNDIVIDED


def _may_be_part(name: str, structure: str) -> bool:
    """Whether a name that is read as no structure contains words of what a label is read as."""
    if structure == WITH_SPLENIC:  # "Portal/splenic vein"
        return mentions(name, WHOLE_PORTAL)
    if structure in UNDIVIDED:  # "portal and hepatic veins"
        return mentions(name, WHOLE_PORTAL) and mentions(name, WHOLE_HEPATIC)
    # "left liver" may be the remnant, and "right lobe of the liver" the part to be removed
    is_part = structure in {"flr", "resected", "treated"}
    return is_part and not (means_other(name, "liver") or mentions(name, "tumour"))


def _describe_meaning(name: str) -> str:
    """Describe the structure that a name means, in words of this program only."""
    own = structure_of(name, automatic=True)
    return "another structure" if own is None else describe_structure(own)


def find_blended(file: LabelFile | SegmentFile, used: Collection[int]) -> tuple[Finding, ...]:
    """Find a map that was resampled as if its numbers were grey values [safety.md H-05].

    Interpolation produces rims of intermediate labels between segments 2 and 8, and between 8 and
    the background. `used` are the labels of parts of the liver.
    """
    between = beside = whole = 0
    for labels, codes, ranks in _rank_layers(file):
        asked = np.array([False, *(label in used for label in labels)])
        thin = count_thin(codes, ranks, asked)
        between, beside = between + thin[0], beside + thin[1]
        counts = count_codes(codes, max(EVERY, len(ranks)))[: len(ranks)]
        whole += int(counts[asked[ranks]].sum())
    percent = 100 * between / max(1, whole)
    alike = between < BLENDED_TO_OTHERS * beside and percent < SURELY_BLENDED_PERCENT
    if percent < BLENDED_PERCENT or whole < FEWEST_LABELLED or alike:
        return ()
    message = (
        f"{file.name}: {percent:.1f} % of its labelled voxels have a number between those of two "
        "opposite neighbours. The map was resampled with interpolation between its numbers, which "
        "produces rims with wrong segment numbers. Resample the map with nearest-neighbour "
        "interpolation, or give the original map"
    )
    code = "labels.interpolated"
    return (Finding(code, Severity.ERROR, message, file.name, round(percent, 3), "%"),)


def _rank_layers(file: LabelFile | SegmentFile) -> Iterator[tuple[tuple[int, ...], Codes, Codes]]:
    """Yield, layer by layer, the labels in order, the codes of voxels, and each code's rank."""
    if isinstance(file, LabelFile):
        held = file.labelled
        kind = np.uint8 if len(held.labels) < EVERY else np.uint16
        outside = int(held.codes.max(initial=0)) + 1  # a code of no label, around the block
        table: Codes = np.zeros(outside + 1, dtype=kind)
        for rank, label in enumerate(held.labels, 1):
            table[[code for code in held.codes_of[label] if code < outside]] = rank
        codes = held.codes.astype(
            np.result_type(held.codes, np.min_scalar_type(outside)), copy=False
        )
        yield held.labels, np.pad(codes, 1, constant_values=outside), table
        return
    layers: dict[int, dict[int, Mask]] = {}
    for segment, mask in file.drawn():
        if segment.layer is not None and mask.voxel_count:
            layers.setdefault(segment.layer, {})[segment.number] = mask
    for masks in layers.values():
        box = reduce(or_, (mask.box for mask in masks.values()))
        ranks = np.zeros(box.shape, dtype=np.uint8 if len(masks) < EVERY else np.uint16)
        for rank, number in enumerate(sorted(masks), 1):
            mask = masks[number]
            ranks[mask.box.slices(box.start)][mask.voxels] = rank
        labels = tuple(sorted(masks))
        yield labels, np.pad(ranks, 1), np.arange(len(labels) + 1, dtype=ranks.dtype)


def _is_doubtful(volumes_ml: Mapping[int, float], usual: LabelScheme) -> bool:
    """Whether numbers may not be segments: many others, only 1 and 2, or one a whole liver.

    A label with the volume of a liver and most of the map is rarely one segment: a liver (5) with
    its spleen (1) or kidneys (2, 3), as a segmenter numbers them, are otherwise V with I, II, III.
    """
    total_ml = sum(volumes_ml.values())
    beyond_ml = sum(ml for label, ml in volumes_ml.items() if label not in usual.structures)
    if 100 * beyond_ml > STRAY_PERCENT * total_ml:
        return True
    is_liver = any(
        ml >= LEAST_LIVER_ML and _is_most(volumes_ml, label) for label, ml in volumes_ml.items()
    )
    return volumes_ml.keys() == LIVER_AND_TUMOUR or is_liver


def _is_most(volumes_ml: Mapping[int, float], label: int) -> bool:
    return volumes_ml[label] / MOST_OF_MAP > sum(volumes_ml.values())


def _describe_labels(volumes_ml: Mapping[int, float]) -> str:
    labels = sorted(volumes_ml)
    if len(labels) == 1:
        return f"only label {labels[0]} ({as_ml(volumes_ml[labels[0]])})"
    if {*labels} == LIVER_AND_TUMOUR:
        both = " and ".join(f"{label} ({as_ml(volumes_ml[label])})" for label in labels)
        return f"only labels {both}"
    largest = max(labels, key=lambda label: volumes_ml[label])
    share = ""
    if _is_most(volumes_ml, largest):
        share = f", most of it label {largest} ({as_ml(volumes_ml[largest])})"
    return f"{len(labels)} labels, {labels[0]} to {labels[-1]}{share}"
