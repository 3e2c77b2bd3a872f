"""Agreement of readers as CSV: one row a case, a pair of readers and a structure."""

from collections.abc import Iterator

from fl_planner.export.csv import Cell, FlatTable
from fl_planner.record.agreement.agreement import AgreementAnswer
from fl_planner.record.agreement.cases import AgreedCaseRecord, CaseReadingRecord

COLUMNS = (
    "record_id", "reader_1", "reader_2", "structure", "ml_1", "ml_2", "dice", "surface_mm",
    "surface_95_mm", "flr_pct_1", "flr_pct_2", "flr_pct_2_less_1", "counts",
)  # fmt: skip


def as_agreement_table(record: AgreementAnswer) -> FlatTable:
    """Tell one row for each structure that two readers have of a case."""
    return FlatTable(COLUMNS, [row for one in record.cases for row in _rows(one)])


def _rows(case: AgreedCaseRecord) -> Iterator[list[Cell]]:
    by_reader = {one.reader: one for one in case.readings}
    for pair in case.pairs:
        shares = [_percent(by_reader[name]) for name in (pair.first, pair.second)]
        one, other = shares
        apart = None if one is None or other is None else other - one
        for each in pair.structures:
            yield [
                case.case,
                pair.first,
                pair.second,
                each.name,
                each.first_ml,
                each.second_ml,
                each.dice,
                each.mean_surface_mm,
                each.surface_95_mm,
                *((one, other, apart) if each.name == "flr" else (None, None, None)),
                case.counts,
            ]


def _percent(one: CaseReadingRecord) -> float | None:
    return None if one.flr_percent is None else one.flr_percent.value
