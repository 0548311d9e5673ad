"""The sum of billing, for openprac/api.py."""

from openprac.billing.invoices import INVOICE
from openprac.kernel.action import Endpoint

COLLECTIONS = (INVOICE,)

ACTIONS: tuple[Endpoint, ...] = ()
