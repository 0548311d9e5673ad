"""The short lists of a clinic that other resources point to: declarations only."""

from typing import Annotated

from openprac.kernel.collection import Collection, Creation, Edition, Listing
from openprac.kernel.row import EXTENSION, Column, Flag, Row

DESCRIPTION_MAX_CHARACTERS = 100


class SexRow(Row):
    tenant_id: Annotated[int, Column()]
    sex_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]


SEX = Collection(
    name="sex",
    tag="Sex",
    noun="Sex",
    row=SexRow,
    table="sex",
    id="sex_id",
    key="sexes",
    listings=(Listing(id="listSex-Get", path="/sex", summary="List Sexes", sorts=("sex_id", "description")),),
    creations=(Creation(id="createSex-Post", path="/x/sex", summary="Create Sex", extension=True),),
    editions=(Edition(id="editSex-Patch", path="/x/sex/{sex_id}", summary="Edit Sex", extension=True),),
)


class PronounRow(Row):
    tenant_id: Annotated[int, Column()]
    pronoun_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    nominative: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="she")]
    objective: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="her")]
    possessive: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="hers")]
    possessive_determiner: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="her")]
    reflexive: Annotated[str | None, Column(write=EXTENSION, max_length=40, meaning="herself")]


PRONOUN = Collection(
    name="pronoun",
    tag="Pronoun",
    noun="Pronoun",
    row=PronounRow,
    table="pronoun",
    id="pronoun_id",
    key="pronouns",
    listings=(
        Listing(id="listPronouns-Get", path="/pronoun", summary="List Pronouns", sorts=("pronoun_id", "description")),
    ),
    creations=(Creation(id="createPronoun-Post", path="/x/pronoun", summary="Create Pronoun", extension=True),),
    editions=(Edition(id="editPronoun-Patch", path="/x/pronoun/{pronoun_id}", summary="Edit Pronoun", extension=True),),
)


class FeeCategoryRow(Row):
    tenant_id: Annotated[int, Column()]
    fee_cat_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=EXTENSION, required=True, max_length=DESCRIPTION_MAX_CHARACTERS)]
    active: Annotated[bool, Flag(inverted=True)]


FEE_CATEGORY = Collection(
    name="fee_category",
    tag="Fee Category",
    noun="Fee Category",
    row=FeeCategoryRow,
    table="fee_category",
    id="fee_cat_id",
    key="fee_categories",
    listings=(
        Listing(
            id="listFeeCategories-Get",
            path="/fee_category",
            summary="List Fee Categories",
            sorts=("fee_cat_id", "description"),
        ),
    ),
    creations=(
        Creation(id="createFeeCategory-Post", path="/x/fee_category", summary="Create Fee Category", extension=True),
    ),
    editions=(
        Edition(
            id="editFeeCategory-Patch",
            path="/x/fee_category/{fee_cat_id}",
            summary="Edit Fee Category",
            extension=True,
        ),
    ),
)

COLLECTIONS = (SEX, PRONOUN, FEE_CATEGORY)
