"""Body size, and estimates of liver volume from it.

Estimates of the total liver volume (TLV) standardise the FLR (sFLR) where the measured liver volume
is unsuitable. They are never used in a trial's rule: DRAGON 2 and RESCUE use the measured volume
[clinical.md 3].
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import isnan, sqrt
from typing import Literal, Self

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.units import G_IN_KG
from fl_planner.patient.published_flr_thresholds import SFLR_LINES, WEIGHT_LINES, format_lines

BsaFormula = Literal["mosteller", "dubois", "haycock"]
DEFAULT_BSA: BsaFormula = "mosteller"  # [clinical.md 3.1]

LEAST_HEIGHT_CM, LARGEST_HEIGHT_CM = 100, 250  # [clinical.md, general rules]
LEAST_WEIGHT_KG, LARGEST_WEIGHT_KG = 25, 300  # [clinical.md, general rules]
LEAST_BMI, LARGEST_BMI = 14, 45  # kg/m2; beyond, a unit may be wrong [project's choice]
# beyond, the linear formulas extrapolate [clinical.md 3.2]
LEAST_BSA_M2, LARGEST_BSA_M2 = BSA_RANGE_M2 = Fraction("1.3"), Fraction("2.4")
# measured to expected volume, above which a liver is reported as large for body size; the formulas
# differ by about 25 % in either direction [project's choice]
LARGE_RATIO = Fraction(3, 2)
ODD_RATIO = 2  # measured to expected volume, or the inverse: implausible [project's choice]
AT_RISK_PERCENT = Fraction(1, 2)  # FLR to body weight, at or below [clinical.md 3.3]
TRUANT = "Truant 2007, non-cirrhotic liver"


SFLR_CONTEXT = f"published sFLR thresholds: {format_lines(SFLR_LINES)} (PMC6422720 table 1)"
WEIGHT_CONTEXT = (
    f"{as_plain(AT_RISK_PERCENT)} % or less: more complications and deaths ({TRUANT}); also "
    f"published: {format_lines(WEIGHT_LINES)}"
)
MOSTELLER = 3600  # divisor of height in cm times weight in kg, before the square root


class BodySize(Struct, frozen=True):
    """Height and weight of an adult, 100 <= height_cm <= 250 and 25 <= weight_kg <= 300.

    Raises `InputRefused`: with the field, its value and unit; metres and inches are outside.

    Examples
    --------
    >>> BodySize(180, 80).bsa_m2()
    2.0
    """

    height_cm: Fraction | float
    weight_kg: Fraction | float

    def __post_init__(self) -> None:
        """Refuse a size in another unit."""
        _require_within("height_cm", self.height_cm)
        _require_within("weight_kg", self.weight_kg)

    @classmethod
    def of(cls, height_cm: Fraction | None, weight_kg: Fraction | None) -> Self | None:
        """Return the body size; None if height or weight is not known."""
        return None if height_cm is None or weight_kg is None else cls(height_cm, weight_kg)

    @computes(
        f"square root of height cm x weight kg / {MOSTELLER}, m2",
        "Mosteller 1987",
        name="Body surface area",
        key="body.bsa_m2",
        method="Mosteller's formula",
    )
    def bsa_m2(self, formula: BsaFormula = DEFAULT_BSA) -> float:
        """Body surface area in m2, of height h in cm and weight w in kg.

        {source}, {formula}; Du Bois 1916, 0.007184 h^0.725 w^0.425; Haycock 1978,
        0.024265 h^0.3964 w^0.5378 [clinical.md 3.1]. They differ by about 1 % in people of normal
        build and by more in obesity; oedema and ascites increase weight.
        """
        return BSA_FORMULAS[formula](Fraction(self.height_cm), Fraction(self.weight_kg))


def find_unlikely_build(
    height_cm: Fraction | None, weight_kg: Fraction | None
) -> tuple[Finding, ...]:
    """Find an unusual body mass index: the weight may be in pounds.

    It is the weight in kg divided by the square of the height in m, exact. A weight in pounds
    changes the usual range of 18 to 40 to a range of 40 to 88.

    Examples
    --------
    >>> find_unlikely_build(Fraction(180), Fraction(80))
    ()
    """
    if height_cm is None or weight_kg is None:
        return ()
    index = weight_kg / (height_cm / 100) ** 2
    if LEAST_BMI <= index <= LARGEST_BMI:
        return ()
    message = (
        f"{float(weight_kg):g} kg and {float(height_cm):g} cm give a body mass index of "
        f"{float(index):.1f}: check that weight is in kg and height in cm"
    )
    return (Finding("body.unlikely", Severity.WARNING, message, None, float(index), "kg/m2"),)


def find_extrapolated(bsa_m2: float | None, name: str) -> tuple[Finding, ...]:
    """Find a body surface area outside the range of the formulas; `name`: the name it is given.

    Examples
    --------
    >>> find_extrapolated(1.9, "bsa_m2")
    ()
    """
    if bsa_m2 is None or LEAST_BSA_M2 <= bsa_m2 <= LARGEST_BSA_M2:
        return ()
    message = (
        f"{name}: {as_number(bsa_m2, BSA_RANGE_M2, 2)} m2 is outside the range of "
        f"{' to '.join(map(as_plain, BSA_RANGE_M2))} m2 for which the liver volume formulas were "
        "derived"
    )
    return (Finding("body.extrapolated", Severity.WARNING, message, None, bsa_m2, "m2"),)


def parse_height(typed_cm: Decimal) -> Fraction:
    """Parse an entered height exactly; an implausible height is refused, as in `BodySize`."""
    _require_within("height_cm", typed_cm)
    return Fraction(typed_cm)


def parse_weight(typed_kg: Decimal) -> Fraction:
    """Parse an entered weight exactly; an implausible weight is refused, as in `BodySize`."""
    _require_within("weight_kg", typed_kg)
    return Fraction(typed_kg)


_RANGES = {
    "height_cm": (LEAST_HEIGHT_CM, LARGEST_HEIGHT_CM, "metres or inches"),
    "weight_kg": (LEAST_WEIGHT_KG, LARGEST_WEIGHT_KG, "grams or pounds"),
}


def _require_within(name: str, value: Fraction | Decimal | float) -> None:
    low, high, others = _RANGES[name]
    if isnan(value) or not low <= value <= high:
        measure, _, unit = name.partition("_")
        as_typed = isinstance(value, Decimal) and value.is_finite()  # 1E+999: inf as float
        shown = f"{value if as_typed else float(value):.12g}"
        reason = f"{shown} is outside the range of {low} to {high} {unit}"
        remedy = f"give it in {unit}, not in {others}, or omit it for a patient outside this range"
        raise InputRefused(f"body.{measure}", name, reason, remedy)


BSA_FORMULAS: dict[BsaFormula, Callable[[Fraction, Fraction], float]] = {
    "mosteller": lambda h, w: sqrt(h * w / MOSTELLER),
    "dubois": lambda h, w: 0.007184 * h**0.725 * w**0.425,
    "haycock": lambda h, w: 0.024265 * h**0.3964 * w**0.5378,
}


class TlvFormula(Struct, frozen=True):
    """One published estimate of the total liver volume.

    - `text`: published formula in mL or g, with BSA in m2, w in kg and h in cm.
    - `population`: population in which it was fitted.
    - `bsa`: its BSA formula; None if none is required or stated by the publication.
    - `estimate`: mL from BSA in m2, height in cm and weight in kg.
    - `weighs`: whether it predicts grams, of which a density of 1 g/mL is assumed.
    """

    key: str
    text: str
    population: str
    bsa: BsaFormula | None
    source: str
    estimate: Callable[[float, float, float], float]
    weighs: bool = False

    @property
    def needs_bsa(self) -> bool:
        """Whether it is a formula of body surface area."""
        return "BSA" in self.text

    @property
    def needs_weight_alone(self) -> bool:
        """Whether it is a formula that requires only weight."""
        return "BSA" not in self.text and " h" not in self.text


_Line = tuple[str, Callable[[float, float, float], float]]  # both made of the same decimals


def _of_bsa(slope: str, added: str = "") -> _Line:
    a, b = float(slope), float(added or 0)
    return _write_line(slope, "BSA", added), lambda bsa, _h, _w: a * bsa + b


def _of_weight(slope: str, added: str) -> _Line:
    a, b = float(slope), float(added)
    return _write_line(slope, "w", added), lambda _bsa, _h, w: a * w + b


def _of_both(factor: str, of_weight: str, of_height: str) -> _Line:
    a, m, n = float(factor), float(of_weight), float(of_height)
    return f"{factor} w^{of_weight} h^{of_height}", lambda _bsa, h, w: a * w**m * h**n


def _write_line(slope: str, of: str, added: str) -> str:
    """Format a linear function with the sign of its constant."""
    sign = "-" if added.startswith("-") else "+"
    return f"{slope} {of} {sign} {added.lstrip('-')}" if added else f"{slope} {of}"


def _published(
    key: str, line: _Line, population: str, source: str,
    bsa: BsaFormula | None = None, *, weighs: bool = False,
) -> TlvFormula:  # fmt: skip
    return TlvFormula(key, line[0], population, bsa, source, line[1], weighs)


VAUTHEY_BSA = "1267.28", "-794.41"  # mL for each m2, and mL added

TLV_FORMULAS = {
    formula.key: formula
    for formula in (
        _published("vauthey_bsa", _of_bsa(*VAUTHEY_BSA), "Western adults",
                   "Vauthey 2002; coefficients in PMC6422720"),
        _published("vauthey_weight", _of_weight("18.51", "191.80"), "Western adults",
                   "Vauthey 2002"),
        _published("urata", _of_bsa("706.2", "2.4"), "Japanese, including children",
                   "Urata 1995"),
        _published("heinemann", _of_bsa("1072.8", "-345.7"), "1332 autopsies in Germany",
                   "Heinemann 1999"),
        _published("deland", _of_bsa("1020", "-220"), "mixed", "DeLand 1968"),
        _published("yoshizumi", _of_bsa("772"), "Western", "Yoshizumi 2003", weighs=True),
        _published("yu", _of_both("21.585", "0.732", "0.225"), "Korean", "Yu 2004"),
        _published("um_dubois", _of_bsa("908.204", "-464.728"), "1000 Korean donors",
                   "synapse.koreamed.org/articles/1040650", "dubois"),
        _published("feng", _of_bsa("758.259", "-124.272"), "Chinese adults", "WJG 2017;23:4968"),
    )
}  # fmt: skip
DEFAULT_TLV = "vauthey_bsa"  # for sFLR [clinical.md 3.2]
BY_ALL = f"by {('eight', 'nine', 'ten', 'eleven', 'twelve')[len(TLV_FORMULAS) - 8]} formulas"
STANDARD_TLV = TLV_FORMULAS[DEFAULT_TLV]


def estimate_tlv_ml(formula: TlvFormula, size: BodySize) -> float:
    """Estimate the total liver volume in mL, with the BSA formula of the publication.

    Examples
    --------
    >>> round(estimate_tlv_ml(TLV_FORMULAS["vauthey_bsa"], BodySize(180, 80)), 2)
    1740.15
    """
    bsa_m2 = size.bsa_m2(formula.bsa or DEFAULT_BSA)
    return formula.estimate(bsa_m2, float(size.height_cm), float(size.weight_kg))


def estimate_tlv_of_bsa_ml(formula: TlvFormula, bsa_m2: float) -> float:
    """Estimate the total liver volume in mL from body surface area alone.

    Raises `InputRefused`: if the formula requires height or weight, or gives no positive volume.
    """
    if not formula.needs_bsa:
        reason = f"{formula.key} requires height and weight, not body surface area"
        raise InputRefused("body.formula", "formula", reason, "give height and weight")
    estimate_ml = formula.estimate(bsa_m2, 0.0, 0.0)
    if not estimate_ml > 0:
        reason = f"bsa_m2 {bsa_m2:g} gives {estimate_ml:.0f} mL with the formula {formula.key}"
        raise InputRefused("body.bsa", "bsa_m2", reason, "give the body surface area in m2")
    return estimate_ml


@computes(
    f"100 x FLR mL / ({STANDARD_TLV.text}), BSA: body surface area",
    STANDARD_TLV.source,
    name="sFLR %",
    key="body.sflr_percent",
    method="share of the estimated total liver volume; estimate in mL: "
    f"{STANDARD_TLV.text} ({STANDARD_TLV.source})",
)
def compute_sflr_percent(flr_ml: float, tlv_est_ml: float) -> float:
    """Compute the standardised FLR: 100 FLR / estimated TLV, both in mL [clinical.md 3.2].

    Examples
    --------
    >>> compute_sflr_percent(420, 1400)
    30.0
    """
    return 100 * flr_ml / tlv_est_ml


def is_sflr_below(flr_ml: Fraction, size: BodySize, percent: Fraction) -> bool:
    """Compare an sFLR, with BSA by Mosteller, exactly with a threshold; equality is not below.

    100 flr / percent < slope BSA + added, squared to remove the square root.

    Examples
    --------
    >>> of_2_m2 = BodySize(Fraction(180), Fraction(80))  # 1740.15 mL, of which 20 % are 348.03
    >>> is_sflr_below(Fraction("348.03"), of_2_m2, Fraction(20))
    False
    >>> is_sflr_below(Fraction("348.02"), of_2_m2, Fraction(20))
    True
    """
    slope, added = map(Fraction, VAUTHEY_BSA)
    of_surface = 100 * flr_ml / percent - added
    height, weight = Fraction(size.height_cm), Fraction(size.weight_kg)
    return of_surface < 0 or of_surface**2 < slope**2 * height * weight / MOSTELLER


@computes(
    f"FLR mL x 1.0 g/mL / body weight; at risk: {as_plain(AT_RISK_PERCENT)} % or less",
    TRUANT,
    name="FLR-to-body-weight ratio",
    key="body.flr_bw_percent",
    method="FLR in grams, at 1 g/mL, divided by body weight",
)
def compute_flr_bw_percent(
    flr_ml: Fraction, weight_kg: Fraction, density_g_per_ml: Fraction = Fraction(1)
) -> Fraction:
    """Compute FLR to body weight in percent, exact: {formula}.

    Patients at or below this value had more complications and deaths ({source}) [clinical.md 3.3].

    Examples
    --------
    >>> compute_flr_bw_percent(Fraction(350), Fraction(70)) <= AT_RISK_PERCENT
    True
    """
    return 100 * flr_ml * density_g_per_ml / (weight_kg * G_IN_KG)
