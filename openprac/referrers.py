"""Who sends patients: referrers, the organisations they work for, and their professions (the API's referrer types)."""

from typing import Annotated

from openprac.fields import Phone, Text
from openprac.kernel.collection import (
    STAMPS,
    Collection,
    Filter,
    Listing,
    Reading,
    Scope,
    plain,
)
from openprac.kernel.row import EXTENSION, Column, Flag, Row
from openprac.people import dialled

Email = Annotated[str | None, Column(write=EXTENSION, max_length=100, format="email")]
Notes = Annotated[str | None, Column(write=EXTENSION)]

# Both lists filter by `active`, though the referrer's own member is archive (the reference's note on the list).
IS_ACTIVE = Filter(format="boolean", expression="(t.archived_at IS NULL)")


class OrganisationRow(Row):
    tenant_id: Annotated[int, Column()]
    organisation_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=255, meaning="Name")]
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    phone: Phone
    fax: Phone
    email: Email
    notes: Notes
    contact: Annotated[str | None, Column(write=EXTENSION, max_length=255, meaning="Whom to ask for")]
    active: Annotated[bool, Flag(inverted=True)]
    website: Annotated[str | None, Column(write=EXTENSION, max_length=255, format="uri")]


ORGANISATION = Collection(
    name="organisation",
    tag="Organisation",
    noun="Organisation",
    row=OrganisationRow,
    table="organisation",
    id="organisation_id",
    key="organisations",
    links={"self": "/organisation/{organisation_id}"},
    filters={**dict([plain("description", "string")]), "active": IS_ACTIVE},
    listings=(
        Listing(
            id="listOrganisations-Get",
            path="/organisation",
            summary="List Organisations",
            filters=("description", "active"),
            sorts=("organisation_id", "description"),
        ),
    ),
    reading=Reading(
        id="getOrganisation-Get", path="/organisation/{organisation_id}", summary="Get Organisation", meta=True
    ),
    plain_writes=True,
    removal="Delete",
)


class ReferrerRow(Row):
    tenant_id: Annotated[int, Column()]
    referrer_id: Annotated[int, Column()]
    title: Annotated[str | None, Column(write=EXTENSION, max_length=20)]
    first_name: Annotated[str | None, Column(write=EXTENSION, max_length=40)]
    surname: Annotated[str, Column(write=EXTENSION, required=True, max_length=40)]
    mobile: Phone
    archive: Annotated[bool, Flag()]
    referrer_type_id: Annotated[int | None, Column(write=EXTENSION)]
    email: Email
    phone: Phone
    fax: Phone
    notes: Notes
    organisation_id: Annotated[int | None, Column(write=EXTENSION)]
    provider_no: Annotated[str | None, Column(write=EXTENSION, max_length=20, meaning="Medicare provider number")]
    description: Text
    address_1: Text
    address_2: Text
    address_3: Text
    address_4: Text
    suburb: Text
    address_state: Text
    postcode: Text
    country: Text
    contact: Text


REFERRER_FILTERS = ("first_name", "surname", "email", "phone", "active", "updated", "created")
REFERRER_SORTS = ("referrer_id", "first_name", "surname", "created")

REFERRER = Collection(
    name="referrer",
    tag="Referrer",
    noun="Referrer",
    row=ReferrerRow,
    table="referrer",
    id="referrer_id",
    key="referrers",
    links={"self": "/referrer/{referrer_id}"},
    filters={
        **dict(plain(name, "string") for name in ("first_name", "surname", "email")),
        "phone": Filter(format="string", columns=("phone_key", "mobile_key"), fold=dialled),
        "active": IS_ACTIVE,
        "updated": STAMPS["updated"],
        "created": STAMPS["created"],
    },
    listings=(
        Listing(
            id="listReferrers-Get",
            path="/referrer",
            summary="List Referrers",
            filters=REFERRER_FILTERS,
            sorts=REFERRER_SORTS,
            description="active is not archive. The filter phone looks at phone and mobile, as that of patients does.",
        ),
        Listing(
            id="listReferrersByOrganisation-Get",
            path="/organisation/{organisation_id}/referrer",
            summary="List Referrers by Organisation",
            scope=Scope(param="organisation_id", parent=("organisation", "organisation_id")),
            filters=REFERRER_FILTERS,
            sorts=REFERRER_SORTS,
        ),
    ),
    reading=Reading(id="getReferrer-Get", path="/referrer/{referrer_id}", summary="Get Referrer", meta=True),
    plain_writes=True,
    removal="Delete",
)


class ReferrerTypeRow(Row):
    tenant_id: Annotated[int, Column()]
    referrer_type_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    archived: Annotated[bool, Flag()]


REFERRER_TYPE = Collection(
    name="referrer_type",
    tag="Referrer Type",
    noun="Referrer Type",
    row=ReferrerTypeRow,
    table="referrer_type",
    id="referrer_type_id",
    key="referrer_types",
    links={"self": "/referrer_type/{referrer_type_id}"},
    listings=(
        Listing(
            id="listReferrerTypes-Get",
            path="/referrer_type",
            summary="List Referrer Types",
            sorts=("referrer_type_id", "description"),
        ),
    ),
    reading=Reading(id="getReferrerType-Get", path="/referrer_type/{referrer_type_id}", summary="Get Referrer Type"),
    plain_writes=True,
    removal="Delete",
)

COLLECTIONS = (ORGANISATION, REFERRER, REFERRER_TYPE)
