"""The parameters of the searches for free times -> what is asked, or InvalidParams."""

from datetime import date

from openprac.availability.model import Flags
from openprac.availability.questions import Asked
from openprac.diary.spans import FIRST_YEAR, LAST_YEAR
from openprac.errors import InvalidParams
from openprac.kernel.parameters import PAGING, Given, Parameter

SEARCH_MAX_DAYS = 7
"""Days that the last date may lie behind the first."""

_DATES = (
    Parameter("from", "date", "First date; not before today on the clinic's clock", required=True),
    Parameter(
        "to",
        "date",
        f"Last date, which is searched too; at most {SEARCH_MAX_DAYS} days behind the first",
        required=True,
    ),
)
_TYPE = Parameter("appointment_type_id", "integer", required=True)
_TYPES = Parameter("appointment_type_ids", "integers", "All of them in one answer", required=True)
_CLIENT = (
    Parameter("client_id", "integer", "The patient, whose fee category may decide the length"),
    Parameter("account_id", "integer", "The patient's account that pays; its fee category goes first. Needs client_id"),
)
_PLACES = (
    Parameter("business_ids", "integers"),
    Parameter("practitioner_ids", "integers"),
    Parameter("profession_ids", "integers"),
)
_RESOURCES = Parameter("resource_ids", "integers", "Only times that would take at least one of them")
_FLAGS = (
    Parameter("manual", "boolean", "Only times open for manual booking, which is meant where no flag is true"),
    Parameter("online", "boolean", "Only times open for online booking"),
    Parameter("waiting_list", "boolean", "Only times open for the waiting list"),
)
_FLAG_OF = {"manual": Flags.MANUAL, "online": Flags.ONLINE, "waiting_list": Flags.WAITING_LIST}

NEXT_PARAMETERS = (*_DATES, _TYPE, *_CLIENT, *_PLACES, _RESOURCES)
LIST_PARAMETERS = (*NEXT_PARAMETERS, *_FLAGS, *PAGING)
NEXT_GROUP_PARAMETERS = (*_DATES, _TYPE, *_PLACES)
GROUP_PARAMETERS = (*NEXT_GROUP_PARAMETERS, *PAGING)

EARLIEST_PER = ("practitioner", "business", "day")
EXTENDED_PARAMETERS = (
    *_DATES,
    _TYPES,
    *_CLIENT,
    *_PLACES,
    _RESOURCES,
    *_FLAGS,
    Parameter("earliest_per", "word", "Only the first of each type for each of these", choices=EARLIEST_PER),
    *PAGING,
)

_WEEK = (
    Parameter("from", "date", "First date; today on the clinic's clock where it is not given"),
    Parameter(
        "to",
        "date",
        f"Last date, included; at most {SEARCH_MAX_DAYS} days behind the first, 6 where it is not given",
    ),
)
MATCH_PARAMETERS = (*_WEEK, *PAGING)
DIARY_PARAMETERS = _WEEK

EXPLANATION_PARAMETERS = (
    Parameter("app_time", "datetime", "The start, on the clinic's clock", required=True),
    Parameter("practitioner_id", "integer", required=True),
    Parameter("business_id", "integer", required=True),
    _TYPE,
    Parameter("column_number", "integer", "First column; 1 where it is not given", minimum=1, maximum=20),
    *_FLAGS,
    *_CLIENT,
)


def asked_by(found: Given, today: date) -> Asked:
    """Of a search over dates. Raises InvalidParams."""
    given = found.values
    first, last = given["from"], given["to"]
    require_dates(first, last, today)
    types = given.get("appointment_type_ids") or (given["appointment_type_id"],)
    lists = {name: given.get(name) for name in ("business_ids", "practitioner_ids", "profession_ids", "resource_ids")}
    return Asked(first, last, tuple(types), flags_of(found), *client_of(found), **lists)


def require_dates(first: date, last: date, today: date) -> None:
    """Raises InvalidParams."""
    if first < today:
        raise InvalidParams(f"from must not be before today, {today} on the clinic's clock.")
    require_range(first, last)


def require_range(first: date, last: date) -> None:
    """Raises InvalidParams."""
    if last < first:
        raise InvalidParams("to must not be before from.")
    if (last - first).days > SEARCH_MAX_DAYS:
        raise InvalidParams(f"to must be at most {SEARCH_MAX_DAYS} days after from.")
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        raise InvalidParams(f"from and to must be dates of the years {FIRST_YEAR} to {LAST_YEAR}.")


def week_of(found: Given, today: date) -> tuple[date, date]:
    """from and to, where both may be left out: a week from today, or from the date that is given."""
    first: date = found.values.get("from", today)
    seventh = date.fromordinal(min(first.toordinal() + 6, date.max.toordinal()))
    return first, found.values.get("to", seventh)


def flags_of(found: Given) -> Flags:
    """All that are true; none true means manual booking."""
    asked = Flags.NONE
    for name, flag in _FLAG_OF.items():
        if found.values.get(name):
            asked |= flag
    return asked or Flags.MANUAL


def client_of(found: Given) -> tuple[int | None, int | None]:
    """Patient and account. Raises InvalidParams."""
    client_id, account_id = found.values.get("client_id"), found.values.get("account_id")
    if account_id is not None and client_id is None:
        raise InvalidParams("account_id needs client_id.")
    return client_id, account_id
