"""A session with an archive by DIMSE: C-FIND, C-GET and C-STORE."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fl_planner.archive.accepted_classes import (
    CAPTURE,
    RECEIVED,
    RESULTS,
    decompress,
    is_compressed,
    syntax_of,
    syntaxes_of,
)
from fl_planner.archive.connection import (
    ANSWER_S,
    CONNECT_S,
    MOST_LISTED,
    MOST_PDU,
    InstanceName,
    NodeAddress,
    StudyEntry,
    StudyQuery,
    as_count,
    as_day,
    is_uid,
    require_whole,
)
from fl_planner.basis.findings import InputRefused, quietly
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.dicom.uids import EXPLICIT

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.ae import ApplicationEntity
    from pynetdicom.association import Association
    from pynetdicom.events import Event

SUCCESS = 0x0000
ACCEPTED = 0x00  # result of an association [PS3.8 9.3.4]
PENDING = frozenset({0xFF00, 0xFF01})
COERCED = frozenset({0xB000, 0xB006, 0xB007})  # stored, with a warning [PS3.4 B.2.3]
NOT_AUTHORISED = 0x0124
UIDS = {  # of an entry, by the level of a query
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}
NARROW = "narrow the query to one study, or use DICOMweb"
REJECTED_TITLES = frozenset({3, 7})  # reasons of a rejection: titles unknown [PS3.8 9.3.4]


@dataclass(frozen=True, slots=True)
class NodeSession:
    """A session with one application entity; each operation opens an association."""

    name: str
    address: NodeAddress

    def find_studies(self, query: StudyQuery) -> Iterator[StudyEntry]:
        """List studies, each once."""
        wanted = {"StudyInstanceUID": "", "StudyDate": "", **query.as_keys()}
        counts = ("ModalitiesInStudy", "NumberOfStudyRelatedInstances")
        found = self._find_with("STUDY", wanted, counts)
        with self._reading():
            for one in found:
                query.require_match(self.name, partial(_read_text, one))
            listed = [_as_study(one) for one in found]
        yield from listed

    def list_instances(self, study: str, series: Collection[str] = ()) -> tuple[InstanceName, ...]:
        """List the objects of a study, series by series.

        - `series`: UIDs; of all series if empty.

        Raises `InputRefused`: `archive.pages` if a series has fewer than the archive states.
        """
        asked = {"StudyInstanceUID": study, "SeriesInstanceUID": ""}
        listed = []
        for one in self._find_with("SERIES", asked, ("NumberOfSeriesRelatedInstances",)):
            if series and str(one.SeriesInstanceUID) not in series:
                continue
            keys = {
                "StudyInstanceUID": study,
                "SeriesInstanceUID": str(one.SeriesInstanceUID),
                "SOPInstanceUID": "",
                "SOPClassUID": "",
            }
            found = self._find("IMAGE", keys)
            with self._reading():
                stated = as_count(one.get("NumberOfSeriesRelatedInstances"))
                listed += [_as_instance(each, keys) for each in found]
            require_whole(self.name, len(found), stated)
        return tuple(listed)

    def has(self, one: InstanceName) -> bool:
        """Whether the archive lists an object."""
        keys = {
            "StudyInstanceUID": one.study,
            "SeriesInstanceUID": one.series,
            "SOPInstanceUID": one.instance,
        }
        found = self._find("IMAGE", keys)
        return any(str(each.get("SOPInstanceUID") or "") == one.instance for each in found)

    def _find_with(
        self, level: str, keys: Mapping[str, str], counts: Sequence[str]
    ) -> list[Dataset]:
        """Request all matches with optional counts, and check that none is missing.

        Raises `InputRefused`: `archive.answer`: one archive gives a single match instead of all if
        a count is requested (tiny-pacs 0.4.1).
        """
        plain = self._find(level, keys)
        found = self._find(level, {**dict.fromkeys(counts, ""), **keys})
        listed = {_uid_of(one, level) for one in found}
        if any(_uid_of(one, level) not in listed for one in plain):
            reason = (
                f"the archive lists {format_count(len(plain), 'entry', 'entries')}, but only "
                f"{len(found)} when object counts are requested"
            )
            raise InputRefused("archive.answer", self.name, reason, NARROW)
        return found

    def _find(self, level: str, keys: Mapping[str, str]) -> list[Dataset]:
        """Request all matches, and return them once the archive has ended its list.

        Raises `InputRefused`: `archive.answer` for an entry that has no UID or is listed twice:
        one archive repeats a single entry instead of the others (tiny-pacs 0.4.1).
        """
        from pydicom.dataset import Dataset
        from pynetdicom import sop_class

        model = sop_class.StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]
        query = Dataset()
        query.QueryRetrieveLevel = level
        for keyword, value in keys.items():
            setattr(query, keyword, value)
        found: list[Dataset] = []
        entity = self._entity()
        entity.add_requested_context(model)
        with self._associated(entity) as association:
            for status, one in association.send_c_find(query, model):
                code = self._code_of(status)
                if code in PENDING and one is not None:
                    if len(found) == MOST_LISTED:
                        reason = f"the archive lists more than {MOST_LISTED:,} entries"
                        raise InputRefused("archive.answer", self.name, reason, NARROW)
                    found.append(one)
                elif code != SUCCESS:
                    raise self._refuse(code, "a query")
        with self._reading():
            uids = [_uid_of(one, level) for one in found]
        if not all(map(is_uid, uids)) or len({*uids}) < len(uids):
            reason = (
                "the archive lists an entry twice or without a valid UID, so other entries may be "
                "missing"
            )
            raise InputRefused("archive.answer", self.name, reason, NARROW)
        return found

    def fetch(self, one: InstanceName) -> Dataset:
        """Fetch an object by C-GET over the same association.

        Raises `InputRefused`: `archive.not_found` if the archive sends nothing.
        """
        from pydicom.dataset import Dataset
        from pynetdicom import evt, sop_class

        model = sop_class.StudyRootQueryRetrieveInformationModelGet  # type: ignore[attr-defined]
        query = Dataset()
        query.QueryRetrieveLevel = "IMAGE"
        query.StudyInstanceUID, query.SeriesInstanceUID = one.study, one.series
        query.SOPInstanceUID = one.instance
        came: list[Dataset] = []

        def keep(event: Event) -> int:
            fetched = event.dataset
            fetched.file_meta = event.file_meta
            came.append(fetched)
            return SUCCESS

        entity = self._entity()
        entity.add_requested_context(model)
        classes = [one.sop_class] if one.sop_class else [*{*RECEIVED, *RESULTS}]
        roles = [_offer(entity, each) for each in classes]
        with self._associated(entity, roles, [(evt.EVT_C_STORE, keep)]) as association:
            for status, _ in association.send_c_get(query, model):
                code = self._code_of(status)
                if code != SUCCESS and code not in PENDING:
                    raise self._refuse(code, "a C-GET")
        with self._reading():
            named = [each for each in came if str(each.get("SOPInstanceUID")) == one.instance]
        if not named:
            reason = "the archive did not send an object that it lists"
            remedy = "allow C-GET for this program in the archive, or use DICOMweb"
            raise InputRefused("archive.not_found", self.name, reason, remedy)
        return named[0]

    def store(self, objects: Sequence[Dataset]) -> None:
        """Send objects over one association, uncompressed if the archive requires it.

        Raises `InputRefused`: `archive.no_class` if the archive does not accept their class.
        """
        if not objects:
            return
        entity = self._entity()
        offered = {(str(one.SOPClassUID), syntax_of(one)) for one in objects}
        offered |= {(str(one.SOPClassUID), EXPLICIT) for one in objects if is_compressed(one)}
        for sop_class, syntax in sorted(offered):
            entity.add_requested_context(sop_class, syntax)
        with self._associated(entity) as association:
            for one in objects:
                self._store(association, one)

    def _store(self, association: Association, one: Dataset) -> None:
        try:
            status = association.send_c_store(one)
        except ValueError:  # no context was accepted for it
            if is_compressed(one):
                self._store(association, decompress(one))
                return
            raise self._refuse_class() from None
        code = self._code_of(status)
        if code != SUCCESS and code not in COERCED:
            raise self._refuse(code, "the storage of an object")

    def _entity(self) -> ApplicationEntity:
        from pynetdicom.ae import ApplicationEntity

        entity = ApplicationEntity(self.address.calling)
        entity.acse_timeout = entity.network_timeout = entity.dimse_timeout = ANSWER_S
        entity.connection_timeout = CONNECT_S
        entity.maximum_pdu_size = MOST_PDU
        return entity

    @contextmanager
    def _associated(
        self,
        entity: ApplicationEntity,
        roles: Sequence[object] = (),
        handlers: Sequence[object] = (),
    ) -> Iterator[Association]:
        """Open an association, and release it at the end."""
        at = self.address
        secure = None
        if at.certificates is not None:
            secure = (at.certificates.as_client(self.name), at.host)
        association = entity.associate(
            at.host,
            at.port,
            ae_title=at.called,
            ext_neg=[*roles],  # type: ignore[list-item]
            evt_handlers=[*handlers],  # type: ignore[list-item]
            tls_args=secure,
        )
        try:
            if not association.is_established:
                raise self._refuse_association(association)
            yield association
        except RuntimeError:  # of the library, between two messages
            raise self._refuse_end() from None
        finally:
            if association.is_established:
                association.release()
            else:
                association.kill()

    def _refuse_class(self) -> InputRefused:
        reason = "the archive does not accept a required type of object or request"
        remedy = (
            "allow SEG, SR, secondary capture, PDF, key object selection, C-FIND and C-GET in the "
            "archive"
        )
        return InputRefused("archive.no_class", self.name, reason, remedy)

    def _refuse_association(self, association: Association) -> InputRefused:
        answer = association.acceptor.primitive
        if answer is not None and answer.result == ACCEPTED:  # but none of the contexts
            return self._refuse_class()
        if not association.is_rejected:
            reason = "the archive cannot be reached, or closed the connection"
            remedy = (
                "check host, port and TLS in the archives file, and whether the archive is running"
            )
            return InputRefused("archive.unreachable", self.name, reason, remedy)
        why = None if answer is None else answer.diagnostic
        titles = "the AE titles (called and calling) used by this program"
        named = titles if why in REJECTED_TITLES else "the connection from this program"
        reason = f"the archive refuses {named}"
        remedy = "register this program in the archive: its (calling) AE title, host and port"
        return InputRefused("archive.login", self.name, reason, remedy)

    def _code_of(self, status: Dataset) -> int:
        """Return the status of an answer.

        Raises `InputRefused`: `archive.unreachable` if the answer has none.
        """
        if "Status" not in status:
            raise self._refuse_end()
        return int(status.Status)

    def _refuse_end(self) -> InputRefused:
        reason = "the connection was closed before the response was complete"
        return InputRefused("archive.unreachable", self.name, reason, "repeat the command")

    def _reading(self) -> AbstractContextManager[None]:
        reason, remedy = "the archive's response cannot be read", "check the log of the archive"
        return quietly("archive.answer", self.name, reason, remedy)

    def _refuse(self, code: int, what: str) -> InputRefused:
        if code == NOT_AUTHORISED:
            reason = f"the archive does not allow {what} from this program"
            remedy = "allow it in the archive for the (calling) AE title of this program"
            return InputRefused("archive.login", self.name, reason, remedy)
        reason = f"the archive refuses {what} (status 0x{code:04X})"
        remedy = "check the log of the archive"
        return InputRefused("archive.answer", self.name, reason, remedy)


def _offer(entity: ApplicationEntity, sop_class: str) -> object:
    """Offer a class to be received within an association that this program began."""
    from pynetdicom import build_role

    encodings = syntaxes_of(sop_class)
    if sop_class == CAPTURE:  # one each, so that the archive sends it as it is stored
        for one in encodings:
            entity.add_requested_context(sop_class, one)
    else:
        entity.add_requested_context(sop_class, [*encodings])
    return build_role(sop_class, scp_role=True)


def _uid_of(one: Dataset, level: str) -> str:
    return _read_text(one, UIDS[level])


def _read_text(one: Dataset, keyword: str) -> str:
    return str(one.get(keyword) or "")


def _as_study(one: Dataset) -> StudyEntry:
    modalities = one.get("ModalitiesInStudy") or []
    listed = [modalities] if isinstance(modalities, str) else [*modalities]
    instances = as_count(one.get("NumberOfStudyRelatedInstances"))
    date = as_day(_read_text(one, "StudyDate"))
    return StudyEntry(str(one.StudyInstanceUID), date, tuple(sorted(listed)), instances)


def _as_instance(one: Dataset, keys: Mapping[str, str]) -> InstanceName:
    series, instance = keys["SeriesInstanceUID"], str(one.get("SOPInstanceUID") or "")
    return InstanceName(
        keys["StudyInstanceUID"], series, instance, str(one.get("SOPClassUID") or "")
    )
