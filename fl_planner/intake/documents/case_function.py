"""The tables `[function]` and `[dose]` of a case file."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from fl_planner.basis.units import Plausible
from fl_planner.formats.dicom.nuclear.studies import StudyOverrides
from fl_planner.function.orientation import Transform
from fl_planner.intake.documents.toml import Table, Text, in_table, is_number
from fl_planner.intake.reading.dose import REGIONS, DoseFiles
from fl_planner.intake.reading.scintigraphy import (
    ROLES,
    FunctionFiles,
    parse_bilirubin,
    parse_transform,
)
from fl_planner.trials.statements import is_exact
from fl_planner.y90.partition import (
    LIVER_DENSITY,
    LUNG_MASS,
    LUNG_SHUNT,
    RATIO,
    RESIDUAL,
    TUMOUR_DOSE,
)

FUNCTION_FILES = ("dynamic", "curves", "spect")
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
    table: Mapping[str, object], files: Iterable[str] = FUNCTION_FILES, whose: str = ""
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
        paths = {name: getattr(self, name) for name in FUNCTION_FILES}
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


DOSE_FILES = ("maa_planar", "maa_spect", "lungs", "lung_ct")
BY_CT = "ct"


def parse_number(entry: object, plausible: Plausible) -> Fraction:
    """Take a number that the quantity can be; else a ValueError tells what is wrong."""
    if not is_number(entry) or not is_exact(entry):
        raise ValueError("give a number")
    value = Fraction(entry)
    wrong = plausible.tell_wrong(value)
    if wrong is not None:
        raise ValueError(wrong)
    return value


def _read_number(plausible: Plausible, word: str | None = None) -> PlainValidator:
    def read(entry: object) -> Fraction | str:
        if word is not None and entry == word:
            return word
        try:
            return parse_number(entry, plausible)
        except ValueError as wrong:
            raise PydanticCustomError("number", str(wrong)) from wrong

    return PlainValidator(read)


class DoseTable(Table):
    """Numbers and files of a dose."""

    method: Literal["given", "planar", "spect_ct"] | None = None
    lung_shunt: Annotated[Fraction | None, _read_number(LUNG_SHUNT)] = None
    shunt_method: Literal["planar", "spect_ct"] | None = None
    tumour_to_normal: Annotated[Fraction | None, _read_number(RATIO)] = None
    lung_mass_kg: Annotated[Fraction | str | None, _read_number(LUNG_MASS, BY_CT)] = None
    density_g_per_ml: Annotated[Fraction | None, _read_number(LIVER_DENSITY)] = None
    tumour_dose_gy: Annotated[Fraction | None, _read_number(TUMOUR_DOSE)] = None
    residual_fraction: Annotated[Fraction | None, _read_number(RESIDUAL)] = None
    calibration: datetime.datetime | None = None
    administration: datetime.datetime | None = None
    maa_planar: Text | None = None
    regions: dict[Text, Any] = Field(default_factory=dict)
    heads: list[Literal["anterior", "posterior"]] | None = None
    one_head: bool = False
    maa_spect: Text | None = None
    registered: bool = False
    transform: Transformed = None
    tracer: Text | None = None
    lungs: Text | None = None
    lung_ct: Text | None = None

    @model_validator(mode="after")
    def _regions_are_files_or_labels(self) -> DoseTable:
        require_regions(self.regions, REGIONS)
        return self

    @property
    def _of_typed(self) -> bool:
        """Whether `method` says how a typed shunt was measured: no such study is there."""
        there = {"planar": self.maa_planar, "spect_ct": self.maa_spect and self.lungs}
        return self.lung_shunt is not None and self.method in there and not there[self.method]

    def files(self, folder: Path) -> DoseFiles:
        """Make paths of the names, which are relative to the case file's folder."""
        mass = self.lung_mass_kg
        typed = self.method if self._of_typed and self.method != "given" else None
        return DoseFiles(
            decides=None if self._of_typed else self.method,
            lung_shunt=self.lung_shunt,
            shunt_method=self.shunt_method or typed,
            tumour_to_normal=self.tumour_to_normal,
            lung_mass_kg=mass if isinstance(mass, Fraction) else None,
            lung_by_ct=mass == BY_CT,
            density_g_per_ml=self.density_g_per_ml,
            tumour_dose_gy=self.tumour_dose_gy,
            residual_fraction=self.residual_fraction,
            calibration=self.calibration,
            administration=self.administration,
            planar=_path(folder, self.maa_planar),
            **place_regions(self.regions, folder),
            spect=_path(folder, self.maa_spect),
            lungs=_path(folder, self.lungs),
            lung_ct=_path(folder, self.lung_ct),
            registered=self.registered,
            transform=self.transform,
            told=StudyOverrides(
                None if self.heads is None else tuple(self.heads), self.one_head, None, self.tracer
            ),
        )


def _path(folder: Path, name: str | None) -> Path | None:
    return None if name is None else folder / name
