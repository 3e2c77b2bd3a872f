"""Python interface to dossiers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from rich.text import Text

from fl_planner.workup.python.options import ForceOptions, SizeOptions
from fl_planner.workup.python.result import NotebookView, Result
from fl_planner.workup.python.types import AnyPath, Day
from fl_planner.workup.python.words import as_path, as_words, taking

if TYPE_CHECKING:
    from fl_planner.record.files.dossier import DossierRecord
    from fl_planner.workup.python.typed_records import KeyedDossier
else:  # a type checker reads the type of each key
    KeyedDossier = Result


class DossierOptions(SizeOptions, ForceOptions, total=False):
    """Options of `dossier`, other than its folder."""

    cases: AnyPath
    before: AnyPath
    as_of: Day


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class DossierOutcome(KeyedDossier):
    """Result of a dossier; all documents are in the folder `out`."""

    out: Path

    def __repr__(self) -> str:
        """State the outcome."""
        from fl_planner.dossier.page import describe_outcome

        return f"<fl_planner.{self.call}: {describe_outcome(self.record)}>"


@taking(DossierOptions)
def dossier(out: AnyPath, **options: Unpack[DossierOptions]) -> DossierOutcome:
    """Write the documents needed for in-house use: acceptance run, hazards, libraries, changes.

    Parameters
    ----------
    out : path
        New folder for all documents.
    options
        As for `fl-planner dossier`.

    Raises
    ------
    InputRefused
        If the table of cases or the earlier record cannot be used; nothing is written then. A
        refused case has the outcome "refused" in the result.
    """
    from fl_planner.dossier.dossier import DossierQuestion, make_dossier

    words = as_words("dossier", DossierOptions, options)
    folder = as_path("out", out)
    record = make_dossier(DossierQuestion(folder, **words))
    return DossierOutcome(call="dossier", record=record, shown=NotebookView(_show), out=folder)


def _show(record: DossierRecord) -> Text:
    from fl_planner.dossier.dossier import format_dossier

    return Text("\n".join(format_dossier(record)))
