"""Read the records of patients from a FHIR R4 server: only resources that the mapping uses.

Every resource must belong to the patient for whom it was requested. Resources that the server does
not offer are named in a finding; facts from them are unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from fl_planner.archive.connection import PAGE, SecretPlace
from fl_planner.archive.fhir import SERVER, FhirAddress, FhirSession, refuse_answer, split_address
from fl_planner.basis.exact_text import Pairs
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import each_counted
from fl_planner.intake.patients.fhir.charts import Charts, RecordEntry
from fl_planner.intake.patients.fhir.entries import TYPE, RecordServer, has_duplicates
from fl_planner.intake.patients.fhir.mapping import CodeMap
from fl_planner.intake.patients.fhir.resources import MEDICATION, PATIENT, list_at, text_at
from fl_planner.intake.patients.fhir.search import FhirSearch, name_parameters, require_complete
from fl_planner.intake.patients.rows import Row

GROUP = "Group"
EVERYTHING = "everything"
VERSIONS = ("4.0", "4.3")  # R4 and R4B, which have the same resources here
OWNERS = ("patient", "subject")  # search parameters for the patient of a resource
# parameters that change what is returned of a patient, or add other resources
FORBIDDEN = frozenset(
    {"_summary", "_elements", "_include", "_revinclude", "_contained", "_containedType", "_format"}
)
NOT_SEARCHED = frozenset({"_count", "_sort", "_total"})  # parameters that select no patients
ADDRESSES = "https://fhir.hospital.example/r4/Patient/ID, .../Group/ID"
BASE_ADDRESS = "the base URL of the server"
EXAMPLES = f"{ADDRESSES}, or {BASE_ADDRESS}"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)  # of a resource [FHIR R4, 2.24.0.1]
_QUERY = re.compile(r"Patient\?([!-~]+)", re.ASCII)
_KEPT = "%=&:,$-._~@+!*()';/"  # signs of a query that are sent as they are


def parse_server(
    url: str, query: str | None, token: SecretPlace | None, *, private: bool
) -> RecordServer:
    """Parse the address of a server, a patient or a group, and a search for patients.

    Raises `InputRefused`: `fhir.server_address`, `fhir.server_query`.
    """
    if (parts := split_address(url)) is None:
        reason = "the URL is not valid, or contains a user name, a query or a fragment"
        raise InputRefused("fhir.server_address", SERVER, reason, f"give {EXAMPLES}")
    *above, kind, id_ = ["", *parts.path.rstrip("/").split("/")]
    place = f"{parts.scheme}://{parts.netloc}"
    if kind in (PATIENT, GROUP) and query is None:
        if not _ID.fullmatch(id_):
            reason = f"the URL does not contain a valid {kind} id"
            raise InputRefused("fhir.server_address", SERVER, reason, f"give {EXAMPLES}")
        base = place + "/".join(above[1:])
        return RecordServer(FhirAddress(base, token, private), kind, id_)
    if query is None or kind in (PATIENT, GROUP):
        reason = "neither the URL nor a search selects patients, or both do"
        remedy = f"give the URL of a Patient or Group resource ({ADDRESSES}), or {BASE_ADDRESS} "
        remedy += "with --fhir-query"
        raise InputRefused("fhir.server_address", SERVER, reason, remedy)
    address = FhirAddress(place + parts.path.rstrip("/"), token, private)
    return RecordServer(address, query=_parse_query(query))


def _parse_query(query: str) -> str:
    found = _QUERY.fullmatch(query)
    if found is None:
        reason = "the search is not a search for patients"
        remedy = "give a search such as 'Patient?_has:Condition:patient:code=C78.7'"
        raise InputRefused("fhir.server_query", "--fhir-query", reason, remedy)
    used = sorted(FORBIDDEN & name_parameters(found[1]))
    if used:
        reason = f"the search changes which patient data the server returns: {', '.join(used)}"
        raise InputRefused("fhir.server_query", "--fhir-query", reason, "omit these parameters")
    return quote(found[1], safe=_KEPT)


@dataclass(frozen=True, slots=True)
class _Offer:
    """Content of the capability statement of a server.

    - `kinds`: kinds of resources; `owners`: their search parameter for the patient.
    - `everything`: whether it gives all resources of a patient at once.
    """

    kinds: frozenset[str]
    owners: Mapping[str, str]
    everything: bool


@dataclass(slots=True)
class ServerRecords:
    """The records of patients of a server, read once.

    - `ids`: ids of the patients, in order, complete when all entries were listed.
    """

    session: FhirSession
    server: RecordServer
    wanted: Sequence[str]
    offer: _Offer
    ids: list[str] = field(default_factory=list)
    _warned: bool = False
    _drugs: set[str] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _digests: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, session: FhirSession, server: RecordServer, codes: CodeMap) -> ServerRecords:
        """Read the capabilities of a server.

        Raises `InputRefused`: the codes of every request.
        """
        return cls(session, server, codes.list_kinds(), _read_offer(session))

    @property
    def sha256(self) -> str:
        """Hash of all resources, independent of the order in which the server gave them."""
        return sha256(b"".join(sorted(self._digests))).hexdigest()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings on resources that the server did not provide."""
        return tuple(self._list_findings())

    def _list_findings(self) -> Iterator[Finding]:
        offered = self.offer.kinds if self.offer.everything else self.offer.owners
        if absent := [kind for kind in self.wanted if kind not in offered]:
            message = f"the server does not offer {', '.join(absent)}; facts from these are unknown"
            yield Finding("fhir.server_not_offered", Severity.WARNING, message)
        if self._warned:
            message = "the server warns that its lists may be incomplete"
            yield Finding("fhir.server_warned", Severity.WARNING, message)
        if self._lost:
            message = f"Medication resources missing on the server: {len(self._lost)}"
            message += "; facts from these are unknown"
            yield Finding("fhir.server_no_drug", Severity.WARNING, message, None, len(self._lost))

    def list_entries(self) -> Iterator[RecordEntry]:
        """List the patients, then the resources of each; number positions within each patient.

        Raises `InputRefused`: `fhir.server_other_patient` for a resource of another patient; the
        codes of every request.
        """
        for patient in self._list_patients():
            self.ids.append(str(patient["id"]))
            self._digests.append(_hash([patient]))
            yield self._as_entry(1, patient)
        for id_ in each_counted(self.ids, "patient"):
            digests = []
            for place, resource in enumerate(self._list_resources(id_), start=2):
                digests.append(_hash([resource]))
                yield self._as_entry(place, resource)
            self._digests.append(sha256(b"".join(sorted(digests))).digest())

    def _as_entry(self, place: int, resource: Pairs) -> RecordEntry:
        url = f"{self.session.base}/{resource[TYPE]}/{resource['id']}"
        return RecordEntry(place, url, resource)

    def _list_patients(self) -> Iterator[Pairs]:
        server = self.server
        if server.kind == PATIENT:
            yield self._read(PATIENT, server.id)
        elif server.kind == GROUP:
            for id_ in self._list_members():
                yield self._read(PATIENT, id_)
        else:
            applied = name_parameters(server.query) - NOT_SEARCHED
            yield from self._search(f"{PATIENT}?{server.query}", PATIENT, applied)

    def _list_members(self) -> Iterator[str]:
        """List the patients of a group, each once, without former members."""
        members = list_at(self._read(GROUP, self.server.id), "member")
        current = [
            text_at(member, "entity", "reference")
            for member in members
            if not (isinstance(member, Pairs) and member.get("inactive") is True)
        ]
        for id_ in dict.fromkeys(self._find_id(name, PATIENT) for name in current):
            if id_ is None:
                raise refuse_answer("a member of the group is not a patient on this server")
            yield id_

    def _list_resources(self, patient: str) -> Iterator[Pairs]:
        """List the resources of a patient that the mapping uses, then the drugs named in them."""
        drugs: dict[str, None] = {}
        for only, path in self._list_paths(patient):
            for resource in self._search(path, only):
                kind = resource[TYPE]
                if kind == PATIENT and resource["id"] != patient:
                    raise _refuse_other()
                if kind in self.wanted:
                    self._require_owner(resource, patient)
                    if (drug := text_at(resource, "medicationReference", "reference")) is not None:
                        drugs[drug] = None
                    yield resource
                elif kind == MEDICATION and str(resource["id"]) not in self._drugs:
                    self._drugs.add(str(resource["id"]))
                    yield resource
        yield from self._list_drugs(drugs)

    def _list_paths(self, patient: str) -> Iterator[tuple[str | None, str]]:
        """List the requests for a patient, each with its kind of resource if there is only one."""
        if self.offer.everything:
            kinds = ",".join((PATIENT, *self.wanted, MEDICATION))
            yield None, f"{PATIENT}/{patient}/${EVERYTHING}?_type={kinds}&_count={PAGE}"
            return
        for kind in self.wanted:
            if (owner := self.offer.owners.get(kind)) is not None:
                yield kind, f"{kind}?{owner}={PATIENT}/{patient}&_count={PAGE}"

    def _list_drugs(self, names: Mapping[str, None]) -> Iterator[Pairs]:
        """List each drug to which resources refer once; count absent drugs."""
        for name in names:
            id_ = self._find_id(name, MEDICATION)
            if name.startswith("#") or id_ in self._drugs:
                continue
            try:
                if id_ is None:
                    raise _refuse_drug()
                drug = self._read(MEDICATION, id_)
            except InputRefused as refused:
                if refused.code != "fhir.server_not_found":
                    raise
                self._lost.add(name)
                continue
            self._drugs.add(id_)
            yield drug

    def _require_owner(self, resource: Pairs, patient: str) -> None:
        """Refuse a resource of another patient, or of none.

        Raises `InputRefused`: `fhir.server_other_patient`.
        """
        if self._find_id(text_at(resource, "subject", "reference"), PATIENT) != patient:
            raise _refuse_other()

    def _find_id(self, reference: str | None, kind: str) -> str | None:
        """Return the id in a reference to a resource of this server; None for any other."""
        name = (reference or "").partition("/_history/")[0].removeprefix(f"{self.session.base}/")
        found, _, id_ = name.partition("/")
        return id_ if found == kind and _ID.fullmatch(id_) else None

    def _read(self, kind: str, id_: str) -> Pairs:
        resource = self.session.get(f"{kind}/{id_}")
        if has_duplicates(resource) or resource.get(TYPE) != kind:
            raise refuse_answer("the server returned a resource of a different type")
        if resource.get("id") != id_:
            raise _refuse_other()
        require_complete(resource)
        return resource

    def _search(
        self, path: str, only: str | None, applied: frozenset[str] = frozenset()
    ) -> Iterator[Pairs]:
        """List the resources of a search, each with its kind and a valid id.

        - `only`: kind of its results; None for a list of several kinds.
        """
        search = FhirSearch(self.session, path, applied, with_others=only is None)
        for resource in search.list_resources():
            if not (_ID.fullmatch(text_at(resource, "id") or "") and text_at(resource, TYPE)):
                raise refuse_answer("the server returned a resource without a valid id")
            if only not in (None, resource[TYPE]):
                raise refuse_answer(
                    "the server returned resources of a type that was not searched for"
                )
            yield resource
        self._warned |= search.warned


def _refuse_other() -> InputRefused:
    reason = "the server returned a resource that does not belong to the requested patient"
    remedy = "report this to the operator of the server; no result was computed"
    return InputRefused("fhir.server_other_patient", SERVER, reason, remedy)


def _refuse_drug() -> InputRefused:
    reason = "the Medication resource to which a record refers is not on this server"
    return InputRefused(
        "fhir.server_not_found", SERVER, reason, "state the drug in the record itself"
    )


def _hash(resources: Sequence[Pairs]) -> bytes:
    text = json.dumps(resources, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _read_offer(session: FhirSession) -> _Offer:
    """Read the capabilities stated by a server.

    Raises `InputRefused`: `fhir.server_answer` for a server that is not R4.
    """
    stated = session.get("metadata")
    if stated.get(TYPE) != "CapabilityStatement":
        raise refuse_answer("the URL is not the base URL of a FHIR server")
    if not (text_at(stated, "fhirVersion") or "").startswith(VERSIONS):
        raise refuse_answer("the server does not use FHIR R4")
    parts = [one for one in list_at(stated, "rest") if text_at(one, "mode") == "server"]
    resources = [one for part in parts for one in list_at(part, "resource")]
    of_patient = [one for one in resources if text_at(one, "type") == PATIENT]
    operations = [each for one in (*parts, *of_patient) for each in list_at(one, "operation")]
    searched = (
        one
        for one in resources
        if any(text_at(each, "code") == "search-type" for each in list_at(one, "interaction"))
    )
    return _Offer(
        frozenset(text_at(one, "type") or "" for one in resources),
        {text_at(one, "type") or "": owner for one in searched if (owner := _find_owner(one))},
        any(_is_everything(one) for one in operations),
    )


def _find_owner(resource: Mapping[str, Any]) -> str | None:
    """Return the search parameter for the patient of a kind of resource."""
    names = {text_at(one, "name") for one in list_at(resource, "searchParam")}
    return next((name for name in OWNERS if name in names), None)


def _is_everything(operation: Mapping[str, Any]) -> bool:
    if definition := (text_at(operation, "definition") or "").partition("|")[0]:
        return definition.endswith(("/Patient-everything", "/patient-everything"))
    return text_at(operation, "name") in (EVERYTHING, "patient-everything")


def name_charts(charts: Charts, ids: Sequence[str]) -> Iterator[Row]:
    """Read each patient of a server, with its reference, for authorised output only."""
    for row, id_ in zip(charts, ids, strict=True):
        yield replace(row, file=f"{PATIENT}/{id_}")
