"""Labels a clinic makes for its files and notes, in coloured categories."""

from typing import Annotated

from openprac.kernel.collection import Collection, Filter, Listing, Reading, Scope, plain
from openprac.kernel.row import EXTENSION, Column, Flag, Row


class TagRow(Row):
    tenant_id: Annotated[int, Column()]
    tag_id: Annotated[int, Column()]
    tag_category_id: Annotated[int | None, Column(write=EXTENSION)]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    archived: Annotated[bool, Flag()]


TAG = Collection(
    name="tag",
    tag="Tag",
    noun="Tag",
    row=TagRow,
    table="tag",
    id="tag_id",
    key="tags",
    links={"self": "/tag/{tag_id}"},
    filters={
        **dict([plain("description", "string")]),
        "tag_category_id": Filter(format="integer", columns=("tag_category_id",)),
    },
    listings=(
        Listing(
            id="listTags-Get",
            path="/tag",
            summary="List Tags",
            filters=("description", "tag_category_id"),
            sorts=("tag_id", "description"),
        ),
        Listing(
            id="listTagsByTagCategory-Get",
            path="/tag_category/{tag_category_id}/tag",
            summary="List Tags By Tag Category",
            scope=Scope(param="tag_category_id", parent=("tag_category", "tag_category_id")),
            filters=("description",),
            sorts=("tag_id", "description"),
        ),
    ),
    reading=Reading(id="getTag-Get", path="/tag/{tag_id}", summary="Get Tag"),
    plain_writes=True,
    removal="Delete",
)


class TagCategoryRow(Row):
    tenant_id: Annotated[int, Column()]
    tag_category_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=100)]
    colour: Annotated[str | None, Column(write=EXTENSION, format="colour", meaning="#RRGGBB")]
    archived: Annotated[bool, Flag()]


TAG_CATEGORY = Collection(
    name="tag_category",
    tag="Tag Category",
    noun="Tag Category",
    row=TagCategoryRow,
    table="tag_category",
    id="tag_category_id",
    key="tag_categories",
    links={"self": "/tag_category/{tag_category_id}"},
    listings=(
        Listing(
            id="listTagCategories-Get",
            path="/tag_category",
            summary="List Tag Categories",
            sorts=("tag_category_id", "description"),
        ),
    ),
    reading=Reading(id="getTagCategory-Get", path="/tag_category/{tag_category_id}", summary="Get Tag Category"),
    plain_writes=True,
    removal="Delete",
)

COLLECTIONS = (TAG, TAG_CATEGORY)
