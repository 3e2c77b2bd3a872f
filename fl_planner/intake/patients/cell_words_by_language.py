"""Words and days of a list in the language of a hospital; an ambiguous day is not read.

A word is read only in the language that the columns file states: `m` is male in German, and female
in Spanish. A day is read if only one order of day and month is possible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DAYS
from fl_planner.trials.statements import TREATED_BEFORE

DayOrder = Literal["day first", "month first"]
DAY_ORDERS: tuple[DayOrder, ...] = get_args(DayOrder)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)


def read_day(cell: str, order: DayOrder | None) -> str | None:
    """Return a day as YYYY-MM-DD; None for other texts, and if day and month may be swapped.

    Examples
    --------
    >>> read_day("14/11/2026", None), read_day("11/14/2026", None), read_day("5.5.2026", None)
    ('2026-11-14', '2026-11-14', '2026-05-05')
    >>> read_day("3/4/2026", None), read_day("3/4/2026", "month first")
    (None, '2026-03-04')
    >>> read_day("14/11/2026", "month first"), read_day("31.6.2026", None), read_day("1.1.26", None)
    (None, None, None)
    """
    if ISO_DAY.fullmatch(cell):
        return cell
    if (written := _WRITTEN.fullmatch(cell)) is None:
        return None
    first, second, year = int(written[1]), int(written[3]), int(written[4])
    orders: dict[DayOrder, tuple[int, int]] = {
        "day first": (second, first),
        "month first": (first, second),
    }
    ways = [orders[order]] if order else list(orders.values())
    days = {day for month, number in ways if (day := _as_day(year, month, number))}
    return days.pop().isoformat() if len(days) == 1 else None


def _as_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


Language = Literal["de", "en", "es", "fr", "it"]
Meaning = Literal["yes", "no", "male", "female", "unknown"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
SEX = "sex"
# letters with two meanings in one language are absent: in Spanish, m may be mujer or masculino
WORDS: Mapping[Language, Mapping[Meaning, tuple[str, ...]]] = {
    "de": {
        "yes": ("ja", "j"),
        "no": ("nein", "n"),
        "male": ("männlich", "maennlich", "mann", "m"),
        "female": ("weiblich", "frau", "w"),
        "unknown": ("unbekannt", "nicht bekannt", "k. a.", "k.a."),
    },
    "en": {
        "yes": ("y",),
        "no": ("n",),
        "male": ("m",),
        "female": ("f",),
        "unknown": ("not known", "n/a"),
    },
    "es": {
        "yes": ("sí", "si", "s"),
        "no": ("n",),
        "male": ("hombre", "varón", "varon", "masculino", "h", "v"),
        "female": ("mujer", "femenino", "f"),
        "unknown": ("desconocido", "desconocida", "no consta"),
    },
    "fr": {
        "yes": ("oui", "o"),
        "no": ("non", "n"),
        "male": ("homme", "masculin", "h"),
        "female": ("femme", "féminin", "f"),
        "unknown": ("inconnu", "inconnue"),
    },
    "it": {
        "yes": ("sì", "si", "s"),
        "no": ("n",),
        "male": ("maschio", "uomo", "m"),
        "female": ("femmina", "donna", "f"),
        "unknown": ("sconosciuto", "sconosciuta", "non noto"),
    },
}
FOOT = (  # of a row below the patients; not MW, the initials of many, nor ø, which is also "none"
    *("total", "totals", "subtotal", "sum", "mean", "average", "median", "count"),
    *("summe", "gesamt", "insgesamt", "mittelwert", "durchschnitt", "anzahl"),
    *("suma", "media", "promedio", "mediana", "recuento"),
    *("somme", "moyenne", "médiane", "effectif", "totale", "somma", "conteggio"),
    *("stdev", "std dev", "std. dev.", "standard deviation", "standardabweichung"),
    *("minimum", "maximum", "iqr", "interquartile range"),
)
BELOW_FOOT = (  # of a further row: elsewhere, initials or a name
    *("n", "sd", "std", "sem", "mw", "min", "max", "range", "q1", "q3", "q25", "q75"),
    *("spannweite", "et", "ds", "de"),
)
OF_FOOT = "age|alter|edad|âge|età|patients?|patienten|pacientes|pazienti|number"  # of what
_FOOT = re.compile(
    rf"(?:{'|'.join(map(re.escape, FOOT))})"
    rf"(?:\s*[:=(\[±].*|\s+n\s*=.*|\s+\d+(?:[.,]\d+)?|\s+(?:\d+\s+)?(?:{OF_FOOT})\b.*)?"
    r"|n\s*=\s*\d+",
    re.IGNORECASE,
)


_BELOW_FOOT = re.compile(rf"(?:{'|'.join(BELOW_FOOT)})\.?(?:\s*[:=(\[±].*)?", re.IGNORECASE)


def is_foot(cell: str, *, below: bool = False) -> bool:
    """Whether the first cell of a row is that of a total or a mean, not of a patient.

    - `below`: whether the row is immediately below another such row.

    Examples
    --------
    >>> [is_foot(cell) for cell in ("Total", "Summe:", "mean (SD)", "n = 23", "Total n=23")]
    [True, True, True, True, True]
    >>> [is_foot(cell) for cell in ("Total 12 patients", "Mean 64.2", "Median age", "Std Dev")]
    [True, True, True, True]
    >>> [is_foot(cell) for cell in ("N23", "Total-1", "Summers", "n", "MW", "SD", "Sum Agel", "")]
    [False, False, False, False, False, False, False, False]
    >>> [is_foot(cell, below=True) for cell in ("n", "SD", "Min.", "Smith")]
    [True, True, True, False]
    """
    bare = cell.strip()
    return bool(_FOOT.fullmatch(bare) or (below and _BELOW_FOOT.fullmatch(bare)))


DAY_FIRST: tuple[Language, ...] = ("de", "es", "fr", "it")
_LISTED = re.compile("[|,;]")


@dataclass(frozen=True, slots=True)
class CellWords:
    """Meaning of the cells of a list.

    - `meanings`: words in lower case.
    - `values`: values of input keys by the words of the list, in lower case.
    - `order`: order of day and month; None if the list does not state it.
    """

    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    order: DayOrder | None = None

    def translate(self, key: str, cell: str, *, is_day: bool = False) -> str:
        """Return a cell in the words of this program; any other cell unchanged.

        - `is_day`: whether the cell is the date of a value.

        Examples
        --------
        >>> words = CellWords({"ja": "yes", "m": "male"}, order="day first")
        >>> words.translate("cirrhosis", "Ja"), words.translate("sex", "m")
        ('yes', 'male')
        >>> words.translate("labs_date", "3.4.2026"), words.translate("sex", "ja")
        ('2026-04-03', 'ja')
        """
        mine = self.values.get(key, {})
        if mine and (found := mine.get(cell.casefold())) is not None:
            return found
        kind = FACTS[key].kind if key in FACTS else None
        meaning = self.meanings.get(cell.casefold())
        if meaning is not None and _fits(meaning, key, kind):
            return meaning
        if is_day or key in DAYS:
            return read_day(cell, self.order) or cell
        if key in TREATED_BEFORE:
            return " ".join(read_day(word, self.order) or word for word in cell.split())
        if mine and kind is FactKind.CODES:
            parts = map(str.strip, _LISTED.split(cell))
            return "|".join(mine.get(part.casefold(), part) for part in parts)
        return cell

    def translate_plain(
        self, column: str, cell: str, *, is_flag: bool = False, is_day: bool = False
    ) -> str:
        """Return a cell of a column other than a fact, as `translate` does.

        Examples
        --------
        >>> words = CellWords({"j": "yes", "unbekannt": "unknown"})
        >>> [words.translate_plain("no_tumour", "J", is_flag=flag) for flag in (True, False)]
        ['yes', 'J']
        >>> words.translate_plain("reader", "unbekannt")
        'unknown'
        """
        if (found := self.values.get(column, {}).get(cell.casefold())) is not None:
            return found
        if is_day:
            return read_day(cell, self.order) or cell
        meaning = self.meanings.get(cell.casefold())
        known = meaning == "unknown" or (is_flag and meaning in ("yes", "no"))
        return meaning if known and meaning is not None else cell


def _fits(meaning: Meaning, key: str, kind: FactKind | None) -> bool:
    """Whether a key may have a value of this meaning."""
    if meaning == "unknown":
        return True
    if meaning in ("male", "female"):
        return key == SEX
    return kind is FactKind.YES_NO or key in TREATED_BEFORE
