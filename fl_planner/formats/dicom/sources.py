"""The CT slices to which a SEG refers: identity, position, and minimal patient data.

Elements that a segmentation must contain, or that define its position, are read and checked here
one by one. Only values allowed by DICOM are passed on, because a library would quote invalid ones
in its messages. Private tags, comments, institutions and physicians are not read [safety.md 5].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.formats.dicom.ct_series import find_slices
from fl_planner.formats.dicom.elements import (
    DATES,
    FRAME,
    ISSUER,
    NAME,
    PATIENT,
    SERIES,
    SEX,
    STUDY,
    TEXTS,
    TIME,
    Attribute,
    empty_patient,
)
from fl_planner.formats.dicom.file import MODALITY, SOP_CLASS, DicomFile
from fl_planner.formats.dicom.named_slices import INSTANCE, NamedSlices
from fl_planner.formats.dicom.pixels import COLUMNS, ROWS
from fl_planner.formats.dicom.slice_order import ORIENTATION, PIXEL_SPACING, POSITION
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.space.grid import TO_RAS, Grid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CHARACTERS = Attribute(0x00080005, "SpecificCharacterSet")
UIDS = (SOP_CLASS, INSTANCE, STUDY, SERIES, FRAME)
PLACES = ((PIXEL_SPACING, 2), (POSITION, 3), (ORIENTATION, 6))
LONGEST_UID, LONGEST_NUMBER = 64, 16
GROUPS = 3  # of a name: as it is spoken, in its own signs, by their sound
UTF_8 = "ISO_IR 192"
GIVE_AGAIN = "export the CT again with its complete header"
CORRECT = "correct the header in the archive, or give another series"

_UID = re.compile(r"\d+(\.\d+)*")
_WORD = re.compile(r"[A-Z0-9_ ]{1,16}")
_DATE = re.compile(r"\d{8}")
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?")
_PLAIN = re.compile(rb"[ -\[\]-~]*")  # without a backslash, which parts values


def read_sources(
    path: Source,
    grid: Grid,
    limits: Limits,
    drawn: tuple[Source, ...] = (),
    *,
    nameless: bool = False,
) -> tuple[Dataset, ...]:
    """Read the slices of a CT series, from the first to the last along its grid.

    - `path`: folder, zip or one file of the series, previously read as an image.
    - `grid`: grid of the image.
    - `limits`: maximum sizes.
    - `drawn`: the files with which it was read as an image.
    - `nameless`: omit patient data and dates.

    Raises `InputRefused`: `convert.ct_lacks` if a slice lacks information to which a segmentation
    must refer, or the slices are no longer those of the image; `convert.ct_odd` if a slice
    contains a value that DICOM does not allow.
    """
    slices = find_slices(path, limits, NamedSlices(drawn, limits)).slices
    by_layer = {_layer(file, grid): file for file in slices}
    if len(by_layer) < len(slices) or sorted(by_layer) != [*range(grid.shape[2])]:
        reason = "the slices changed after they were first read"
        raise InputRefused(
            "convert.ct_lacks", path.name, reason, "wait until the series is complete"
        )
    _require_apart(slices)
    attributes = [{**_placed(file), **({} if nameless else _carried(file))} for file in slices]
    with quietly("convert.ct_odd", path.name, "the header cannot be copied", CORRECT):
        built = {id(file): _build(one) for file, one in zip(slices, attributes, strict=True)}
    return tuple(built[id(by_layer[layer])] for layer in sorted(by_layer))


def _build(attributes: dict[str, object]) -> Dataset:
    from pydicom.dataset import Dataset

    data = Dataset()
    empty_patient(data)
    for keyword, value in attributes.items():
        setattr(data, keyword, value)
    return data


def _require_apart(slices: Sequence[DicomFile]) -> None:
    """Refuse two slices with the same UID, as references to them are ambiguous."""
    met: set[bytes] = set()
    for file in slices:
        named = file.data.raw(INSTANCE).strip(b" \0")
        if named and named in met:
            raise _odd(file, INSTANCE, "is also that of another slice")
        met.add(named)


def _placed(file: DicomFile) -> dict[str, object]:
    """Read UID and position of a slice."""
    data = file.data
    if lacking := [one.keyword for one in (*UIDS, MODALITY) if not data.text(one)]:
        raise file.refuse("convert.ct_lacks", f"the header lacks {', '.join(lacking)}", GIVE_AGAIN)
    attributes: dict[str, object] = {one.keyword: _uid(file, one) for one in UIDS}
    if data.text(MODALITY) != "CT":
        raise _odd(file, MODALITY, "is not CT")
    attributes["Modality"] = "CT"
    for size in (ROWS, COLUMNS):
        attributes[size.keyword] = data.short(size)
    for one, count in PLACES:
        numbers = data.need(one, data.decimals(one, count))
        attributes[one.keyword] = [*_numbers(data.raw(one), numbers)]
    return attributes


def _uid(file: DicomFile, attribute: Attribute) -> str:
    text = file.data.text(attribute) or ""
    if len(text) > LONGEST_UID or not _UID.fullmatch(text):
        raise _odd(file, attribute, "is not an identifier (UID)")
    return text


def _numbers(raw: bytes, numbers: Sequence[float]) -> Iterator[str]:
    """Write numbers unchanged, or rounded if they are longer than DICOM allows."""
    for text, number in zip(raw.decode("ascii").strip(" \0").split("\\"), numbers, strict=True):
        yield text.strip() if len(text.strip()) <= LONGEST_NUMBER else f"{number:.9g}"


def _carried(file: DicomFile) -> dict[str, object]:
    """Read the patient and study elements of a slice for a segmentation."""
    attributes: dict[str, object] = {}
    for one, most in TEXTS.items():
        if text := _text(file, one):
            groups = text.split("=") if one is NAME else [text]
            if len(groups) > GROUPS or max(map(len, groups)) > most:
                raise _odd(file, one, "is longer than DICOM allows")
            attributes[one.keyword] = text
    for one, is_right in WRITTEN.items():
        if text := _text(file, one):
            if not is_right(text):
                raise _odd(file, one, "is not in the form required by DICOM")
            attributes[one.keyword] = text
    return attributes


def _is_date(text: str) -> bool:
    """Whether a date exists in the calendar."""
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


WRITTEN: dict[Attribute, Callable[[str], object]] = {
    **dict.fromkeys(DATES, _is_date),
    TIME: _TIME.fullmatch,
    SEX: _WORD.fullmatch,
}


def _text(file: DicomFile, attribute: Attribute) -> str:
    """Read a text in the character set of the file."""
    raw = file.data.raw(attribute).strip(b" \0")
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    terms = (file.data.text(CHARACTERS) or "").split("\\")
    if attribute in (PATIENT, ISSUER) and terms != [UTF_8]:
        raise _odd(file, attribute, f"is not in the character set {UTF_8}")  # compared as bytes
    text = _decoded(file, attribute, raw, [term.strip() for term in terms])
    if "\ufffd" in text or "\\" in text or not text.isprintable():
        raise _odd(file, attribute, "cannot be read in the stated character set")
    return text


def _decoded(file: DicomFile, attribute: Attribute, raw: bytes, terms: list[str]) -> str:
    from pydicom.charset import convert_encodings, decode_bytes, python_encoding
    from pydicom.valuerep import TEXT_VR_DELIMS, PersonName

    if terms == [""] or any(term not in python_encoding for term in terms if term):
        raise _odd(file, attribute, "is in a character set that DICOM does not define")
    reason = _odd(file, attribute, "cannot be read in the stated character set").reason
    with quietly("convert.ct_odd", file.name, reason, CORRECT):
        encodings = convert_encodings(terms if len(terms) > 1 else terms[0])
        if attribute is NAME:
            return str(PersonName(raw, encodings).decode())
        return decode_bytes(raw, encodings, TEXT_VR_DELIMS)


def _odd(file: DicomFile, attribute: Attribute, how: str) -> InputRefused:
    return file.refuse("convert.ct_odd", f"{attribute.keyword} in the header {how}", CORRECT)


def _layer(file: DicomFile, grid: Grid) -> int:
    """Find the layer of the grid for a slice."""
    numbers = file.data.need(POSITION, file.data.decimals(POSITION, 3))
    place, matrix = np.array(numbers) * TO_RAS["LPS"], grid.matrix()
    return int(np.rint(np.linalg.solve(matrix[:, :3], place - matrix[:, 3]))[2])
