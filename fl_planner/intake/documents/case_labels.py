"""What a case file says that the numbers of its label map mean."""

from collections.abc import Mapping

from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.formats.segments.schemes import read_bundled_schemes
from fl_planner.intake.documents.toml import Error, table_in
from fl_planner.liver.names.own_labels import parse_labels

MOST_LABELS = 500  # of a map; the largest segmenters know some hundred [project's choice]


def read_own_labels(table: Mapping[str, object]) -> tuple[dict[int, str] | None, list[Error]]:
    """Read a label map's own labels; None where it has none."""
    given = table_in(table, "masks", "labelmap")
    if "labels" not in given:
        return None, []
    where = ("masks", "labelmap", "labels")
    said = ".".join(where)
    typed = table_in(table, *where)
    if len(typed) > MOST_LABELS:
        return None, [(where, f"{said}: holds {len(typed):,} labels, more than {MOST_LABELS}")]
    schemes = read_bundled_schemes().values()
    known = {name for scheme in schemes for name in scheme.structures.values()}
    labels, wrong = parse_labels(typed, known)
    errors: list[Error] = [
        ((*where, key), as_plain_text(f"{said}.{key}: {what}")) for key, what in wrong
    ]
    if isinstance(given["labels"], Mapping) and not typed:
        errors.append((where, f"{said}: is empty"))
    if "scheme" in given:
        errors.append((where, f"{said}: give it or scheme, not both"))
    return labels, errors
