"""The tables `[function]` and `[dose]` of a case file: nuclear studies and entered values."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, as_ucum
from fl_planner.given.kinds import (
    Day,
    File,
    Flag,
    ListOf,
    Moment,
    OneOf,
    PathFile,
    QuantityEntry,
    Text,
    YesNo,
    is_number,
    parse_decimal,
    read_refused,
)
from fl_planner.given.table import (
    REST,
    At,
    InputKind,
    Option,
    Table,
    TableOf,
    Words,
    WrongEntryError,
    key,
)
from fl_planner.y90.constants_and_limits import LIVER_G_PER_ML, TRIAL_DOSE_GY

if TYPE_CHECKING:
    from fl_planner.formats.stored.source import Source
    from fl_planner.function.orientation import Transform

MOST_FASTING_H = 72  # a longer time was entered in another unit [project's choice]
BY_CT = "ct"
BILIRUBIN_UNITS = {"umol/L": Fraction(1), "mg/dL": BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL}


OF_TRANSFORM = "rotation, and translation in mm, from the CT to the SPECT, in RAS+"
OF_HEADS = "views in the order of the detectors in the header, if it does not state them"


class TransformOf(InputKind):
    """Rotation and translation from the CT to a SPECT."""

    wants = "three rows of four numbers"

    def read(self, entry: object, at: At) -> Any:
        return read_refused(lambda: parse_transform(entry))


class Bilirubin(InputKind):
    """A bilirubin with its unit; as an option in umol/L."""

    wants = "value and unit"
    typed = "Amount"
    metavar = "N"

    def read(self, entry: object, at: At) -> Any:
        match entry:
            case {"value": value, "unit": unit, **rest} if is_number(value) and not rest:
                return read_refused(lambda: parse_bilirubin(value, str(unit)))
        raise WrongEntryError('write { value = 12, unit = "umol/L" }')

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        return parse_bilirubin(parse_decimal(option, typed, "umol/L"), "umol/L")


class Hours(InputKind):
    """Hours that a patient has fasted."""

    wants = "number"
    typed = "Amount"
    metavar = "H"

    def read(self, entry: object, at: At) -> Any:
        from fl_planner.trials.statements import is_exact

        if not is_number(entry) or not is_exact(entry) or not 0 <= entry <= MOST_FASTING_H:
            raise WrongEntryError(f"give 0 to {MOST_FASTING_H} hours")
        return Fraction(entry)

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        hours = parse_decimal(option, typed, "h")
        if not 0 <= hours <= MOST_FASTING_H:
            reason = f"{typed!r} is outside the range of 0 to {MOST_FASTING_H} hours"
            raise InputRefused("usage.wrong", option, reason, "give the fasting time in hours")
        return Fraction(hours)


class RegionEntry(File):
    """A region: a file, or a label of an image of all regions."""

    wants = "file, or the number of a label"

    def read(self, entry: object, at: At) -> Any:
        if isinstance(entry, int) and not isinstance(entry, bool):
            return entry
        if isinstance(entry, str) and entry:
            return super().read(entry, at)
        raise WrongEntryError("give a file, or the number of a label")


def _region(name: str, says: str = "", whose: str = "", words: str = "") -> Any:
    option = Option(f"--region-{name}", says) if says else None
    meaning = "" if says else f"region of the {name}"
    return key(RegionEntry(), says=meaning, option=option, role=f"{whose}region: {words or name}")


class RegionTable(Table):
    """Regions of a planar study."""

    liver: Source | int | None = _region("liver")
    labels: Path | None = key(File(), says="image with a number for each region")

    def drawn(self) -> dict[str, Source | int]:
        """Return the given regions by role."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "labels"}
        return {role: entry for role, entry in given.items() if entry is not None}


class FunctionRegionTable(RegionTable):
    """Regions of a dynamic study."""

    # fmt: off
    liver: Source | int | None = _region("liver",
        "Liver region: one slice, with the same matrix as the study.")
    heart: Source | int | None = _region("heart", "Blood-pool region.")
    field: Source | int | None = _region("field",
        "Region that represents the whole field of view; by default the whole matrix.",
        words="field of view")
    # fmt: on


class MaaRegionTable(RegionTable):
    """Regions of a planar study with MAA."""

    liver: Source | int | None = _region("liver", whose="MAA ")
    lungs: Source | int | None = _region("lungs", whose="MAA ")
    background: Source | int | None = _region("background", whose="MAA ")


class FunctionTable(Table):
    """Files of a scintigraphy, and statements about them."""

    # fmt: off
    date: datetime.date | None = key(Day(), "2026-05-06",
        "of the scintigraphy; further keys: docs/how-to/scintigraphy.md")
    dynamic: Source | None = key(File(),
        option="Dynamic study from both detector heads (DICOM NM).", role="dynamic study")
    regions: FunctionRegionTable = key(TableOf(FunctionRegionTable))
    curves: Path | None = key(PathFile(),
        option="Time-activity curves (CSV) instead of the study: time_s, liver_counts, "
        "heart_counts, field_counts.", role=True)
    spect: Source | None = key(File(), option="Reconstructed SPECT (NIfTI, DICOM NM, ...).",
        role="scintigraphy SPECT")
    registered: bool = key(Flag(),
        option=Option("--registered", "The SPECT is registered to the CT.", heading=REST))
    transform: Transform | None = key(TransformOf(), says=OF_TRANSFORM)
    heads: tuple[Literal["anterior", "posterior"], ...] | None = key(
        ListOf(OneOf("anterior", "posterior")), says=OF_HEADS)
    decay_corrected: bool | None = key(YesNo(),
        option=Option("--decay-corrected", "Whether the counts are already decay-corrected.",
        heading=REST))
    one_head: bool = key(Flag(),
        option=Option("--one-head", "The camera had only one detector head.", heading=REST))
    tracer: str | None = key(Text(),
        option=Option("--tracer", "Tracer, if the file does not state it: mebrofenin.",
        metavar="NAME", heading=REST))
    validated_locally: bool | None = key(YesNo(),
        option=Option("--validated-locally",
        "Whether this program's results agree with those of your workstation.", heading=REST))
    fasting_hours: Fraction | None = key(Hours(),
        option=Option("--fasting-hours", "Fasting time before the study, in hours.", heading=REST),
        label="Fasting before the study, h")
    bilirubin: Fraction | None = key(Bilirubin(),
        option=Option("--bilirubin-umol-per-l", "Bilirubin on the day of the study, in µmol/L.",
        heading=REST))
    # fmt: on


def _number(name: str, says: str, of: str, word: str | None = None, **more: Any) -> Any:
    metavar, behind = more.pop("metavar", "N"), more.pop("says_in_file", "")
    option = Option(f"--{name}", says, heading=REST, word=more.pop("word", ""))
    quantity = f"fl_planner.y90.{of}"
    return key(QuantityEntry(quantity, word, metavar), option=option, says=behind, **more)


class DoseTable(Table):
    """Numbers and files for the dose of a radioembolisation."""

    # fmt: off
    lung_shunt: Fraction | None = _number("lung-shunt",
        "Lung shunt as a fraction: 0.06 for 6 %.", "partition:LUNG_SHUNT", example="0.06",
        label="Lung shunt as a fraction (0.06 for 6 %)",
        says_in_file="for radioembolisation; or give the MAA files: docs/how-to/dose.md")
    shunt_method: Literal["planar", "spect_ct"] | None = key(OneOf("planar", "spect_ct"),
        option=Option("--shunt-method", "Method used to measure the lung shunt.", heading=REST),
        label="Measured by")
    method: Literal["given", "planar", "spect_ct"] | None = key(
        OneOf("given", "planar", "spect_ct"), says="lung shunt to be used, if there are several",
        label="Lung shunt used, if there are several")
    tumour_to_normal: Fraction | None = _number("tumour-to-normal",
        "Tumour-to-normal ratio of activity concentrations (T/N).", "partition:RATIO",
        label="Tumour-to-normal ratio (T/N)")
    lung_mass_kg: Fraction | str | None = _number("lung-mass-kg",
        "Mass of the lungs; default 1.0 kg.", "partition:LUNG_MASS", BY_CT, metavar="KG",
        label="Lung mass, kg (or ct, to measure it on the CT)")
    density_g_per_ml: Fraction | None = _number("density",
        f"Liver and tumour density; default {float(LIVER_G_PER_ML):g} g/mL.",
        "partition:LIVER_DENSITY", metavar="G/ML", word="density_g_per_ml",
        label="Liver and tumour density, g/mL")
    tumour_dose_gy: Fraction | None = _number("tumour-dose-gy",
        f"Intended tumour dose; results for {TRIAL_DOSE_GY} Gy, the tumour dose of the "
        "radioembolisation trial, are also given.",
        "partition:TUMOUR_DOSE", metavar="GY", label="Intended tumour dose, Gy")
    residual_fraction: Fraction | None = _number("residual-fraction",
        "Activity that remains in the vial and lines, as a fraction of the activity at "
        "administration.", "partition:RESIDUAL",
        label="Residual activity as a fraction (0.02 for 2 %)")
    calibration: datetime.datetime | None = key(Moment(), says="time of calibration",
        label="Activity calibrated at")
    administration: datetime.datetime | None = key(Moment(), says="time of administration",
        label="Activity administered at")
    maa_planar: Path | None = key(File(), says="planar study with MAA (DICOM NM)",
        role="planar MAA study")
    regions: MaaRegionTable = key(TableOf(MaaRegionTable))
    heads: tuple[Literal["anterior", "posterior"], ...] | None = key(
        ListOf(OneOf("anterior", "posterior")), says=OF_HEADS)
    one_head: bool = key(Flag(), says="the camera had only one detector head")
    maa_spect: Path | None = key(File(), says="reconstructed SPECT with MAA", role="MAA SPECT")
    registered: bool = key(Flag(), says="the SPECT is registered to the CT")
    transform: Transform | None = key(TransformOf(), says=OF_TRANSFORM)
    tracer: str | None = key(Text(), says="tracer, if the file does not state it: MAA")
    lungs: Path | None = key(File(), says="mask of both lungs",
        role="lungs on the MAA SPECT")
    lung_ct: Path | None = key(File(), says="CT on which the mass of the lungs is measured",
        role="CT of the lungs, for their mass")
    # fmt: on

    @property
    def of_entered(self) -> bool:
        """Whether `method` describes an entered lung shunt: its study is not given."""
        study = {"planar": self.maa_planar, "spect_ct": self.maa_spect and self.lungs}
        return self.lung_shunt is not None and self.method in study and not study[self.method]


FUNCTION_FILES = ("dynamic", "curves", "spect")
DOSE_FILES = ("maa_planar", "maa_spect", "lungs", "lung_ct")


def name_roles(
    table: Mapping[str, object], files: tuple[str, ...] = FUNCTION_FILES, whose: str = ""
) -> Iterator[str]:
    """List the roles of the files in a table; `whose` is the prefix of regions."""
    yield from (name for name in files if name in table)
    regions = table.get("regions")
    for role, entry in regions.items() if isinstance(regions, Mapping) else ():
        if isinstance(entry, str):
            yield f"{whose}regions" if role == "labels" else f"{whose}region {role}"


def parse_transform(rows: object) -> Transform:
    """Parse three rows of four numbers, or four rows with 0 0 0 1 last.

    Raises `InputRefused`: `function.transform`.
    """
    if (numbers := _rows(rows)) is None:
        reason = "a transform must have three rows of four numbers"
        remedy = "give the rotation, and the translation in mm, from the CT to the SPECT, in RAS+"
        raise InputRefused("function.transform", "transform", reason, remedy)
    return numbers


def _rows(rows: object) -> Transform | None:
    if not isinstance(rows, list) or len(rows) not in (3, 4):
        return None
    if any(not isinstance(row, list) or len(row) != 4 for row in rows):
        return None
    if any(isinstance(x, bool) or not isinstance(x, int | Decimal) for row in rows for x in row):
        return None
    whole = [[float(x) for x in row] for row in rows]
    if len(whole) == 4 and whole[3] != [0.0, 0.0, 0.0, 1.0]:
        return None
    return tuple((a, b, c, d) for a, b, c, d in whole[:3])


def parse_bilirubin(value: Decimal | int, unit: str) -> Fraction:
    """Convert a bilirubin to umol/L.

    Raises `InputRefused`: `function.bilirubin_unit` for an unknown unit or an implausible value.
    """
    spelt = as_ucum(unit)
    if spelt not in BILIRUBIN_UNITS:
        reason = f"{unit!r} is not a unit for bilirubin"
        remedy = f"give bilirubin in {' or '.join(BILIRUBIN_UNITS)}"
        raise InputRefused("function.bilirubin_unit", "bilirubin", reason, remedy)
    amount = Fraction(value) * BILIRUBIN_UNITS[spelt]
    if not 0 < amount < 60 * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL:  # [clinical.md, general rules]
        reason = f"{float(value):g} {unit} is not plausible"
        remedy = f"check the unit: give bilirubin in {' or '.join(BILIRUBIN_UNITS)}"
        raise InputRefused("function.bilirubin_unit", "bilirubin", reason, remedy)
    return amount
