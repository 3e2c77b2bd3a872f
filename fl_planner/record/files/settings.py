"""Record of settings: the effective value of each key and its source."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Protocol

from fl_planner.record.declaration.part import FileName, Number, RecordPart, as_part, one_of, says
from fl_planner.record.head import AnswerRecord, name_schema

ORIGINS = {  # who says it, as people read it
    "option": "the command line",
    "project": "the project's fl-planner.toml",
    "user": "the user's fl-planner.toml",
    "default": "the default, not set anywhere",
}


class StatedSetting(Protocol):
    """Value of a key in one source."""

    @property
    def shown(self) -> str:
        """Value; for a file or folder its name."""

    @property
    def origin(self) -> str:
        """Source of the value."""

    @property
    def line(self) -> int | None:
        """Where in its file."""


class StatedSettingRecord(RecordPart):
    """Value in one source."""

    value: Annotated[str, says("Value; for a file or folder, its name.")]
    origin: Annotated[str, one_of("Source of the value.", ORIGINS)]
    file: FileName | None = None
    line: Annotated[Number | None, says("Line in the file.")] = None


class SettingRecord(StatedSettingRecord):
    """Key with its effective value."""

    key: Annotated[str, says("Key in the file.")]
    option: Annotated[str, says("Option that takes precedence.")]
    overrides: Annotated[
        tuple[StatedSettingRecord, ...], says("Overridden values, the highest precedence first.")
    ] = ()


class SettingsRecord(AnswerRecord, tag_field="schema", tag=name_schema("settings")):
    """Effective settings."""

    settings: Annotated[tuple[SettingRecord, ...], says("All keys.")]


def as_settings(stated: Mapping[str, Sequence[StatedSetting]]) -> SettingsRecord:
    """Describe the values of each key, the effective one first."""
    records = []
    for key, (first, *others) in stated.items():
        beneath = tuple(_as_shown(one) for one in others if one.origin != "default")
        option, holds = f"--{key.replace('_', '-')}", _as_shown(first)
        records.append(as_part(SettingRecord, holds, key=key, option=option, overrides=beneath))
    return SettingsRecord(refusal=None, settings=tuple(records))


def _as_shown(one: StatedSetting) -> StatedSettingRecord:
    file = "fl-planner.toml" if one.origin in ("project", "user") else None
    return as_part(StatedSettingRecord, one, value=one.shown, file=file)


def format_settings(record: SettingsRecord) -> Iterator[str]:
    """Format the settings as lines."""
    wide = max(len(one.key) for one in record.settings)
    for one in record.settings:
        yield f"{one.key:<{wide}}  {one.value}"
        by = ORIGINS[one.origin] if one.origin == "default" else f"set by {_format_place(one)}"
        yield f"{'':<{wide}}  {by}; option {one.option}"
        for other in one.overrides:
            yield f"{'':<{wide}}  overrides {other.value}, set by {_format_place(other)}"


def _format_place(one: StatedSettingRecord) -> str:
    at = "" if one.line is None else f", line {one.line}"
    return f"{ORIGINS[one.origin]}{at}"
