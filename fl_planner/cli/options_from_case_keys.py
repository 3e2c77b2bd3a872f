"""Options for the keys of a case file, created from the declarations in `given`.

This module is separate from `options`, because listing all commands requires none of these.
"""

from __future__ import annotations

from typing import Any

import click

from fl_planner.cli.help_layout import HeadedOption
from fl_planner.cli.options import AS_OF, SIZE_LIMIT, ClickOption, File
from fl_planner.given.case import (
    AskedTable,
    CaseTables,
    ImagingTable,
    MaskTable,
    PatientTable,
    PlanTable,
    TreatedTable,
    VesselTable,
)
from fl_planner.given.facts import FactTable
from fl_planner.given.kinds import File as IsFile
from fl_planner.given.table import Key, Option, Table, options_of


def _as_click(key: Key, option: Option) -> ClickOption:
    kind = key.kind
    more: dict[str, Any] = {"is_flag": True} if kind.is_flag else {}
    if option.default is not None:
        more = {"default": option.default, "show_default": True}
    if kind.choices:
        more["type"] = click.Choice(kind.choices, case_sensitive=False)
    elif isinstance(kind, IsFile):
        more["type"] = File
    return click.option(
        option.name,
        option.word,
        cls=HeadedOption,
        heading=option.heading,
        metavar=option.metavar or kind.metavar,
        multiple=kind.multiple,
        help=option.says,
        **more,
    )


def of_keys(*tables: type[Table]) -> tuple[ClickOption, ...]:
    """Create the options of input tables, without those of some commands only."""
    return tuple(_as_click(key, one) for key, one in options_of(*tables) if not one.beside)


_EVERY = tuple(options_of(CaseTables, AskedTable))


def only(option: str) -> ClickOption:
    """Create a single option by its name."""
    (found,) = (_as_click(key, one) for key, one in _EVERY if one.name == option)
    return found


SCHEME, DIAGNOSIS, CENTRE = only("--scheme"), only("--diagnosis"), only("--centre")
CASE_MASKS: tuple[ClickOption, ...] = (
    *of_keys(MaskTable, VesselTable),
    only("--place-frame"),
    *of_keys(PlanTable, ImagingTable, TreatedTable),
)
MASKS: tuple[ClickOption, ...] = (*CASE_MASKS, only("--resample"), SIZE_LIMIT)
FACTS: tuple[ClickOption, ...] = (DIAGNOSIS, *of_keys(FactTable), only("--facts"), AS_OF, CENTRE)
SPLEEN, CUT, SECOND_READER = map(only, ("--spleen", "--cut", "--second-reader"))
BODY = of_keys(PatientTable)
