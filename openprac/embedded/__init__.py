"""The bundled servers: a PostgreSQL and an S3 store that start with the product and stop with it.

`postgres.py` and `seaweed.py` each start one server below a data directory, `process.py` holds what both share,
`guard.py` is the small program between us and a server: it ties the child's life to ours.
"""


class EmbeddedError(Exception):
    """A bundled server cannot run; the message is one sentence for the operator: what failed and what to do."""
