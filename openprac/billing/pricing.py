"""What becomes a line: items, fees, hours. Values in, values out.

The fee category of a line is the account's, else the patient's, else none (help article 5987374), unless the
caller names one. A line is taxable when its item or its fee category includes GST.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from openprac.billing.bodies import LINE_AMOUNT_MAX
from openprac.billing.totals import ZERO, amount_of, hours_of
from openprac.diary.lengths import Length, length_for
from openprac.errors import InvalidBody, Problem
from openprac.kernel.rules import refused

ONE = Decimal("1.00")
OF_ONE_ITEM = ("unit_price", "unit_discount", "description")
"""What a body says of a single line and cannot say of a group of items."""


class Fee(NamedTuple):
    charge: Decimal
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    item_id: int
    item_code: str
    description: str
    gst: bool
    archived: bool
    fees: Mapping[int, Fee]


@dataclass(frozen=True, slots=True)
class Visit:
    """An entry of the appointment book as far as it is billed. client_id: whose visit it was, in a group the one
    asked for; None where nobody's that is billed here."""

    appointment_id: int
    client_id: int | None
    app_time: datetime
    minutes: int
    business_id: int
    practitioner_id: int
    profession_id: int | None
    item_id: int | None
    item_group_id: int | None
    own_lengths: Sequence[Length]
    lengths: Sequence[Length]

    def hourly(self, fee_cat_id: int | None) -> bool:
        """Whether its type is billed by the hour for such a client."""
        length = length_for(self.own_lengths, self.lengths, self.profession_id, fee_cat_id)
        return length is not None and length.hourly_billing


@dataclass(frozen=True, slots=True)
class Ground:
    """What the lines of one invoice are priced by. taxable: the fee categories known, and whether they include GST."""

    client_id: int
    fee_cat_id: int | None
    ndis_rounding: bool
    bill_family: bool
    now: datetime
    items: Mapping[int, Item]
    groups: Mapping[int, Sequence[int]]
    visits: Mapping[int, Visit]
    taxable: Mapping[int, bool]


def require_something(given: Mapping[str, Any], prefix: str = "") -> None:
    """A line names what it bills. Raises InvalidBody."""
    if all(given.get(name) is None for name in ("item_id", "item_group_id", "appointment_id")):
        raise refused(f"{prefix}item_id", "is required, or item_group_id, or appointment_id.")


def lines_of(given: Mapping[str, Any], ground: Ground, prefix: str = "") -> list[dict[str, Any]]:
    """The lines that one line of a body becomes: one, or one for each item of a group. Raises InvalidBody.

    It names something (require_something). prefix: how the body calls the line, as "lines.0.".
    """
    visit = _visit(given, ground, prefix)
    fee_cat_id = given.get("fee_cat_id", ground.fee_cat_id)
    if fee_cat_id is not None and fee_cat_id not in ground.taxable:
        raise _invalid(prefix, "fee_cat_id")
    item_id, group_id = _what(given, visit, prefix)
    quantity = given.get("quantity")
    if quantity is None:
        quantity = ONE
        # What is named besides a visit is not what its type bills by the hour.
        if visit and (item_id, group_id) == (visit.item_id, visit.item_group_id) and visit.hourly(ground.fee_cat_id):
            quantity = hours_of(visit.minutes, ndis_rounding=ground.ndis_rounding)
    common = {
        "client_id": visit.client_id if visit else ground.client_id,
        "item_time": given.get("item_time") or (visit.app_time if visit else ground.now),
        "fee_cat_id": fee_cat_id,
        "practitioner_id": given.get("practitioner_id", visit.practitioner_id if visit else None),
        "appointment_id": visit.appointment_id if visit else None,
        "ndis_rounding": ground.ndis_rounding,
        "quantity": quantity,
    }
    if item_id is not None:
        item = ground.items.get(item_id)
        if item is None or (item.archived and given.get("item_id") is not None):
            raise _invalid(prefix, "item_id")
        return [{**common, **_priced(item, given, common, ground.taxable, prefix, "unit_price")}]
    assert group_id is not None
    for name in OF_ONE_ITEM:
        if name in given:
            raise refused(prefix + name, "must be left out where a group of items is billed.")
    if not ground.groups.get(group_id):
        raise _invalid(prefix, "item_group_id")
    items = (ground.items[item_id] for item_id in ground.groups[group_id])
    return [{**common, **_priced(item, {}, common, ground.taxable, prefix, "item_group_id")} for item in items]


def edited(
    line: Mapping[str, Any], given: Mapping[str, Any], item: Item, taxable: Mapping[int, bool]
) -> dict[str, Any]:
    """A line as an edit makes it. Another fee category brings its price, unless one is given. Raises InvalidBody."""
    fee_cat_id = given.get("fee_cat_id", line["fee_cat_id"])
    if fee_cat_id is not None and fee_cat_id not in taxable:
        raise _invalid("", "fee_cat_id")
    new = {**{name: line[name] for name in ("quantity", "ndis_rounding", "practitioner_id", "item_time")}, **given}
    new["fee_cat_id"] = fee_cat_id
    priced = dict(given)
    if fee_cat_id == line["fee_cat_id"]:
        priced = {**{name: line[name] for name in ("unit_price", "unit_discount")}, **given}
    new |= _priced(item, {"description": line["description"], **priced}, new, taxable, "", "unit_price")
    new["given_discount"] = line["given_discount"]
    new["discount"] += line["given_discount"]
    return new


def _priced(
    item: Item,
    given: Mapping[str, Any],
    line: Mapping[str, Any],
    taxable: Mapping[int, bool],
    prefix: str,
    to_blame: str,
) -> dict[str, Any]:
    """to_blame: the member that is wrong where the item has no fee. A price that is given has no discount of itself."""
    fee_cat_id, ndis = line["fee_cat_id"], line["ndis_rounding"]
    price, discount = given.get("unit_price"), given.get("unit_discount")
    if price is None:
        fee = item.fees.get(fee_cat_id)
        if fee is None:
            which = "without a fee category" if fee_cat_id is None else f"for fee category {fee_cat_id}"
            raise refused(prefix + to_blame, f"is no help: item {item.item_code} has no fee {which}; give unit_price.")
        price, discount = fee.charge, fee.discount if discount is None else discount
    discount = ZERO if discount is None else discount
    if discount > price:
        raise refused(f"{prefix}unit_discount", f"must not be greater than the unit_price, {price}.")
    quantity = line["quantity"]
    if quantity <= 0:
        raise refused(f"{prefix}quantity", "must be more than 0.")
    debit = amount_of(quantity, price, ndis_rounding=ndis)
    if debit > LINE_AMOUNT_MAX:
        raise refused(f"{prefix}quantity", f"makes {debit} of this line: at most {LINE_AMOUNT_MAX} is allowed.")
    return {
        "item_id": item.item_id,
        "description": given.get("description", item.description),
        "taxable": item.gst or (fee_cat_id is not None and taxable[fee_cat_id]),
        "unit_price": price,
        "unit_discount": discount,
        "debit": debit,
        "discount": amount_of(quantity, discount, ndis_rounding=ndis),
    }


def _visit(given: Mapping[str, Any], ground: Ground, prefix: str) -> Visit | None:
    visit_id = given.get("appointment_id")
    if visit_id is None:
        return None
    visit = ground.visits.get(visit_id)
    if visit is None or visit.client_id is None:
        raise _invalid(prefix, "appointment_id")
    if visit.client_id != ground.client_id and not ground.bill_family:
        raise refused(f"{prefix}appointment_id", "is another patient's: only a family's account takes those.")
    return visit


def _what(given: Mapping[str, Any], visit: Visit | None, prefix: str) -> tuple[int | None, int | None]:
    """Item or group: what is given, else the visit's own."""
    item_id, group_id = given.get("item_id"), given.get("item_group_id")
    if item_id is not None and group_id is not None:
        raise refused(f"{prefix}item_group_id", "must be null where item_id is given.")
    if item_id is None and group_id is None:
        assert visit is not None
        item_id, group_id = visit.item_id, visit.item_group_id
        if item_id is None and group_id is None:
            raise refused(f"{prefix}appointment_id", "names nothing to bill: give item_id or item_group_id.")
    return item_id, group_id


def _invalid(prefix: str, name: str) -> InvalidBody:
    field = prefix + name
    return InvalidBody([Problem(field, f"The selected {field} is invalid.")])
