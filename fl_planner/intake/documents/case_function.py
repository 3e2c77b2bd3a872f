"""The table `[function]` of a case file: which file is what of a scintigraphy."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from fl_planner.formats.dicom.nuclear.dynamic import StudyOverrides
from fl_planner.function.mask_on_spect import Transform
from fl_planner.intake.documents.toml import Table, Text, in_table, is_number
from fl_planner.intake.reading.regions import ROLES
from fl_planner.intake.reading.scintigraphy import FunctionFiles, parse_bilirubin, parse_transform
from fl_planner.trials.statements import is_exact

FILES = ("dynamic", "curves", "spect")
MOST_FASTING_H = 72  # longer, it was typed in another unit [project's choice]


def _read_transform(entry: object) -> Transform:
    with in_table("transform"):
        return parse_transform(entry)


def _read_bilirubin(entry: object) -> Fraction:
    match entry:
        case {"value": value, "unit": unit, **rest} if is_number(value) and not rest:
            with in_table("bilirubin"):
                return parse_bilirubin(value, str(unit))
    raise PydanticCustomError("bilirubin", 'write { value = 12, unit = "umol/L" }')


def _read_hours(entry: object) -> Fraction:
    if not is_number(entry) or not is_exact(entry) or not 0 <= entry <= MOST_FASTING_H:
        raise PydanticCustomError("hours", f"give hours, 0 to {MOST_FASTING_H}")
    return Fraction(entry)


Transformed = Annotated[Transform | None, PlainValidator(_read_transform)]


def name_roles(
    table: Mapping[str, object], files: Iterable[str] = FILES, whose: str = ""
) -> Iterator[str]:
    """Name the roles of the files that a table names; `whose` begins those of regions."""
    yield from (name for name in files if name in table)
    regions = table.get("regions")
    for role, entry in regions.items() if isinstance(regions, Mapping) else ():
        if isinstance(entry, str):
            yield f"{whose}regions" if role == "labels" else f"{whose}region {role}"


def require_regions(regions: Mapping[str, object], roles: Sequence[str]) -> None:
    """Refuse regions of other roles, and those that are neither a file nor a label."""
    for role, entry in regions.items():
        if role not in (*roles, "labels"):
            told = f"regions.{role}: give {', '.join(roles)} or labels"
            raise PydanticCustomError("regions", told)
        is_label = isinstance(entry, int) and not isinstance(entry, bool) and role != "labels"
        if not is_label and not (isinstance(entry, str) and entry):
            raise PydanticCustomError("regions", f"regions.{role}: give a file or a label")


def place_regions(regions: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make paths of the regions' files, and of the file of their labels."""
    placed = {
        role: folder / entry if isinstance(entry, str) else entry for role, entry in regions.items()
    }
    return {"region_labels": placed.pop("labels", None), "regions": placed}


class FunctionTable(Table):
    """Files of a scintigraphy, and what is said of them."""

    date: datetime.date | None = None
    dynamic: Text | None = None
    regions: dict[Text, Any] = Field(default_factory=dict)
    curves: Text | None = None
    spect: Text | None = None
    registered: bool = False
    transform: Transformed = None
    heads: list[Literal["anterior", "posterior"]] | None = None
    one_head: bool = False
    decay_corrected: bool | None = None
    tracer: Text | None = None
    validated_locally: bool | None = None
    fasting_hours: Annotated[Fraction | None, PlainValidator(_read_hours)] = None
    bilirubin: Annotated[Fraction | None, PlainValidator(_read_bilirubin)] = None

    @model_validator(mode="after")
    def _regions_are_files_or_labels(self) -> FunctionTable:
        require_regions(self.regions, ROLES)
        return self

    def files(self, folder: Path) -> FunctionFiles:
        """Make paths of the names, which are relative to the case file's folder."""
        paths = {name: getattr(self, name) for name in FILES}
        return FunctionFiles(
            **{name: folder / path for name, path in paths.items() if path is not None},
            **place_regions(self.regions, folder),
            registered=self.registered,
            transform=self.transform,
            told=StudyOverrides(
                None if self.heads is None else tuple(self.heads),
                self.one_head,
                self.decay_corrected,
                self.tracer,
            ),
            validated_locally=self.validated_locally,
            fasting_h=self.fasting_hours,
            bilirubin_umol_per_l=self.bilirubin,
            studied_on=self.date,
        )
