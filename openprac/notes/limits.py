"""What a text may cost. Only the first bound is the contract's; the others keep any body of a request cheap.

They lie where no result within the first bound needs more, the markup of word processors included that does not stay.
"""

MEMO_MAX_CHARACTERS = 150_000  # published; after processing, images count as the base64 they are
INPUT_MAX_CHARACTERS = 1_000_000
TAGS_MAX = 40_000  # every `<` counts, before and after, and an open element counts twice
REFERENCES_MAX = 150_000  # every `&` counts
DIFFERENT_REFERENCES_MAX = 20_000
ATTRIBUTES_MAX_CHARACTERS = 200_000  # different lists of attributes, image data aside
STYLE_MAX_CHARACTERS = 4_000  # one `style`; a longer one goes as a whole
DEPTH_MAX = 100  # levels; a table's own parts may add three. Deeper tags go, their text stays


class TooLong(ValueError):
    """The text is over its limit after processing, or too long or too intricate to be processed at all."""
