"""Words of names: folded, cut into tokens, and how far apart two of them are."""

import re
import unicodedata
from functools import lru_cache

SHORT_WORD_CHARACTERS = range(2, 8)
"""Words this long are also kept less one letter: one slip leaves them too few trigrams in common."""

CACHED = 32_768
"""Names and pairs of a word and a name remembered: a search meets the same ones again and again."""
LIKENESS_MIN = 0.6
SHORT_FORM = 0.75
"""Alex is this much like Alexander."""
SHORT_FORM_MIN_CHARACTERS = 3

_DROPPED = re.compile("[\u0300-\u036f'`\u2018\u2019\u02bc]")
_LETTERS = str.maketrans({**dict(zip("ØøŁłĐđðı", "oolldddi", strict=True)), "ß": "ss", "æ": "ae", "œ": "oe"})
_BETWEEN = re.compile(r"[ \t\n\r\u00a0!-/:-@\[-`{-~]+")


@lru_cache(maxsize=CACHED)
def words_of(text: str) -> tuple[str, ...]:
    """The words without case, accents and apostrophes, each once (SQL: patient_name_words)."""
    bare = _DROPPED.sub("", unicodedata.normalize("NFD", text)).lower().translate(_LETTERS)
    return tuple(dict.fromkeys(word for word in _BETWEEN.split(bare) if word))


def tokens_of(word: str) -> list[str]:
    """What a stored name that is near the word has in common with it (SQL: patient_name_tokens)."""
    padded = f" {word} "
    found = [padded[place : place + 3] for place in range(len(word))]
    if len(word) in SHORT_WORD_CHARACTERS:
        found.append(f"-{word}")
        found += [f"-{word[:place]}{word[place + 1 :]}" for place in range(len(word))]
    return list(dict.fromkeys(found))


@lru_cache(maxsize=CACHED)
def likeness(asked: str, stored: str) -> float:
    """1 for the same word, less by a part of the longer one's length for each slip, 0 when they are strangers."""
    if asked == stored:
        return 1.0
    longer = max(len(asked), len(stored))
    if len(asked) >= SHORT_FORM_MIN_CHARACTERS and stored.startswith(asked):
        return max(len(asked) / longer, SHORT_FORM)
    if abs(len(asked) - len(stored)) > longer * (1 - LIKENESS_MIN):
        return 0.0
    near = 1 - slips(asked, stored) / longer
    return near if near >= LIKENESS_MIN else 0.0


@lru_cache(maxsize=CACHED)
def nearest(asked: str, name: str) -> float:
    """How like the word of the name is that is most like it."""
    return max((likeness(asked, word) for word in words_of(name)), default=0.0)


def slips(one: str, other: str) -> int:
    """Letters wrong, missing, too many or swapped with the next: the distance of optimal string alignment.

    Hyyrö's bit-parallel form (2003): one integer holds a column of the table, so a letter costs a few operations.
    """
    if not one:
        return len(other)
    places: dict[str, int] = {}
    for place, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << place
    everything, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, same, before, distance = everything, 0, 0, 0, len(one)
    for letter in other:
        here = places.get(letter, 0)
        swapped = (((~same & here) << 1) & before) & everything
        same = ((((here & up) + up) ^ up) | here | down | swapped) & everything
        right_up = (down | ~(same | up)) & everything
        right_down = same & up
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = ((right_up << 1) | 1) & everything
        up = ((right_down << 1) | ~(same | right_up)) & everything
        down = same & right_up
        before = here
    return distance
