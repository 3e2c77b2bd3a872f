"""Python interface to the validation on public data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Unpack

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.workup.python.options import ForceOptions
from fl_planner.workup.python.result import NotebookView, Result, ResultRows, as_text
from fl_planner.workup.python.types import AnyPath
from fl_planner.workup.python.words import as_path, as_words, require_text, taking

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fl_planner.record.files.validation import ValidationRecord
    from fl_planner.workup.python.typed_records import (
        KeyedValidation,
        SetLimitRecordDict,
        ValidatedPatientRecordDict,
    )
else:  # a type checker reads the type of each key
    KeyedValidation = Result


class ValidateOptions(ForceOptions, total=False):
    """Options of `validate`, except its set and folder."""

    typed: bool
    out: AnyPath
    workers: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ValidationResult(KeyedValidation):
    """A public data set, compared with its published voxel counts."""

    @property
    def patients(self) -> ResultRows[ValidatedPatientRecordDict]:
        """A row for each patient of the set."""
        return self.rows("patients")

    @property
    def limits(self) -> ResultRows[SetLimitRecordDict]:
        """A row for each limit on the FLR, with the patients below it."""
        return self.rows("limits")

    def __repr__(self) -> str:
        """Summarise the result in one line."""
        record = self.record
        given = sum(one.status != "absent" for one in record.patients)
        lists = {
            "with different counts": record.different,
            "not counted": record.not_counted,
            "without a plan": record.not_planned,
        }
        parts = [f"{len(ids)} {what}" for what, ids in lists.items()] if record.images else []
        patients = format_count(given, "patient") + (
            "" if record.images else " from published counts"
        )
        return f"<fl_planner.validate: {', '.join([patients, *parts])}>"


@taking(ValidateOptions)
def validate(
    data_set: Literal["crlm"], folder: AnyPath | None = None, **options: Unpack[ValidateOptions]
) -> ValidationResult:
    """Plan a public data set, and compare its voxel counts with those published.

    With images, a script must call it below `if __name__ == "__main__":`, because each worker
    imports the script.

    Parameters
    ----------
    data_set : "crlm"
        Colorectal-Liver-Metastases of The Cancer Imaging Archive, 197 patients with a drawn FLR.
    folder : path
        Its download (DICOM), or the same structures as NIfTI; none with `typed`.
    options
        As for `fl-planner validate`.

    Raises
    ------
    InputRefused
        For an option, set or folder that cannot be used. A refused patient is a row of
        `patients`, with its reason.
    """
    from fl_planner.validation.crlm import ValidationQuestion, validate_crlm

    if require_text("data_set", data_set) != "crlm":
        raise InputRefused(
            "usage.wrong", "data_set", f"{data_set!r} is not a known data set", "give 'crlm'"
        )
    words = as_words("validate", ValidateOptions, options)
    path = None if folder is None else as_path("folder", folder)
    record = validate_crlm(ValidationQuestion(path, **words))
    return ValidationResult("validate", record, NotebookView(_show))


def _show(record: ValidationRecord) -> RenderableType:
    from fl_planner.validation.crlm import format_validation

    return as_text("\n".join(format_validation(record)))
