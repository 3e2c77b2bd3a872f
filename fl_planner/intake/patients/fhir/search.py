"""Search a FHIR server; require complete results, each once and as requested.

A list is refused if it may be incomplete, because a missing resource could hide a recorded fact
or a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from fl_planner.archive.connection import MOST_PAGES
from fl_planner.archive.fhir import CHECK_URL, EXPORT, SERVER, FhirSession, refuse_answer
from fl_planner.basis.exact_text import Pairs
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.fhir.entries import TYPE, has_duplicates
from fl_planner.intake.patients.fhir.resources import (
    BUNDLE,
    OUTCOME,
    is_subsetted,
    list_at,
    text_at,
)

MOST_FOUND = 200_000  # resources of one search [project's choice]
MATCH, INCLUDED = "match", "include"  # modes of an entry
HARMLESS = frozenset({"warning", "information"})  # severities without an error
CHANGED = "the list changed while it was being read, or one of its pages is missing; try again"


@dataclass(slots=True)
class FhirSearch:
    """One search.

    - `path`: its address, relative to the base.
    - `applied`: parameters that the server must report as applied.
    - `with_others`: whether the server may add resources that are not results themselves.
    - `warned`: whether the server stated a warning.
    """

    session: FhirSession
    path: str
    applied: frozenset[str] = frozenset()
    with_others: bool = False
    warned: bool = False
    _met: set[str] = field(default_factory=set)
    _total: Decimal | None = None  # not converted, as it may have any number of digits
    _matched: int = 0

    def list_resources(self) -> Iterator[Pairs]:
        """List the resources of all pages.

        Raises `InputRefused`: `fhir.server_pages` for a page that is repeated, and for a list that
        is longer or shorter than stated; the codes of every request.
        """
        url: str | None = self.path
        asked: set[str] = set()
        while url is not None:
            if url in asked or len(asked) >= MOST_PAGES:
                raise _refuse_pages("the server repeated a page instead of returning the next page")
            asked.add(url)
            page = self.session.get(url)
            self._check(page, first=len(asked) == 1)
            yield from self._list_page(page)
            url = _find_link(page, "next")
        self._require_whole()

    def _check(self, page: Pairs, *, first: bool) -> None:
        if page.get(TYPE) != BUNDLE or page.get("type") != "searchset":
            raise refuse_answer("the server's response to a search is not a list of results")
        if has_duplicates(page):
            raise refuse_answer("the server returned an object with a repeated key")
        total = page.get("total")
        if isinstance(total, Decimal):
            if self._total not in (None, total):
                raise _refuse_pages(f"the server stated different numbers of results: {CHANGED}")
            self._total = total
        if first and (link := _find_link(page, "self")) is not None:
            self._require_applied(link)

    def _require_applied(self, link: str) -> None:
        """Refuse a search if the server did not apply every parameter."""
        query = link.partition("?")[2].partition("#")[0]
        if not self.applied <= name_parameters(query):
            reason = "the server did not apply every search parameter"
            remedy = "use search parameters that the server supports"
            raise InputRefused("fhir.server_query", SERVER, reason, remedy)

    def _list_page(self, page: Pairs) -> Iterator[Pairs]:
        entries = page.get("entry", [])
        for entry in entries if isinstance(entries, list) else (None,):
            resource = entry.get("resource") if isinstance(entry, Pairs) else None
            if not isinstance(resource, Pairs):
                raise refuse_answer("an entry in the server's list is not a resource")
            if resource.get(TYPE) == OUTCOME:
                self._read_outcome(resource)
                continue
            mode = text_at(entry, "search", "mode") or MATCH
            if mode not in ((MATCH, INCLUDED) if self.with_others else (MATCH,)):
                raise refuse_answer("the server returned resources that were not requested")
            self._matched += mode == MATCH
            self._require_new(resource)
            yield resource

    def _require_new(self, resource: Pairs) -> None:
        """Refuse a repeated or incomplete resource, and too many resources."""
        name = f"{text_at(resource, TYPE)}/{text_at(resource, 'id')}"
        if name in self._met:
            raise _refuse_pages(f"the server returned a resource twice: {CHANGED}")
        self._met.add(name)
        if len(self._met) > MOST_FOUND:
            reason = f"the server found more than {MOST_FOUND:,} resources in one search"
            raise InputRefused("fhir.server_size", SERVER, reason, EXPORT)
        require_complete(resource)

    def _read_outcome(self, outcome: Pairs) -> None:
        severities = {text_at(one, "severity") for one in list_at(outcome, "issue")}
        if not severities or not severities <= HARMLESS:
            raise refuse_answer("the server reported an error in its list of results")
        self.warned |= "warning" in severities

    def _require_whole(self) -> None:
        """Refuse a list that is longer or shorter than stated."""
        if self._total not in (None, self._matched, len(self._met)):
            reason = (
                f"the server returned {self._matched} results but stated a total of "
                f"{self._total:.12g}: {CHANGED}"
            )
            raise _refuse_pages(reason)


def name_parameters(query: str) -> frozenset[str]:
    """Return the names of the parameters of a search, without modifiers.

    Examples
    --------
    >>> sorted(name_parameters("_id=7&_has:Condition:patient:code=C78.7"))
    ['_has', '_id']
    """
    names = (one.partition("=")[0] for one in query.split("&"))
    return frozenset(unquote(name).partition(":")[0] for name in names)


def require_complete(resource: Mapping[str, Any]) -> None:
    """Refuse a resource from which the server omitted elements.

    Raises `InputRefused`: `fhir.server_answer`.
    """
    if is_subsetted(resource):
        raise refuse_answer("the server returned resources without some of their elements")


def _find_link(page: Pairs, relation: str) -> str | None:
    found = [
        link.get("url")
        for link in list_at(page, "link")
        if isinstance(link, Pairs) and link.get("relation") == relation
    ]
    if not found:
        return None
    if len(found) > 1 or not isinstance(found[0], str):
        raise refuse_answer(
            f"a page from the server has more than one {relation!r} link, or an invalid one"
        )
    return found[0]


def _refuse_pages(reason: str) -> InputRefused:
    return InputRefused("fhir.server_pages", SERVER, reason, f"{CHECK_URL}; or {EXPORT}")
