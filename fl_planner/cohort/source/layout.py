"""Folders whose layout has a name: which file is what, by names that are known and by no other.

What is not understood is refused: a lesion's mask that is passed over would make a number that
looks right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.cohort.source.bids import read_bids
from fl_planner.cohort.source.laid_case import (
    CODE,
    CT,
    MAP,
    TABLE_INSTEAD,
    LaidCase,
    images_below,
    is_known,
    role_of,
    stem_of,
)
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import PARTS, ROLES
from fl_planner.workup.files.roles_by_name import guess_role

IGNORED = "ignore"  # what nnU-Net calls voxels that were not annotated
LABELS, IMAGES = "labelsTr", "imagesTr"
SEGMENTATIONS = "segmentations"  # where TotalSegmentator's own data set keeps masks


def read_layout(root: Path, layout: str, scheme: str | None = None) -> tuple[LaidCase, ...]:
    """Read the cases of a folder by the name of its layout.

    - `scheme`: of label maps, in place of what the layout says of them.

    Raises `InputRefused`: `cohort.layout` for a folder that has another one.
    """
    cases = sorted(LAYOUTS[layout](root, scheme), key=lambda one: one.id)
    if not cases:
        reason = f"holds no case in the layout {layout}"
        remedy = f"name another of {', '.join(LAYOUTS)}, {TABLE_INSTEAD}"
        raise InputRefused(CODE, root.name or "the folder", reason, remedy)
    return tuple(cases)


def _read_segmenter(root: Path, _scheme: str | None) -> Iterator[LaidCase]:
    """Read the output tree of a segmenter: a folder a case, a file a structure."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        case = LaidCase(folder.name)
        for place in (folder, folder / SEGMENTATIONS):
            files = [*images_below(place, "*")] if place.is_dir() else []
            if any(structure_of(stem_of(path)) in PARTS for path in files):
                case.files.setdefault(MAP, []).append(place)
            for path in files:
                _take_of_segmenter(case, path, root)
        if case.files or case.wrong:
            yield case


def _take_of_segmenter(case: LaidCase, path: Path, root: Path) -> None:
    stem = stem_of(path)
    role = CT if stem.lower() == CT else guess_role(path.name) or role_of(stem)
    if role != "" and role not in PARTS:
        case.take(role, path, root)


def _read_nnunet(root: Path, scheme: str | None) -> Iterator[LaidCase]:
    """Read nnU-Net's raw data: a map a case in `labelsTr`, its CT in `imagesTr`."""
    told = _read_dataset(root / "dataset.json")
    labels = _read_labels(told) if scheme is None else None
    ending = str(told.get("file_ending", ".nii.gz"))
    channels = told.get("channel_names", told.get("modality"))
    with_ct = isinstance(channels, Mapping) and str(channels.get("0")).upper() == "CT"
    maps = {path.name.removesuffix(ending): path for path in _ending_in(root / LABELS, ending)}
    images = {
        path.name.removesuffix(f"_0000{ending}"): path
        for path in _ending_in(root / IMAGES, f"_0000{ending}")
    }
    for id_ in {**maps, **images}:
        case = LaidCase(id_, labels=labels)
        if id_ in maps:
            case.take(MAP, maps[id_], root)
        else:
            case.wrong.append(f"{LABELS} has no {id_}{ending}")
        if id_ in images and with_ct:
            case.take(CT, images[id_], root)
        elif with_ct and images:
            case.wrong.append(f"{IMAGES} has no {id_}_0000{ending}")
        yield case


def _read_dataset(path: Path) -> Mapping[str, object]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = "is not there, or is no JSON"
        raise InputRefused(
            CODE, path.name, reason, f"give nnU-Net's own, {TABLE_INSTEAD}"
        ) from error
    return told if isinstance(told, dict) else {}


def _read_labels(told: Mapping[str, object]) -> Mapping[str, str]:
    """Read what the numbers mean: name to number, or as it was written before, number to name.

    A name may have several numbers, a region: a number of several regions is the smallest of those
    whose name is known, as tumour in a liver. What is to be ignored is no structure: where a map
    has it, a finding says how much is counted in nothing.
    """
    given = told.get("labels")
    regions: dict[str, list[tuple[int, str]]] = {}  # by number: size and name of each that has it
    for key, entry in given.items() if isinstance(given, dict) else ():
        numbers = entry if isinstance(entry, list) else [entry]
        name, numbers = (str(entry), [key]) if str(key).isdigit() else (key, numbers)
        for number in numbers if name != IGNORED else ():
            regions.setdefault(str(number), []).append((len(numbers), name))
    regions.pop("0", None)
    labels = {number: _smallest_known(names) for number, names in regions.items()}
    wrong = [
        f"{number}: {' or '.join(repr(name) for _, name in regions[number])}"
        for number, name in labels.items()
        if not number.isdigit() or name is None
    ]
    if wrong or not labels:
        reason = (
            f"has labels that are not understood ({join_told(wrong)})" if wrong else "no labels"
        )
        raise InputRefused(CODE, "dataset.json", reason, f"name a --scheme, {TABLE_INSTEAD}")
    return {number: name for number, name in labels.items() if name is not None}


def _smallest_known(names: Sequence[tuple[int, str]]) -> str | None:
    """Name the smallest region of a number whose name is known; None where two are as small."""
    known = sorted((size, name) for size, name in names if is_known(name))
    if not known or (len(known) > 1 and known[0][0] == known[1][0]):
        return None
    return known[0][1]


def _ending_in(folder: Path, ending: str) -> Iterable[Path]:
    if not folder.is_dir():
        return ()
    return sorted(path for path in folder.iterdir() if path.name.endswith(ending))


LAYOUTS: Mapping[str, Callable[[Path, str | None], Iterable[LaidCase]]] = {
    "bids": read_bids,
    "segmenter": _read_segmenter,
    "nnunet": _read_nnunet,
}


def read_patterns(root: Path, patterns: Sequence[str]) -> tuple[LaidCase, ...]:
    """Read the cases of a folder by globs: `liver={id}/liver.nii.gz`, one a role.

    Raises `InputRefused`: `usage.wrong` for a pattern that is none; `cohort.layout` where none
    fits.
    """
    globs = dict(_read_pattern(one) for one in patterns)
    if len(globs) < len(patterns):
        reason = "names a role twice"
        raise InputRefused("usage.wrong", "--pattern", reason, "give one glob for each role")
    found: dict[str, LaidCase] = {}
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        for role, glob in globs.items():
            if (match := glob.fullmatch(place)) is not None:
                case = found.setdefault(match["id"], LaidCase(match["id"]))
                case.take(role, path, root)
    if not found:
        reason = "holds no file that fits a --pattern"
        raise InputRefused(CODE, root.name or "the folder", reason, "write it from this folder on")
    for case in found.values():
        missing = [role for role in globs if role not in case.files]
        case.wrong += [f"no file fits the pattern of its {role}" for role in missing]
    return tuple(found[id_] for id_ in sorted(found))


def _read_pattern(text: str) -> tuple[str, re.Pattern[str]]:
    role, _, glob = text.partition("=")
    known = (*ROLES, MAP, CT, "spleen")
    if role not in known or "{id}" not in glob:
        reason = f"{text!r} is no role and glob with {{id}}"
        remedy = f"write liver={{id}}/liver.nii.gz; roles are {', '.join(known)}"
        raise InputRefused("usage.wrong", "--pattern", reason, remedy)
    parts = re.split(r"(\{id\}|\*\*/|\*|\?)", glob)
    signs = {"{id}": "(?P<id>[^/]+)", "**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    written = "".join(signs.get(part, re.escape(part)) for part in parts)
    first, again = signs["{id}"], "(?P=id)"
    head, found, tail = written.partition(first)
    return role, re.compile(head + found + tail.replace(first, again))
