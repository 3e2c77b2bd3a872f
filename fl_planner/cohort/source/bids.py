"""BIDS derivatives: files by the suffix and the label of their names, label maps by their tables.

What the numbers of a `_dseg` image mean says a table of BIDS, `_dseg.tsv`, with the columns index
and name. It stands beside the image, or higher up, where it holds for all images below whose
names have its entities (the inheritance of BIDS); the nearest one counts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.cohort.source.laid_case import (
    CODE,
    CT,
    MAP,
    LaidCase,
    images_below,
    is_known,
    role_of,
    stem_of,
)
from fl_planner.formats.segments.schemes import read_bundled_schemes
from fl_planner.formats.stored.text import read_text
from fl_planner.liver.names.own_labels import parse_labels
from fl_planner.liver.names.structures import place_of
from fl_planner.space.labels import find_scheme

OTHER_IMAGES = frozenset({"t1w", "t2w", "pdw", "flair", "dwi", "bold"})  # no mask, and no CT
DSEG, TABLE = "dseg", "dseg.tsv"
INDEX, NAME = "index", "name"  # columns that BIDS asks for
BACKGROUND = "0"
MOST_BYTES = 1 << 20  # of a table [project's choice]
OPTION = "--scheme"


def read_bids(root: Path, scheme: str | None) -> Iterator[LaidCase]:
    """Read BIDS derivatives: `sub-01/anat/sub-01_label-liver_mask.nii.gz`, `..._dseg.nii.gz`.

    - `scheme`: of label maps; one that contradicts a map's table refuses the case.
    """
    found: dict[str, LaidCase] = {}
    for path in images_below(root, "sub-*/**/*"):
        entities, suffix = _read_name(stem_of(path))
        id_ = "_".join(f"{key}-{entities[key]}" for key in ("sub", "ses") if key in entities)
        if "sub" not in entities:
            id_ = path.relative_to(root).parts[0]
        case = found.setdefault(id_, LaidCase(id_))
        role = _role_in_bids(suffix.lower(), entities)
        if role != "":
            case.take(role, path, root)
    for case in found.values():
        for path in case.files.get(MAP, ()):
            _read_numbers(case, path, root, scheme)
        yield case


def _read_name(stem: str) -> tuple[dict[str, str], str]:
    """Read the entities of a name, and its suffix."""
    *parts, suffix = stem.split("_")
    return dict(part.split("-", 1) for part in parts if "-" in part), suffix


def _role_in_bids(suffix: str, entities: Mapping[str, str]) -> str | None:
    """Tell a role by the suffix and the label of a name; "" of what is passed over."""
    if suffix in OTHER_IMAGES:
        return ""
    if suffix in (CT, DSEG):
        return CT if suffix == CT else MAP
    label = entities.get("label") or entities.get("desc")
    return None if suffix != "mask" or label is None else role_of(label)


def _read_numbers(case: LaidCase, image: Path, root: Path, scheme: str | None) -> None:
    """Read what the numbers of a map mean by its table; what is wrong with it is of the case."""
    try:
        table = _find_table(image, root)
        if table is not None:
            labels = read_look_up_table(table)
            _require_agreement(labels, table, scheme)
            case.labels = labels
    except InputRefused as wrong:
        case.wrong.append(f"{wrong.source} {wrong.reason}; {wrong.remedy}")


def _find_table(image: Path, root: Path) -> Path | None:
    """Find the table of an image: the nearest whose entities the image has.

    Raises `InputRefused`: `cohort.layout` where several are as near, or one is of no image that
    its name tells.
    """
    entities, _ = _read_name(stem_of(image))
    others: list[Path] = []
    for folder in _folders_up(image, root):
        tables = [one for one in sorted(folder.iterdir()) if one.name.lower().endswith(TABLE)]
        fit = [one for one in tables if _entities_of(one).items() <= entities.items()]
        if len(fit) > 1:
            reason = f"and {fit[1].name} are both tables of {image.name}"
            raise InputRefused(CODE, fit[0].name, reason, "keep the one that holds")
        if fit:
            return fit[0]
        others += [one for one in tables if not _has_image(one)]
    if others:
        reason = f"is of no image, and {image.name} has no table: whether it is meant is not clear"
        raise InputRefused(CODE, others[0].name, reason, "name the table as its image is named")
    return None


def _folders_up(image: Path, root: Path) -> Iterator[Path]:
    """List the folder of an image and those above it, up to that of the data set."""
    folder = image.parent
    while folder != root:
        yield folder
        folder = folder.parent
    yield root


def _entities_of(table: Path) -> dict[str, str]:
    return _read_name(table.name[: -len(".tsv")])[0]


def _has_image(table: Path) -> bool:
    """Whether a table is that of some image in its folder or below."""
    wanted = _entities_of(table).items()
    names = (_read_name(stem_of(path)) for path in images_below(table.parent, "**/*"))
    return any(suffix.lower() == DSEG and wanted <= has.items() for has, suffix in names)


def read_look_up_table(path: Path) -> dict[str, str]:
    """Read which number is which structure from a table of BIDS.

    Raises `InputRefused`: `cohort.layout` for a table without the columns index and name, an index
    that is none or stands twice, and names that are not understood.
    """
    text, _ = read_text(path, CODE, "a table of labels", MOST_BYTES)
    rows = [*csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)]
    if not rows or not {INDEX, NAME} <= rows[0].keys():
        raise _not_understood(path, "has no rows below the columns index and name")
    labels: dict[str, str] = {}
    wrong: list[str] = []
    for row in rows:
        number, name = (row[INDEX] or "").strip(), (row[NAME] or "").strip()
        if number == BACKGROUND:
            continue
        if number in labels:
            wrong.append(f"{number} stands twice")
        elif not is_known(name):
            wrong.append(f"{number}: {name!r}")
        labels[number] = name
    wrong += [f"{number}: {what}" for number, what in parse_labels(labels, labels.values())[1]]
    if wrong or not labels:
        told = join_told(wrong) or "no label but the background"
        raise _not_understood(path, f"has rows that are not understood ({told})")
    return labels


def _not_understood(path: Path, reason: str) -> InputRefused:
    remedy = "write an index and the name of a structure in each row, as in docs/how-to/cohort.md"
    return InputRefused(CODE, path.name, reason, remedy)


def _require_agreement(labels: Mapping[str, str], table: Path, scheme: str | None) -> None:
    """Refuse a scheme that says of a structure's number something else than the table does."""
    if scheme is None:
        return
    said = find_scheme(read_bundled_schemes(), scheme).structures
    told, _ = parse_labels(labels, labels.values())
    apart = [n for n, name in told.items() if place_of(name) != place_of(said.get(n))]
    apart += [n for n, name in said.items() if n not in told and place_of(name) is not None]
    if apart:
        reason = f"says something else than {OPTION} {scheme} of the labels "
        reason += join_told([str(n) for n in sorted(apart)], ", ")
        remedy = f"leave {OPTION} out, or correct the table"
        raise InputRefused(CODE, table.name, reason, remedy)
