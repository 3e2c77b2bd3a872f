"""A plugin of mypy that refuses `dataclasses.replace` of a `msgspec.Struct`.

Its declared types accept a struct, because structs state that they have the fields of a dataclass;
at run time it fails. `msgspec.structs.replace` copies a struct.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import FunctionContext, Plugin
from mypy.types import Instance, Type, TypeVarType, get_proper_type

REFUSED = "a msgspec.Struct is copied with msgspec.structs.replace, not with dataclasses.replace"


def _check(context: FunctionContext) -> Type:
    """Refuse a struct as the first argument."""
    given = get_proper_type(context.arg_types[0][0])
    if isinstance(given, TypeVarType):
        given = get_proper_type(given.upper_bound)
    if isinstance(given, Instance) and given.type.has_base("msgspec.Struct"):
        context.api.fail(REFUSED, context.context)
    return context.default_return_type


class StructReplace(Plugin):
    """The plugin."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """Return the check for `dataclasses.replace`."""
        return _check if fullname == "dataclasses.replace" else None


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin of this module, as mypy requires."""
    return StructReplace
