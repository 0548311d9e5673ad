"""Kinds of field that many resources have: written by extensions, with one limit each."""

from typing import Annotated

from openprac.kernel.row import EXTENSION, Column

Text = Annotated[str | None, Column(write=EXTENSION, max_length=255)]
Phone = Annotated[str | None, Column(write=EXTENSION, max_length=20)]
