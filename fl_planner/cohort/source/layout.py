"""Folders with a known layout, and the public set *Colorectal-Liver-Metastases*: roles by names.

The public set, as downloaded, has one folder per patient (`CRLM-CT-1001`), at any depth, with the
slices of the CT and one DICOM SEG (`Liver`, `Liver Remnant`, `Hepatic`, `Portal`, `Tumor_1` ...).
Converted sets have one NIfTI file per structure, named in the same way, in the folder of the
patient.

Any other layout is refused: an ignored lesion mask would give a wrong number that looks right.

In BIDS derivatives, a table `_dseg.tsv` with the columns index and name gives the structures of a
`_dseg` image. It is in the folder of the image or in a folder above. There it applies to all images
below whose names have its entities (BIDS inheritance). The nearest table applies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from csv import QUOTE_NONE
from functools import cache
from pathlib import Path

from fl_planner.basis.exact_text import Pairs, parse_exact_json, split_cells
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import join_first
from fl_planner.cohort.source.draft import (
    CODE,
    CT,
    MAP,
    TABLE_INSTEAD,
    FoundCase,
    images_below,
    is_known,
    role_of,
    stem_of,
)
from fl_planner.formats.read import find_drawn
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import is_left_by_system, name_folder
from fl_planner.intake.readings import role_of_name
from fl_planner.liver.names.exclusions import guess_role, parse_labels
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import PARTS, ROLES, place_of
from fl_planner.space.labels import find_scheme

PUBLIC_SET = "crlm"  # name of the layout
PATIENT = re.compile(r"CRLM-CT-\d{4}")
NOT_SLICES = (".csv", ".html", ".json", ".md", ".pdf", ".tsv", ".txt", ".xlsx", ".xml")


def read_public_set(root: Path, _scheme: str | None) -> Iterator[FoundCase]:
    """Read the patients of the set; folders with other names are not patients."""
    folders = [path for path in (root, *sorted(root.rglob("CRLM-CT-*"))) if path.is_dir()]
    for folder in folders:
        if PATIENT.fullmatch(folder.name):
            yield _read_patient(folder, root)


def _read_patient(folder: Path, root: Path) -> FoundCase:
    case = FoundCase(folder.name)
    images = [*images_below(folder, "**/*")]
    for path in images:
        stem = stem_of(path)
        case.take(CT if stem.lower() == CT else role_of(stem), path, root)
    try:
        drawn, others, _ = find_drawn(folder, Limits())
    except InputRefused as wrong:
        case.wrong.append(f"{wrong.source} {wrong.reason}; {wrong.remedy}")
        return case
    for path in drawn:
        case.take(MAP, path, root)
    if others:
        for place in _list_series(folder, {*drawn, *images}):
            case.take(CT, place, root)
    return case


def _list_series(folder: Path, drawn: set[Path]) -> list[Path]:
    """List the folders that contain slices directly."""
    files = (path for path in folder.rglob("*") if path.is_file() and path not in drawn)
    slices = (path for path in files if path.suffix.lower() not in NOT_SLICES)
    return sorted({path.parent for path in slices if not path.name.startswith(".")})


OTHER_IMAGES = frozenset({"t1w", "t2w", "pdw", "flair", "dwi", "bold"})  # neither mask nor CT
DSEG, TABLE = "dseg", "dseg.tsv"
INDEX, NAME = "index", "name"  # columns required by BIDS
OF_CASE = ("sub", "ses")  # entities that identify a case, in names of files and folders
BACKGROUND = "0"
MOST_BYTES = 1 << 20  # of a table [project's choice]
OPTION = "--scheme"


def read_bids(root: Path, scheme: str | None) -> Iterator[FoundCase]:
    """Read BIDS derivatives: `sub-01/anat/sub-01_label-liver_mask.nii.gz`, `..._dseg.nii.gz`.

    - `scheme`: scheme of label maps; a case is refused if the scheme contradicts the table of its
      map.

    If the folder of a file names a different patient or session from the file itself, both cases
    are refused: either may lack it.
    """
    found: dict[str, FoundCase] = {}
    for path in images_below(root, "sub-*/**/*"):
        entities, suffix = _read_name(stem_of(path))
        role = _role_in_bids(suffix.lower(), entities)
        in_folders = _read_folders(path, root)
        id_ = _name_case({**in_folders, **entities})
        case = found.setdefault(id_, FoundCase(id_))
        if role == "":
            continue
        place = _name_case({**entities, **in_folders})
        if place == id_:
            case.take(role, path, root)
            continue
        name = path.relative_to(root).as_posix()
        for other in (case, found.setdefault(place, FoundCase(place))):  # it may be of either
            other.unread.append(name)
            other.wrong.append(f"{name}: its name belongs to {id_}, and its folder to {place}")
    tables = _LookUpTables(root)
    for case in found.values():
        for path in case.files.get(MAP, ()):
            _read_numbers(case, path, tables, scheme)
        yield case


def _read_folders(path: Path, root: Path) -> dict[str, str]:
    """Read patient and session from the names of the folders of an image.

    A folder of a patient with further words may be a copy: its whole name is that of the patient.
    """
    found: dict[str, str] = {}
    for part in path.relative_to(root).parts[:-1]:
        pieces = [piece.partition("-") for piece in part.split("_")]
        named = {key: value for key, dash, value in pieces if dash and key in OF_CASE}
        if not found and len(named) < len(pieces):
            named = {"sub": part.removeprefix("sub-")}
        found |= named
    return found


def _name_case(entities: Mapping[str, str]) -> str:
    return "_".join(f"{key}-{entities[key]}" for key in OF_CASE if key in entities)


def _read_name(stem: str) -> tuple[dict[str, str], str]:
    """Read the entities of a name, and its suffix."""
    *parts, suffix = stem.split("_")
    return dict(part.split("-", 1) for part in parts if "-" in part), suffix


def _role_in_bids(suffix: str, entities: Mapping[str, str]) -> str | None:
    """Return the role for the suffix and label of a name; "" if it is not used."""
    if suffix in OTHER_IMAGES:
        return ""
    if suffix in (CT, DSEG):
        return CT if suffix == CT else MAP
    label = entities.get("label") or entities.get("desc")
    return None if suffix != "mask" or label is None else role_of(label)


def _read_numbers(case: FoundCase, image: Path, tables: _LookUpTables, scheme: str | None) -> None:
    """Read the labels of a map from its table; errors are added to the case."""
    try:
        if (table := tables.find_table(image)) is not None:
            labels = read_look_up_table(table)
            _require_agreement(labels, table, scheme)
            case.labels = labels
    except InputRefused as wrong:
        case.wrong.append(f"{wrong.source} {wrong.reason}; {wrong.remedy}")


class _LookUpTables:
    """Label tables of a data set; each folder is listed once, and not for each image."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._in_folder = cache(_list_tables)
        self._has_image = cache(_has_image)

    def find_table(self, image: Path) -> Path | None:
        """Return the table of an image: the nearest with all its entities in the image name.

        Raises `InputRefused`: `cohort.layout` if several are equally near, or one belongs to no
        image.
        """
        entities, _ = _read_name(stem_of(image))
        others: list[Path] = []
        for folder in _folders_up(image, self.root):
            tables = self._in_folder(folder)
            fit = [table for table in tables if _entities_of(table).items() <= entities.items()]
            if len(fit) > 1:
                reason = f"both this table and {fit[1].name} are label tables for {image.name}"
                raise InputRefused(CODE, fit[0].name, reason, "keep the correct table")
            if fit:
                return fit[0]
            others += [table for table in tables if not self._has_image(table)]
        if others:
            reason = f"does not belong to any image, and {image.name} has no table"
            raise InputRefused(CODE, others[0].name, reason, "name the table after its image")
        return None


def _list_tables(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.name.lower().endswith(TABLE)]


def _folders_up(image: Path, root: Path) -> Iterator[Path]:
    """List the folders from the image folder up to the data set folder."""
    for folder in image.parents:
        yield folder
        if folder == root:
            return


def _entities_of(table: Path) -> dict[str, str]:
    return _read_name(table.name[: -len(".tsv")])[0]


def _has_image(table: Path) -> bool:
    """Whether a table belongs to an image in its folder or below."""
    wanted = _entities_of(table).items()
    names = (_read_name(stem_of(path)) for path in images_below(table.parent, "**/*"))
    return any(suffix.lower() == DSEG and wanted <= has.items() for has, suffix in names)


def read_look_up_table(path: Path) -> dict[str, str]:
    """Read the structures of label numbers from a BIDS table.

    Raises `InputRefused`: `cohort.layout` for a table without the columns index and name, invalid
    or repeated indices, and unknown names.
    """
    text, _ = read_text(path, CODE, "a label table", MOST_BYTES)
    columns, *rows = [
        cells
        for cells in split_cells(text.splitlines(), "\t", CODE, path.name, quoting=QUOTE_NONE)
        if cells
    ] or [[]]
    if not rows or any(columns.count(one) != 1 for one in (INDEX, NAME)):
        raise _not_understood(path, "has no rows with the columns index and name, each once")
    labels: dict[str, str] = {}
    wrong: list[str] = []
    for cells in rows:
        row = dict(zip(columns, cells, strict=False))
        number, name = (row.get(one, "").strip() for one in (INDEX, NAME))
        if number == BACKGROUND:
            continue
        if number in labels:
            wrong.append(f"{number} is given twice")
        elif not is_known(name):
            wrong.append(f"{number}: {name!r}")
        labels[number] = name
    wrong += [f"{number}: {what}" for number, what in parse_labels(labels, labels.values())[1]]
    if wrong or not labels:
        errors = join_first(wrong) or "it lists only the background"
        raise _not_understood(path, f"has rows that cannot be read ({errors})")
    return labels


def _not_understood(path: Path, reason: str) -> InputRefused:
    remedy = "give an index and the name of a structure in each row (docs/how-to/cohort.md)"
    return InputRefused(CODE, path.name, reason, remedy)


def _require_agreement(labels: Mapping[str, str], table: Path, scheme: str | None) -> None:
    if scheme is None:
        return
    of_scheme = find_scheme(read_bundled_schemes(), scheme).structures
    of_table, _ = parse_labels(labels, labels.values())
    apart = [n for n, name in of_table.items() if place_of(name) != place_of(of_scheme.get(n))]
    apart += [
        n for n, name in of_scheme.items() if n not in of_table and place_of(name) is not None
    ]
    if apart:
        reason = f"contradicts {OPTION} {scheme} for these labels: "
        reason += join_first([str(n) for n in sorted(apart)], ", ")
        raise InputRefused(CODE, table.name, reason, f"omit {OPTION}, or correct the table")


IGNORED = "ignore"  # nnU-Net's name for voxels without annotation
LABELS, IMAGES = "labelsTr", "imagesTr"
SEGMENTATIONS = "segmentations"  # folder of masks in the data set of TotalSegmentator


def read_layout(root: Path, layout: str, scheme: str | None = None) -> tuple[FoundCase, ...]:
    """Read the cases of a folder with a named layout.

    - `scheme`: scheme of label maps, replacing the scheme of the layout.

    Raises `InputRefused`: `cohort.layout` for a folder with another layout.
    """
    if not (cases := sorted(LAYOUTS[layout](root, scheme), key=lambda one: one.id)):
        reason = f"contains no case in the layout {layout}"
        remedy = f"use another layout ({', '.join(LAYOUTS)}), {TABLE_INSTEAD}"
        raise InputRefused(CODE, name_folder(root), reason, remedy)
    return tuple(cases)


def _read_segmenter(root: Path, _scheme: str | None) -> Iterator[FoundCase]:
    """Read the output of a segmenter: one folder per case, one file per structure."""
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        case = FoundCase(folder.name)
        for place in (folder, folder / SEGMENTATIONS):
            files = [*images_below(place, "*")] if place.is_dir() else []
            if any(structure_of(stem_of(path)) in PARTS for path in files):
                case.files.setdefault(MAP, []).append(place)
            for path in files:
                _add_segmenter_file(case, path, root)
        if case.files or case.wrong:
            yield case


def _add_segmenter_file(case: FoundCase, path: Path, root: Path) -> None:
    stem = stem_of(path)
    named = CT if stem.lower() == CT else role_of_name(stem)
    role = named or guess_role(path.name) or role_of(stem)
    if role != "" and role not in PARTS:
        case.take(role, path, root)


def _read_nnunet(root: Path, scheme: str | None) -> Iterator[FoundCase]:
    """Read nnU-Net's raw data: one map per case in `labelsTr`, its CT in `imagesTr`."""
    dataset = _read_dataset(root / "dataset.json")
    labels = _read_labels(dataset) if scheme is None else None
    ending = str(dataset.get("file_ending", ".nii.gz"))
    channels = dataset.get("channel_names", dataset.get("modality"))
    with_ct = isinstance(channels, Mapping) and str(channels.get("0")).upper() == "CT"
    maps = {path.name.removesuffix(ending): path for path in _ending_in(root / LABELS, ending)}
    images = {
        path.name.removesuffix(f"_0000{ending}"): path
        for path in _ending_in(root / IMAGES, f"_0000{ending}")
    }
    for id_ in {**maps, **images}:
        case = FoundCase(id_, labels=labels)
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
    remedy = f"give a valid nnU-Net file, {TABLE_INSTEAD}"
    text, _ = read_text(path, CODE, "an nnU-Net file", MOST_BYTES, instead=remedy)
    try:
        dataset = parse_exact_json(text)
    except ValueError as error:
        raise InputRefused(CODE, path.name, "is not valid JSON", remedy) from error
    if not isinstance(dataset, Pairs):
        return {}
    tables = [one for one in (dataset, dataset.get("labels")) if isinstance(one, Pairs)]
    if twice := [key for one in tables for key in one.twice]:
        reason = f"keys that occur twice: {join_first(twice)}"
        raise InputRefused(CODE, path.name, reason, "give each label once")
    return dataset


def _read_labels(dataset: Mapping[str, object]) -> Mapping[str, str]:
    """Read the labels: name to number, or in the older form number to name.

    A name may have several numbers (a region). A number in several regions belongs to the smallest
    region with a known name, such as tumour in a liver. The label `ignore` is not a structure; a
    finding states its volume.
    """
    given = dataset.get("labels")
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
        reason = f"has unknown labels ({join_first(wrong)})" if wrong else "has no labels"
        raise InputRefused(CODE, "dataset.json", reason, f"give --scheme, {TABLE_INSTEAD}")
    return {number: name for number, name in labels.items() if name is not None}


def _smallest_known(names: Sequence[tuple[int, str]]) -> str | None:
    """Return the smallest region with a known name; None if two are equally small."""
    known = sorted((size, name) for size, name in names if is_known(name))
    if not known or (len(known) > 1 and known[0][0] == known[1][0]):
        return None
    return known[0][1]


def _ending_in(folder: Path, ending: str) -> Iterable[Path]:
    if not folder.is_dir():
        return ()
    files = (path for path in folder.iterdir() if path.name.endswith(ending))
    return sorted(path for path in files if not is_left_by_system(path.name))


LAYOUTS: Mapping[str, Callable[[Path, str | None], Iterable[FoundCase]]] = {
    "bids": read_bids,
    "segmenter": _read_segmenter,
    "nnunet": _read_nnunet,
    PUBLIC_SET: read_public_set,
}


def read_patterns(root: Path, patterns: Sequence[str]) -> tuple[FoundCase, ...]:
    """Read the cases of a folder by globs, one per role: `liver={id}/liver.nii.gz`.

    Raises `InputRefused`: `usage.wrong` for an invalid pattern; `cohort.layout` if no file
    matches.
    """
    globs = dict(_read_pattern(pattern) for pattern in patterns)
    if len(globs) < len(patterns):
        reason = "gives a role twice"
        raise InputRefused("usage.wrong", "--pattern", reason, "give one glob for each role")
    found: dict[str, FoundCase] = {}
    for path in sorted(one for one in root.rglob("*") if not is_left_by_system(one.name)):
        place = path.relative_to(root).as_posix()
        for role, glob in globs.items():
            if (match := glob.fullmatch(place)) is not None:
                case = found.setdefault(match["id"], FoundCase(match["id"]))
                case.take(role, path, root)
    if not found:
        reason = "contains no file that matches a --pattern"
        raise InputRefused(
            CODE, name_folder(root), reason, "write patterns relative to this folder"
        )
    for case in found.values():
        missing = [role for role in globs if role not in case.files]
        case.wrong += [f"no file matches the pattern for {role}" for role in missing]
    return tuple(found[id_] for id_ in sorted(found))


def _read_pattern(text: str) -> tuple[str, re.Pattern[str]]:
    role, _, glob = text.partition("=")
    known = (*ROLES, MAP, CT, "spleen")
    if role not in known or "{id}" not in glob:
        reason = f"{text!r} is not of the form ROLE=GLOB with {{id}}"
        remedy = f"write, for example, liver={{id}}/liver.nii.gz; roles are {', '.join(known)}"
        raise InputRefused("usage.wrong", "--pattern", reason, remedy)
    parts = re.split(r"(\{id\}|\*\*/|\*|\?)", glob)
    signs = {"{id}": "(?P<id>[^/]+)", "**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    written = "".join(signs.get(part, re.escape(part)) for part in parts)
    first, again = signs["{id}"], "(?P=id)"
    head, found, tail = written.partition(first)
    return role, re.compile(head + found + tail.replace(first, again))
