"""HTML as a field of a body: what a declaration says with Column(clean=...)."""

from collections.abc import Callable

from openprac.kernel.body import TEXT_MAX_CHARACTERS
from openprac.notes.sanitize import TooLong, sanitize_fragment, sanitize_memo


def html(text: str) -> str:
    """A field of the patient's file. Raises ValueError with the end of the sentence."""
    return _cleaned(lambda: sanitize_fragment(text, TEXT_MAX_CHARACTERS))


def memo(text: str) -> str:
    """The memo of a clinical note. Raises ValueError with the end of the sentence."""
    return _cleaned(lambda: sanitize_memo(text))


def _cleaned(clean: Callable[[], str]) -> str:
    try:
        return clean()
    except TooLong as error:
        raise ValueError(f"is too long. {error}") from None
