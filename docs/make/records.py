"""Pages of the records: every key of what a command prints with `--json`, and the CSV row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from docs.make.markdown import code, codes, contents, plain, table, target
from fl_planner.export.plan_columns import as_codebook
from fl_planner.record.json_schema import as_schema_list
from fl_planner.workup.schema import describe_record

HEAD = """\
# Records

This page lists every key that a command prints with `--json`. It is generated from the JSON Schemas
with which the output complies; `fl-planner schema NAME` prints a schema. `[]` means each entry of a
list, and `*` means any name. A key that is not always present is absent if its value is unknown.
"""


def as_pages() -> dict[str, str]:
    """Make a page for each record, one for the CSV row, and one that lists them."""
    listed = as_schema_list().schemas
    pages = {f"reference/records/{one.name}.md": _page(one.name, one.says)
             for one in listed}  # fmt: skip
    rows = [(f"[{code(one.name)}](#record-{one.name})", plain(one.says))
            for one in listed]  # fmt: skip
    rows.append(("[codebook](#record-codebook)", "The columns of `plan --csv`."))
    names = [*(one.name for one in listed), "codebook"]
    lines = [HEAD, *table(("record", "content"), rows), "", *contents(names)]
    return {
        "reference/records/index.md": "\n".join(lines) + "\n",
        **pages,
        "reference/records/codebook.md": _codebook(),
    }


def _page(name: str, says: str) -> str:
    schema = describe_record(name)
    answered = schema["oneOf"][0] if "oneOf" in schema else schema
    rows = list(_keys(answered, ""))
    heads = ("key", "type", "always", "meaning")
    lines = [
        target(f"record-{name}"),
        f"# Record {code(name)}",
        "",
        plain(says),
        "",
        *table(heads, rows),
    ]
    return "\n".join(lines) + "\n"


def _keys(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str, str]]:
    """Describe the keys of an object and, below each, those of what it holds."""
    must = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield from _key(one, f"{path}{name}", always="yes" if name in must else "")
    for one in schema.get("patternProperties", {}).values():
        yield from _key(one, f"{path}*", always="")


def _key(schema: dict[str, Any], path: str, always: str) -> Iterator[tuple[str, str, str, str]]:
    inner = _not_null(schema)
    yield code(path), _type(schema), always, _meaning(schema)
    while inner.get("type") == "array":
        path, inner = f"{path}[]", _not_null(inner["items"])
    yield from _keys(inner, f"{path}.")


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the form that is not null, of a key that may be."""
    forms = [one for one in schema.get("oneOf", ()) if one.get("type") != "null"]
    return _not_null(forms[0]) if forms else schema


def _type(schema: dict[str, Any]) -> str:
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["oneOf"]))
    if "const" in schema:
        return code(str(schema["const"])) if schema["const"] is not None else "null"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _meaning(schema: dict[str, Any]) -> str:
    inner = _not_null(schema)
    says = plain(schema.get("description") or inner.get("description", ""))
    words = inner.get("enum", ())
    return f"{says} One of {codes(map(str, words))}." if words else says


def _codebook() -> str:
    heads, *rows = csv.reader(io.StringIO(as_codebook()))
    cells = [(code(row[0]), *(plain(cell) for cell in row[1:])) for row in rows]
    lines = [target("record-codebook"), "# The columns of `plan --csv`", ""]
    lines += ["A blank cell means *unknown*, never zero.", "", *table(heads, cells)]
    return "\n".join(lines) + "\n"
