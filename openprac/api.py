"""Every collection and every action, in the order of the documentation."""

from openprac import lists, people, practice
from openprac.attachments import api as attachments
from openprac.kernel.action import Endpoint
from openprac.kernel.collection import Collection
from openprac.kernel.routes import endpoints_of

COLLECTIONS: tuple[Collection, ...] = (
    *people.COLLECTIONS,
    *attachments.COLLECTIONS,
    *practice.COLLECTIONS,
    *lists.COLLECTIONS,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *(endpoint for collection in COLLECTIONS for endpoint in endpoints_of(collection)),
    *attachments.ACTIONS,
)

PERMISSIONS: frozenset[str] = frozenset(endpoint.permission for endpoint in ENDPOINTS)


def served(*, extensions: bool) -> tuple[Endpoint, ...]:
    """What one instance serves: without the extensions it is the strict twin."""
    return tuple(endpoint for endpoint in ENDPOINTS if extensions or not endpoint.extension)
