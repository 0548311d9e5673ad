"""Patient attachments and their folders: two collections and the three operations that sign addresses."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import msgspec

from openprac.attachments.file_types import FileType
from openprac.attachments.uploads import DOWNLOAD_LIFE_SECONDS
from openprac.errors import Conflict, InvalidBody, NotFound, Problem, UnsupportedMediaType
from openprac.kernel import body
from openprac.kernel.action import Endpoint
from openprac.kernel.call import Answer, Call
from openprac.kernel.collection import Collection, Creation, Edition, Filter, Listing, Reading, Scope
from openprac.kernel.handlers import require_parent
from openprac.kernel.query import ignored_of
from openprac.kernel.row import EXTENSION, PUBLISHED, Column, Row, fields_of
from openprac.people import OF_PATIENT

TAG = "Patient Attachment"
READ, WRITE = "patient_attachment:read", "patient_attachment:write"


class PatientAttachmentRow(Row):
    tenant_id: Annotated[int, Column()]
    attachment_client_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    user_id: Annotated[int, Column()]
    file_date: Annotated[date, Column(write=EXTENSION)]
    description: Annotated[str, Column(write=EXTENSION, max_length=255)]
    file_type: Annotated[str, Column(meaning="Extension of the type told from the content, for example pdf")]
    file_size: Annotated[int, Column(meaning="Bytes")]
    attachment_client_folder_id: Annotated[int | None, Column(write=EXTENSION, shown=False)]


class PatientAttachmentFolderRow(Row):
    tenant_id: Annotated[int, Column()]
    attachment_client_folder_id: Annotated[int, Column()]
    client_id: Annotated[int, Column()]
    description: Annotated[str, Column(write=PUBLISHED, required=True, max_length=255)]


class UploadRow(Row):
    """The body that asks for an upload form."""

    file_name: Annotated[str, Column(write=PUBLISHED, required=True, max_length=255, meaning="With extension")]
    file_date: Annotated[date | None, Column(write=PUBLISHED, meaning="Today in the clinic's zone when left out")]
    attachment_client_folder_id: Annotated[int | None, Column(write=PUBLISHED)]


async def settle_patient(call: Call) -> None:
    """What has arrived in the store becomes visible to whoever looks."""
    client_id = call.id_of("client_id") if "client_id" in call.path_values else None
    await call.services.uploads.settle_for_read(call.connection, call.caller.tenant_id, client_id)


ATTACHMENT = Collection(
    name="patient_attachment",
    tag=TAG,
    noun="Patient Attachment",
    row=PatientAttachmentRow,
    table="patient_attachment",
    id="attachment_client_id",
    id_param="patient_attachment_id",
    client="client_id",
    key="attachment_clients",
    personal=True,
    links={
        "self": "/patient_attachment/{attachment_client_id}",
        "content": "/patient_attachment/{attachment_client_id}/content",
        "presign_url": "/patient_attachment/{attachment_client_id}/presign_url",
    },
    filters={"file_date": Filter(format="date", columns=("file_date",))},
    listings=(
        Listing(
            id="listPatientAttachments-Get",
            path="/patient_attachment",
            summary="List Patient Attachments",
            filters=("file_date",),
            sorts=("attachment_client_id",),
            before=settle_patient,
        ),
        Listing(
            id="listPatientAttachmentsByPatient-Get",
            path="/patient/{client_id}/patient_attachment",
            summary="List Patient Attachments By Patient",
            scope=OF_PATIENT,
            filters=("file_date",),
            sorts=("attachment_client_id",),
            before=settle_patient,
        ),
        Listing(
            id="listPatientAttachmentsByFolder-Get",
            path="/patient_attachment_folder/{patient_attachment_folder_id}/patient_attachment",
            summary="List Patient Attachments By Folder",
            scope=Scope(
                param="patient_attachment_folder_id",
                column="attachment_client_folder_id",
                parent=("patient_attachment_folder", "attachment_client_folder_id"),
            ),
            filters=("file_date",),
            sorts=("attachment_client_id",),
            before=settle_patient,
        ),
    ),
    reading=Reading(
        id="getPatientAttachment-Get",
        path="/patient_attachment/{patient_attachment_id}",
        summary="Get Patient Attachment",
        meta=True,
    ),
    editions=(
        Edition(
            id="editPatientAttachment-Patch",
            path="/x/patient_attachment/{patient_attachment_id}",
            summary="Edit Patient Attachment",
            extension=True,
            meta=True,
        ),
    ),
)

FOLDER = Collection(
    name="patient_attachment_folder",
    tag=TAG,
    noun="Patient Attachment Folder",
    row=PatientAttachmentFolderRow,
    table="patient_attachment_folder",
    id="attachment_client_folder_id",
    id_param="patient_attachment_folder_id",
    client="client_id",
    key="attachment_client_folders",
    personal=True,
    links={
        "self": "/patient_attachment_folder/{attachment_client_folder_id}",
        "patient_attachments": "/patient_attachment_folder/{attachment_client_folder_id}/patient_attachment",
    },
    listings=(
        Listing(
            id="listPatientAttachmentFoldersByPatient-Get",
            path="/patient/{client_id}/patient_attachment_folder",
            summary="List Patient Attachment Folders By Patient",
            scope=OF_PATIENT,
            sorts=("attachment_client_folder_id",),
        ),
    ),
    creations=(
        Creation(
            id="createPatientAttachmentFolder-Post",
            path="/patient/{client_id}/patient_attachment_folder",
            summary="Create Patient Attachment Folder",
            scope=OF_PATIENT,
            meta=True,
        ),
    ),
    reading=Reading(
        id="getPatientAttachmentFolder-Get",
        path="/patient_attachment_folder/{patient_attachment_folder_id}",
        summary="Get Patient Attachment Folder",
        meta=True,
    ),
    editions=(
        Edition(
            id="editPatientAttachmentFolder-Patch",
            path="/x/patient_attachment_folder/{patient_attachment_folder_id}",
            summary="Edit Patient Attachment Folder",
            extension=True,
            meta=True,
        ),
    ),
)

FILE_SENT_HERE = (
    'The file itself goes to the store: ask here with {"file_name": "..."}, then post the file as multipart/form-data, '
    "with the fields of the answer, to the url of the answer."
)

FILE_SQL = (
    "SELECT client_id, object_key, file_name, content_type, file_type FROM patient_attachment "
    "WHERE tenant_id = $1 AND attachment_client_id = $2"
)


async def ask_for_upload(call: Call) -> Answer:
    """A presigned form for one file of 1 byte to 100 MB (100,000,000 bytes)."""
    ignored = ignored_of(call.query_string)
    client_id = call.id_of("client_id")
    await require_parent(call, OF_PATIENT)
    if call.header(b"content-type").lower().startswith("multipart/"):
        raise UnsupportedMediaType(FILE_SENT_HERE)
    fields = fields_of(UploadRow)
    checked = body.check(
        fields,
        [one.name for one in fields],
        body.decode(call.body, call.header(b"content-type")),
        required=True,
        strict=call.services.strict_bodies,
    )
    given = checked.given
    try:
        upload_id, form = await call.services.uploads.add(
            call.connection,
            call.authorship,
            client_id,
            given["file_name"],
            given.get("file_date") or call.today,
            given.get("attachment_client_folder_id"),
        )
    except ValueError as error:
        raise InvalidBody([Problem("file_name", str(error))]) from error
    content = msgspec.json.encode({"url": form.url, "fields": form.fields})
    answer = Answer(201, content, [("cache-control", "no-store")], resource_id=upload_id)
    return answer.ignoring(ignored + checked.unknown)


async def sign_upload_again(call: Call, upload_id: int) -> Answer:
    """A retry of the same request: the same upload, a fresh signature."""
    form = await call.services.uploads.again(call.connection, call.caller.tenant_id, upload_id)
    if form is None:
        raise Conflict(
            "UPLOAD_SETTLED", "The file of this upload has arrived, or its form has lapsed: ask for a new one."
        )
    return Answer(201, msgspec.json.encode({"url": form.url, "fields": form.fields}), [("cache-control", "no-store")])


async def redirect_to_content(call: Call) -> Answer:
    url, _ = await _download(call)
    return Answer(307, b"", [("location", url), ("cache-control", "no-store")]).ignoring(ignored_of(call.query_string))


async def presign_url(call: Call) -> Answer:
    """The same address in a body. expires is an instant (UTC), five minutes ahead."""
    url, file_name = await _download(call)
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=DOWNLOAD_LIFE_SECONDS)
    content = msgspec.json.encode({"url": url, "expires": expires, "file_name": file_name})
    return Answer(200, content, [("cache-control", "no-store")]).ignoring(ignored_of(call.query_string))


async def _download(call: Call) -> tuple[str, str]:
    attachment_id = call.id_of("patient_attachment_id")
    row = await call.connection.fetchrow(FILE_SQL, call.caller.tenant_id, attachment_id)
    if row is None:
        raise NotFound("patient_attachment_id", attachment_id)
    call.note_read("patient_attachment", attachment_id, row["client_id"])
    url = call.services.uploads.store.presign_download(
        row["object_key"],
        file_name=row["file_name"],
        content_type=FileType(row["content_type"], row["file_type"]).download_type,
        expires_seconds=DOWNLOAD_LIFE_SECONDS,
    )
    return url, row["file_name"]


ACTIONS = (
    Endpoint(
        id="getPatientAttachmentUploadUrl-Post",
        method="POST",
        path="/patient/{client_id}/patient_attachment",
        tag=TAG,
        summary="Get a presigned POST URL for uploading a patient attachment",
        description="Send the form's fields unchanged as multipart/form-data, the file last, to its url. The file is "
        "listed as soon as anyone looks.",
        permission=WRITE,
        handler=ask_for_upload,
        transaction=True,
        replay=sign_upload_again,
        body=UploadRow,
        success=201,
        answer={
            "title": "PatientAttachmentUpload",
            "type": "object",
            "required": ["url", "fields"],
            "properties": {
                "url": {"type": "string"},
                "fields": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"}
                        for name in (
                            "key",
                            "Policy",
                            "x-amz-credential",
                            "x-amz-algorithm",
                            "x-amz-date",
                            "x-amz-signature",
                            "x-amz-security-token",
                        )
                    },
                },
            },
        },
    ),
    Endpoint(
        id="getPatientAttachmentContent",
        method="GET",
        path="/patient_attachment/{patient_attachment_id}/content",
        tag=TAG,
        summary="Download Patient Attachment",
        permission=READ,
        handler=redirect_to_content,
        success=307,
        answer_headers=(("Location", "Presigned address of the file, good for five minutes"),),
    ),
    Endpoint(
        id="getPatientAttachmentPresignUrl",
        method="GET",
        path="/patient_attachment/{patient_attachment_id}/presign_url",
        tag=TAG,
        summary="Get a presigned URL to download a patient attachment",
        permission=READ,
        handler=presign_url,
        answer={
            "title": "PatientAttachmentPresignedUrl",
            "type": "object",
            "required": ["url", "expires", "file_name"],
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "expires": {"type": "string", "format": "date-time"},
                "file_name": {"type": "string"},
            },
        },
        answer_headers=(("Cache-Control", "no-store: such addresses are sensitive"),),
    ),
)

COLLECTIONS = (ATTACHMENT, FOLDER)
