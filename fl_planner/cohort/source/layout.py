"""Folders whose layout has a name: which file is what, by names that are known and by no other.

What is not understood is refused: a lesion's mask that is passed over would make a number that
looks right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import join_told
from fl_planner.cohort.source.draft import CaseDraft
from fl_planner.formats.segments.schemes import read_bundled_schemes
from fl_planner.liver.names.part_names import organ_beside, structure_of
from fl_planner.liver.names.structures import EXCLUDE, EXCLUDED, PARTS, ROLES, parse_structure
from fl_planner.liver.names.vessel_trees import VESSEL
from fl_planner.liver.names.vessels import read_vessel
from fl_planner.workup.files.roles_by_name import guess_role

CODE = "cohort.layout"
TABLE_INSTEAD = "or name the files of each case in a table (docs/how-to/cohort.md)"
MAP, CT, MANY = "labelmap", "ct", "tumour"
ONE_MAP = "one label map of all segments is wanted, and not a mask of each"
LABELS, IMAGES = "labelsTr", "imagesTr"
SEGMENTATIONS = "segmentations"  # where TotalSegmentator's own data set keeps masks
IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd", ".nhdr")
OTHER_IMAGES = frozenset({"t1w", "t2w", "pdw", "flair", "dwi", "bold"})  # no mask, and no CT
_ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd)(\.gz)?$", re.IGNORECASE)


@dataclass(slots=True)
class LaidCase:
    """A case of a folder: its files by their roles, and all that is wrong with it."""

    id: str
    files: dict[str, list[Path]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    labels: Mapping[str, str] | None = None

    def take(self, role: str | None, path: Path, root: Path) -> None:
        """Take a file in a role; None tells that its name tells none."""
        if role is None:
            self.wrong.append(f"{path.relative_to(root).as_posix()}: its name tells no role")
        elif role in PARTS:
            self.wrong.append(f"{path.relative_to(root).as_posix()}: {ONE_MAP}")
        else:
            self.files.setdefault(role, []).append(path)

    def draft(self, root: Path) -> CaseDraft:
        """Draft its case file, with paths from `root`.

        Raises `InputRefused`: `cohort.layout`.
        """
        several = [
            role
            for role, paths in self.files.items()
            if len(paths) > 1 and role != MANY and not role.startswith((EXCLUDE, VESSEL))
        ]
        wrong = [*self.wrong, *(f"several files are its {role}" for role in several)]
        if not {"liver", MAP} & self.files.keys():
            wrong.append("no file of it is named liver, and none is a label map")
        if wrong:
            remedy = f"name its files by what they are, {TABLE_INSTEAD}"
            raise InputRefused(CODE, self.id, join_told(wrong), remedy)
        draft = CaseDraft(self.id, labels=self.labels)
        for role, paths in self.files.items():
            named = [path.relative_to(root).as_posix() for path in paths]
            if role.startswith(EXCLUDE):
                draft.masks.setdefault("exclude", {})[role.removeprefix(EXCLUDE)] = named
                continue
            if role.startswith(VESSEL):
                draft.masks.setdefault("vessels", {})[role.removeprefix(VESSEL)] = named
                continue
            table = draft.imaging if role == CT else draft.masks
            table[role] = named if role == MANY else named[0]
        return draft


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


def _read_bids(root: Path, _scheme: str | None) -> Iterator[LaidCase]:
    """Read BIDS derivatives: `sub-01/anat/sub-01_label-liver_mask.nii.gz`, `..._dseg.nii.gz`."""
    found: dict[str, LaidCase] = {}
    for path in _images_below(root, "sub-*/**/*"):
        *parts, suffix = _ENDING.sub("", path.name).split("_")
        entities = dict(part.split("-", 1) for part in parts if "-" in part)
        id_ = "_".join(f"{key}-{entities[key]}" for key in ("sub", "ses") if key in entities)
        if "sub" not in entities:
            id_ = path.relative_to(root).parts[0]
        case = found.setdefault(id_, LaidCase(id_))
        role = _role_in_bids(suffix.lower(), entities)
        if role != "":
            case.take(role, path, root)
    yield from found.values()


def _role_in_bids(suffix: str, entities: Mapping[str, str]) -> str | None:
    """Tell a role by the suffix and the label of a name; "" of what is passed over."""
    if suffix in OTHER_IMAGES:
        return ""
    if suffix in (CT, "dseg"):
        return CT if suffix == CT else MAP
    label = entities.get("label") or entities.get("desc")
    return None if suffix != "mask" or label is None else _role_of(label)


def _role_of(name: str) -> str | None:
    """Tell the role of a mask's name; "" of one that is known and no part of the question."""
    structure = structure_of(name)
    if structure in ROLES or structure in PARTS:
        return structure
    if structure in EXCLUDED:
        return f"{EXCLUDE}{structure}"
    if structure is not None and structure.startswith(EXCLUDE):
        return structure
    if name == "spleen":
        return name
    if (vessel := read_vessel(name)) is not None:
        return f"{VESSEL}{vessel}"
    beside = organ_beside(name) or structure
    return "" if beside or name in _names_of_segmenters() else None


def _names_of_segmenters() -> frozenset[str]:
    schemes = read_bundled_schemes().values()
    return frozenset(name for scheme in schemes for name in scheme.structures.values())


def _read_segmenter(root: Path, _scheme: str | None) -> Iterator[LaidCase]:
    """Read the output tree of a segmenter: a folder a case, a file a structure."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        case = LaidCase(folder.name)
        for place in (folder, folder / SEGMENTATIONS):
            files = [*_images_below(place, "*")] if place.is_dir() else []
            if any(structure_of(_stem(path)) in PARTS for path in files):
                case.files.setdefault(MAP, []).append(place)
            for path in files:
                _take_of_segmenter(case, path, root)
        if case.files or case.wrong:
            yield case


def _take_of_segmenter(case: LaidCase, path: Path, root: Path) -> None:
    stem = _stem(path)
    role = CT if stem.lower() == CT else guess_role(path.name) or _role_of(stem)
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
    """Read what the numbers mean: name to number, or as it was written before, number to name."""
    given = told.get("labels")
    pairs = [*given.items()] if isinstance(given, dict) else []
    named = [(number, name) if not str(name).isdigit() else (name, number)
             for number, name in pairs]  # fmt: skip
    labels = {str(number): name for number, name in named if str(number) != "0"}
    wrong = [
        f"{number}: {name!r}"
        for number, name in labels.items()
        if not number.isdigit() or not isinstance(name, str) or not _is_known(name)
    ]
    if wrong or not labels:
        reason = (
            f"has labels that are not understood ({join_told(wrong)})" if wrong else "no labels"
        )
        raise InputRefused(CODE, "dataset.json", reason, f"name a --scheme, {TABLE_INSTEAD}")
    return labels


def _is_known(name: str) -> bool:
    return bool(parse_structure(name) or _role_of(name) is not None)


def _images_below(folder: Path, pattern: str) -> Iterator[Path]:
    yield from (
        path
        for path in sorted(folder.glob(pattern))
        if path.name.lower().endswith(IMAGE_ENDINGS) and path.is_file()
    )


def _ending_in(folder: Path, ending: str) -> Iterable[Path]:
    if not folder.is_dir():
        return ()
    return sorted(path for path in folder.iterdir() if path.name.endswith(ending))


def _stem(path: Path) -> str:
    return _ENDING.sub("", path.name)


LAYOUTS: Mapping[str, Callable[[Path, str | None], Iterable[LaidCase]]] = {
    "bids": _read_bids,
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
