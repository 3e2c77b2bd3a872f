"""Identifiers of new DICOM objects, derived from their content."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    pass

UUID_ROOT = "2.25."  # before a UUID as a whole number [PS3.5 B.2]
NAMED = 5  # version of a UUID made from a name by a hash [RFC 9562 5.5]


def derived_uid(made_of: bytes, part: str) -> str:
    """Return an identifier derived from its content: the same content gives the same identifier."""
    digest = sha256(part.encode() + b"\n" + made_of).digest()
    return f"{UUID_ROOT}{UUID(bytes=digest[:16], version=NAMED).int}"
