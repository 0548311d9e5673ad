"""The sum of billing, for openprac/api.py."""

from openprac.billing import actions, settings
from openprac.billing.invoices import INVOICE
from openprac.billing.settings import PAYMENT_METHOD

COLLECTIONS = (INVOICE, PAYMENT_METHOD)
ACTIONS = (*actions.ACTIONS, *settings.ACTIONS)
