"""Every collection and every action, in the order of the documentation."""

from openprac import (
    accounts,
    appointment_types,
    contacts,
    items,
    lists,
    payers,
    people,
    practice,
    practitioners,
    referrers,
    resources,
    tags,
)
from openprac.attachments import api as attachments
from openprac.audit import api as audit
from openprac.availability import api as availability
from openprac.billing import api as billing
from openprac.diary import api as diary
from openprac.kernel.action import Endpoint
from openprac.kernel.collection import Collection
from openprac.kernel.routes import endpoints_of
from openprac.notes import api as notes
from openprac.patient_match import api as patient_match
from openprac.rosters import api as rosters

COLLECTIONS: tuple[Collection, ...] = (
    *people.COLLECTIONS,
    *accounts.COLLECTIONS,
    *contacts.COLLECTIONS,
    *attachments.COLLECTIONS,
    *notes.COLLECTIONS,
    *tags.COLLECTIONS,
    *payers.COLLECTIONS,
    *referrers.COLLECTIONS,
    *practitioners.COLLECTIONS,
    *practice.COLLECTIONS,
    *appointment_types.COLLECTIONS,
    *items.COLLECTIONS,
    *resources.COLLECTIONS,
    *diary.COLLECTIONS,
    *rosters.COLLECTIONS,
    *billing.COLLECTIONS,
    *lists.COLLECTIONS,
    *audit.COLLECTIONS,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *(endpoint for collection in COLLECTIONS for endpoint in endpoints_of(collection)),
    *patient_match.ACTIONS,
    *attachments.ACTIONS,
    *notes.ACTIONS,
    *diary.ACTIONS,
    *rosters.ACTIONS,
    *availability.ACTIONS,
    *billing.ACTIONS,
)

PERMISSIONS: frozenset[str] = frozenset(
    permission for endpoint in ENDPOINTS for permission in (endpoint.permission, *endpoint.rights)
)


def served(*, extensions: bool) -> tuple[Endpoint, ...]:
    """What one instance serves: without the extensions it is the strict twin."""
    return tuple(endpoint for endpoint in ENDPOINTS if extensions or not endpoint.extension)
