"""Keeping: backups of an instance, one clinic taken out and brought in, and the doctor who looks whether all is well.

catalog     what the database holds, read from its own catalogue: new tables come along without a line here
places      a folder or an S3 bucket that things are kept in, as parts with checksums (parts, manifest)
backup, restore, verify    an instance: database and files, consistent with each other
clinic_out, clinic_in, sheets    one clinic as NDJSON with its files; one list as CSV
doctor      orphans, schema, rights, clock, room
"""


class KeepError(Exception):
    """What cannot be kept, brought back or trusted; the text is one sentence that says why and what to do."""
