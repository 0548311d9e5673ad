"""How long an appointment of a type lasts for whom, how wide it is and what it bills. Values in, values out."""

from collections.abc import Iterable
from typing import NamedTuple


class Length(NamedTuple):
    """One row of a type's durations; without a fee category it is for all of them.

    hourly_billing: what is billed is a fee an hour, times the entry's length.
    """

    profession_id: int
    fee_cat_id: int | None
    minutes: int
    width: int
    item_id: int | None
    item_group_id: int | None
    hourly_billing: bool = False


def length_for(
    own: Iterable[Length], defaults: Iterable[Length], profession_id: int | None, fee_cat_id: int | None
) -> Length | None:
    """The practitioner's row for the client's fee category, then for all, then the type's the same way; else none.

    own: the rows of this practitioner at this business.
    """
    for rows in (own, defaults):
        fitting = {row.fee_cat_id: row for row in rows if row.profession_id == profession_id}
        found = (fitting.get(fee_cat_id) if fee_cat_id is not None else None) or fitting.get(None)
        if found:
            return found
    return None
