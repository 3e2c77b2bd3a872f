"""One list of 300 invented patients as three hospitals would export it, and as this program asks.

Each hospital has its language, units, decimal sign, order of days and encoding; the patients are
the same, so their verdicts must be.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from random import Random

COUNT = 300
AS_OF = date(2026, 11, 20)
Cell = str | bool | int | Decimal | date | None
Patient = dict[str, Cell]
KEYS = (
    "id", "diagnosis", "age [a]", "sex", "ecog", "cirrhosis", "lesion_count", "largest_lesion [cm]",
    "extrahepatic_status", "extrahepatic_sites", "platelets [10*9/L]", "bilirubin_total [mg/dL]",
    "albumin [g/L]", "haemoglobin [g/dL]", "inr [1]", "labs_date", "prior_systemic_therapy_crc",
    "prior_pve_hve",
)  # fmt: skip
UMOL_PER_L_IN_MG_PER_DL = Decimal("17.104")  # of bilirubin
# what a hospital writes where it has no value: a row each, by the number of the patient
BAD = {
    "platelets [10*9/L]": {17: "n. d.", 58: "<10", 133: "?", 190: "n. d.", 251: "<10"},
    "labs_date": {31: "43", 96: "00.00.0000", 218: "99"},
    "ecog": {5: "0-1", 133: "1-2", 274: "0-1"},
    "sex": {88: "X", 145: "X"},
    "age [a]": {44: "-", 201: "-"},
    "cirrhosis": {120: "?", 286: "?"},
}
BAD_ROWS = {number for cells in BAD.values() for number in cells}


@dataclass(frozen=True)
class Hospital:
    """How a hospital writes its list."""

    names: dict[str, str]  # of its columns, by those of the program
    words: dict[str, str]
    separator: str
    encoding: str
    day: str
    others: tuple[str, str]  # a column that is no fact, and its cells
    columns: str  # the file that maps it, without the names


def invent() -> list[Patient]:
    """Invent the patients, each time the same."""
    random = Random(300)
    patients: list[Patient] = []
    for number in range(1, COUNT + 1):
        spread = random.choice(["none", "none", "none", "indeterminate", "confirmed"])
        patients.append({
            "id": f"p{number}",
            "diagnosis": random.choice(["crlm", "crlm", "hcc", "other", None]),
            "age [a]": random.randint(17, 91),
            "sex": random.choice(["female", "male"]),
            "ecog": random.choice([0, 1, 1, 2, 3, None]),
            "cirrhosis": random.choice([True, False, False, None]),
            "lesion_count": random.randint(1, 14),
            "largest_lesion [cm]": Decimal(random.randint(5, 140)) / 10,
            "extrahepatic_status": spread,
            "extrahepatic_sites": random.choice(["lung", "bone", "lung|bone"])
            if spread == "confirmed" else None,
            "platelets [10*9/L]": random.randint(30, 400),
            "bilirubin_total [mg/dL]": Decimal(random.randint(2, 60)) / 10,
            "albumin [g/L]": random.randint(22, 48),
            "haemoglobin [g/dL]": Decimal(random.randint(65, 160)) / 10,
            "inr [1]": Decimal(random.randint(9, 24)) / 10,
            "labs_date": AS_OF - timedelta(days=random.randint(0, 60)),
            "prior_systemic_therapy_crc": random.choice([True, False, None]),
            "prior_pve_hve": random.choice([True, False, None]),
        })  # fmt: skip
    return patients


GERMANY = Hospital(
    names=dict(zip(KEYS, (
        "Fallnummer", "Diagnose", "Alter (Jahre)", "Geschlecht", "ECOG", "Zirrhose", "Anzahl Herde",
        "Größter Herd [mm]", "Extrahepatisch", "Orte", "Thrombozyten (G/l)", "Bilirubin (µmol/l)",
        "Albumin (g/l)", "Hb (g/dl)", "INR", "Labor vom", "Chemotherapie", "PVE",
    ), strict=True)),
    words={
        "yes": "Ja", "no": "nein", "female": "w", "male": "m", "crlm": "Lebermetastasen",
        "hcc": "HCC", "other": "Sonstige", "none": "keine", "indeterminate": "unklar",
        "confirmed": "gesichert", "lung": "Lunge", "bone": "Knochen",
    },
    separator=";", encoding="cp1252", day="%d.%m.%Y", others=("Bemerkung", "Rückruf nötig"),
    columns="""\
schema = 1
language = "de"
ignore = ["Bemerkung"]
[values.diagnosis]
Lebermetastasen = "crlm"
Sonstige = "other"
[values.extrahepatic_status]
keine = "none"
unklar = "indeterminate"
gesichert = "confirmed"
[values.extrahepatic_sites]
Lunge = "lung"
Knochen = "bone"
""",
)  # fmt: skip
SPAIN = Hospital(
    names=dict(zip(KEYS, (
        "Historia", "Diagnóstico", "Edad (años)", "Sexo", "ECOG", "Cirrosis", "N.º de lesiones",
        "Lesión mayor (cm)", "Extrahepática", "Localización", "Plaquetas (10^3/µl)",
        "Bilirrubina (mg/dl)", "Albúmina (g/dl)", "Hemoglobina (g/l)", "INR", "Fecha analítica",
        "Quimioterapia previa", "Embolización",
    ), strict=True)),
    words={
        "yes": "Sí", "no": "No", "female": "mujer", "male": "varón", "crlm": "Metástasis",
        "hcc": "CHC", "other": "Otro", "none": "ninguna", "indeterminate": "dudosa",
        "confirmed": "confirmada", "lung": "pulmón", "bone": "hueso",
    },
    separator=";", encoding="cp1252", day="%d/%m/%Y", others=("Observación", "señora mayor"),
    columns="""\
schema = 1
language = "es"
ignore = ["Observación"]
[values.diagnosis]
"Metástasis" = "crlm"
CHC = "hcc"
Otro = "other"
[values.extrahepatic_status]
ninguna = "none"
dudosa = "indeterminate"
confirmada = "confirmed"
[values.extrahepatic_sites]
"pulmón" = "lung"
hueso = "bone"
""",
)  # fmt: skip
ENGLAND = Hospital(
    names=dict(zip(KEYS, (
        "Record", "Diagnosis", "Age (years)", "Sex", "ECOG", "Cirrhosis", "Lesions",
        "Largest (cm)", "Extrahepatic", "Sites", "Platelets (10^9/L)", "Bilirubin (µmol/L)",
        "Albumin (g/L)", "Haemoglobin (g/L)", "INR", "Bloods on", "Chemotherapy", "PVE",
    ), strict=True)),
    words={
        "yes": "Y", "no": "N", "female": "F", "male": "M", "crlm": "CRLM", "hcc": "HCC",
        "other": "other", "none": "none", "indeterminate": "indeterminate",
        "confirmed": "confirmed", "lung": "lung", "bone": "bone",
    },
    separator=",", encoding="utf-8", day="%d/%m/%Y", others=("Comment", "call back, please"),
    columns="""\
schema = 1
language = "en"
dates = "day first"
ignore = ["Comment"]
""",
)  # fmt: skip
HOSPITALS = {"German": GERMANY, "Spanish": SPAIN, "English": ENGLAND}
OWN = Hospital(
    names={key: key for key in KEYS}, words={"yes": "yes", "no": "no"}, separator=",",
    encoding="utf-8", day="%Y-%m-%d", others=("", ""), columns="",
)  # fmt: skip
# the unit in which a hospital writes a quantity, and its number in the unit of the key
UNITS = {
    "Größter Herd [mm]": ("largest_lesion [mm]", Decimal(10)),
    "Bilirubin (µmol/l)": ("bilirubin_total [umol/L]", UMOL_PER_L_IN_MG_PER_DL),
    "Bilirubin (µmol/L)": ("bilirubin_total [umol/L]", UMOL_PER_L_IN_MG_PER_DL),
    "Albúmina (g/dl)": ("albumin [g/dL]", Decimal("0.1")),
    "Hemoglobina (g/l)": ("haemoglobin [g/L]", Decimal(10)),
    "Haemoglobin (g/L)": ("haemoglobin [g/L]", Decimal(10)),
    "Plaquetas (10^3/µl)": ("platelets [10*3/uL]", Decimal(1)),
}


def write_list(hospital: Hospital, *, bad: bool) -> bytes:
    """Write the list of a hospital; `bad`: with its invalid cells."""
    text = StringIO(newline="")
    rows = csv.writer(text, delimiter=hospital.separator)
    other, comment = hospital.others
    rows.writerow([*hospital.names.values(), *([other] if other else [])])
    for number, patient in enumerate(invent(), 1):
        cells = [_write(hospital, key, patient[key]) for key in KEYS]
        for key, wrong in BAD.items() if bad else ():
            if number in wrong:
                cells[KEYS.index(key)] = wrong[number]
        rows.writerow([*cells, *([comment] if other else [])])
    return text.getvalue().encode(hospital.encoding)


def _write(hospital: Hospital, key: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return hospital.words["yes" if value else "no"]
    if isinstance(value, date):
        return value.strftime(hospital.day)
    if isinstance(value, str):
        parts = (hospital.words.get(part, part) for part in value.split("|"))
        return (", " if hospital.separator == ";" else " | ").join(parts)
    number = value * UNITS.get(hospital.names[key], (key, Decimal(1)))[1]
    text = f"{Decimal(number).normalize():f}"
    return text.replace(".", ",") if hospital.separator == ";" else text


def write_columns(hospital: Hospital) -> str:
    """Write the columns file of a hospital."""
    named = (f'"{name}" = "{UNITS.get(name, (key,))[0]}"' for key, name in hospital.names.items())
    return "\n".join((hospital.columns, "[columns]", *named, ""))
