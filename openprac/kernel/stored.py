"""How the value of a field goes into its column."""

from openprac.kernel.row import Field, Flag


def stored(one: Field, placeholder: str) -> str:
    """SQL of the value. An archive flag becomes an instant, kept when it already was one."""
    if isinstance(one.marker, Flag):
        wanted = f"NOT {placeholder}::boolean" if one.marker.inverted else f"{placeholder}::boolean"
        return f"CASE WHEN {wanted} THEN clock_timestamp() END"
    return placeholder
