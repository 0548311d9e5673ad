"""The sum of billing, for openprac/api.py."""

from openprac.billing import actions, balance, payment_actions, refund_actions, settings
from openprac.billing.invoices import INVOICE
from openprac.billing.payments import PAYMENT
from openprac.billing.settings import PAYMENT_METHOD

COLLECTIONS = (INVOICE, PAYMENT, PAYMENT_METHOD)
ACTIONS = (*actions.ACTIONS, *payment_actions.ACTIONS, *refund_actions.ACTIONS, *balance.ACTIONS, *settings.ACTIONS)
