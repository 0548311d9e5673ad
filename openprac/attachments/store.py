"""The file store: any S3 API, signed by botocore's signers and spoken to over httpx.

Clients move the bytes themselves: they get a presigned form to upload and a presigned URL to download. Our own calls
are few and small (head, copy, delete ...). No botocore client is made: the signers alone need no service model, cost
about 8 MB of memory together with httpx, and are imported with the first use, so a process without files pays nothing.
"""

import asyncio
import functools
import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote_plus, urlsplit
from xml.etree import ElementTree

from openprac.attachments.file_names import content_disposition

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 2.0
CALL_SECONDS = 10.0
TRANSFER_SECONDS = 60.0
EXPIRY_MAX_SECONDS = 7 * 24 * 3600  # S3's own limit of a presigned URL
KEY_MAX_BYTES = 1024  # S3's own limit
LIST_PAGE_KEYS = 1000  # S3's own limit
ERROR_BODY_MAX_BYTES = 64 * 1024
ATTEMPTS = 2


class StoreError(Exception):
    """Whatever the file store does not do. The text names neither a key nor a secret, so it may be logged."""


class StoreUnavailable(StoreError):
    """Not reached, not in time, a 5xx, or our credentials or bucket are refused: try later, the object may be fine."""


class ObjectMissing(StoreError):
    """There is no object under this key."""


class ObjectChanged(StoreError):
    """The object is no longer the one whose ETag was given."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the store is. `endpoint` is for our own calls, `public_endpoint` for the clients' (none: the same)."""

    endpoint: str
    public_endpoint: str | None
    region: str
    bucket: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What the store knows of an object. `size` is in bytes; `etag` is as the server wrote it, quotes included."""

    size: int
    etag: str
    content_type: str | None
    last_modified: datetime


class Listed(NamedTuple):
    """An object as a list shows it. `size` is in bytes; `etag` is as the server wrote it, quotes included."""

    key: str
    size: int
    etag: str
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form to be posted to `url` as multipart/form-data: `fields` as they are, then `file`, last."""

    url: str
    fields: dict[str, str]


class _Credentials(NamedTuple):
    """What a signer of botocore reads; the class of its own would load the whole credential chain."""

    access_key: str
    secret_key: str
    token: str | None


class _Answer(NamedTuple):
    status: int
    headers: "httpx.Headers"
    body: bytes


class Store:
    """One bucket. Every method that asks the store may raise `StoreUnavailable`; keys out of bounds are ValueError.

    `call_seconds` bounds a small call as a whole, `transfer_seconds` one that may move a file: copy, put, whole reads.
    `pauses_seconds`: after each of them what the store did not serve is asked again. For commands: requests don't wait.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        call_seconds: float = CALL_SECONDS,
        transfer_seconds: float = TRANSFER_SECONDS,
        pauses_seconds: Sequence[float] = (),
    ) -> None:
        self._settings = settings
        self._url = _bucket_url(settings.endpoint, settings.bucket)
        self._public_url = _bucket_url(settings.public_endpoint or settings.endpoint, settings.bucket)
        self._credentials = _Credentials(
            settings.access_key_id, settings.secret_access_key, settings.session_token or None
        )
        self._call_seconds = call_seconds
        self._transfer_seconds = transfer_seconds
        self._pauses_seconds = pauses_seconds
        self._client: httpx.AsyncClient | None = None

    def presign_upload(self, key: str, *, max_bytes: int, expires_seconds: int) -> UploadForm:
        """A form that uploads one file of 1 to `max_bytes` bytes under exactly `key`, and nothing else.

        The policy names every field of the form, so S3 refuses a changed one as well as one more.
        """
        _quoted(key)
        if "$" in key:
            raise ValueError("A key in an upload form holds no $: S3 would read ${filename} in it.")
        if max_bytes < 1:
            raise ValueError("An upload form allows at least 1 byte.")
        expires = datetime.now(UTC) + timedelta(seconds=_expiry(expires_seconds))
        conditions = [{"bucket": self._settings.bucket}, {"key": key}, ["content-length-range", 1, max_bytes]]
        # The bucket's own host takes its form at /, as the published example shows.
        url = self._public_url if urlsplit(self._public_url).path else f"{self._public_url}/"
        request = _signers().AWSRequest(method="POST", url=url)
        request.context["s3-presign-post-fields"] = {"key": key}
        request.context["s3-presign-post-policy"] = {
            "expiration": expires.strftime("%Y-%m-%dT%H:%M:%S.") + f"{expires.microsecond // 1000:03}Z",
            "conditions": conditions,
        }
        self._sign("S3SigV4PostAuth", request)
        fields = request.context["s3-presign-post-fields"]
        # S3 reads field names in any case; the published form spells this one with a capital.
        return UploadForm(url, {("Policy" if name == "policy" else name): fields[name] for name in fields})

    def presign_download(self, key: str, *, file_name: str, content_type: str, expires_seconds: int) -> str:
        """A URL that downloads the object, as an attachment called `file_name`, and that no cache keeps."""
        params = {
            "response-cache-control": "no-store",
            "response-content-disposition": content_disposition(file_name),
            "response-content-type": _header_value(content_type),
        }
        request = _signers().AWSRequest(method="GET", url=f"{self._public_url}/{_quoted(key)}", params=params)
        self._sign("S3SigV4QueryAuth", request, expires=_expiry(expires_seconds))
        return str(request.url)

    async def head(self, key: str) -> ObjectHead | None:
        """The object's size, ETag, type and age, or None where there is none."""
        try:
            answer = await self._call("HEAD", key)
        except ObjectMissing:
            return None
        try:
            size = int(answer.headers["content-length"])
            etag = answer.headers["etag"]
            modified = parsedate_to_datetime(answer.headers["last-modified"])
        except (KeyError, ValueError):
            raise StoreError("The file store described an object without its size, ETag or date.") from None
        return ObjectHead(size, etag, answer.headers.get("content-type"), modified.astimezone(UTC))

    async def read(self, key: str, *, first_bytes: int | None = None) -> bytes:
        """The whole object in memory, or at most its `first_bytes` (1 or more). Raises ObjectMissing."""
        if first_bytes is None:
            return (await self._call("GET", key, seconds=self._transfer_seconds)).body
        if first_bytes < 1:
            raise ValueError("Read at least 1 byte.")
        headers = {"range": f"bytes=0-{first_bytes - 1}"}
        return (await self._call("GET", key, headers=headers, keep_bytes=first_bytes)).body

    async def copy(self, source: str, target: str, *, etag: str, content_type: str) -> None:
        """Copy inside the bucket on the server's side, if `source` still has that ETag.

        The target has `content_type` and no other metadata of the source. Raises ObjectMissing, ObjectChanged.
        S3 copies up to 5 GB in one call.
        """
        headers = {
            "content-type": _header_value(content_type),
            "x-amz-copy-source": f"/{self._settings.bucket}/{_quoted(source)}",
            "x-amz-copy-source-if-match": _header_value(etag),
            "x-amz-metadata-directive": "REPLACE",
        }
        answer = await self._call("PUT", target, headers=headers, seconds=self._transfer_seconds)
        # A copy that fails half way is still a 200: the headers were out before the work was done.
        if code := _error_code(answer.body):
            raise StoreUnavailable(f"The file store gave up copying an object ({code}).")

    async def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Write `body` under `key`, over whatever is there."""
        headers = {"content-type": _header_value(content_type)}
        await self._call("PUT", key, headers=headers, body=body, seconds=self._transfer_seconds)

    async def delete(self, key: str) -> None:
        """Remove the object; that there is none is no error."""
        try:
            await self._call("DELETE", key)
        except ObjectMissing:
            return

    async def list_objects(self, prefix: str, *, page_keys: int = LIST_PAGE_KEYS) -> AsyncIterator[Listed]:
        """Every object whose key starts with `prefix`, in the order of the keys' bytes, `page_keys` at a time."""
        query = {"encoding-type": "url", "list-type": "2", "max-keys": str(page_keys), "prefix": prefix}
        while True:
            objects, token = _listed((await self._call("GET", query=query)).body)
            for one in objects:
                yield one
            if token is None:
                return
            query["continuation-token"] = token

    async def ensure_bucket(self) -> None:
        """Make the bucket unless it is there. Raises StoreUnavailable if it cannot be made or is another's."""
        try:
            await self._call("HEAD")
        except ObjectMissing:
            region = self._settings.region
            # us-east-1 is the one region that S3 wants to be asked for by silence.
            body = b"" if region == "us-east-1" else _BUCKET_BODY.format(region=quote(region)).encode()
            try:
                await self._call("PUT", body=body)
            except StoreUnavailable:
                raise
            except StoreError as error:
                try:
                    await self._call("HEAD")  # somebody was faster: fine if it is there now, and ours
                except ObjectMissing:
                    raise StoreUnavailable(f"The bucket cannot be made: {error}") from None

    async def check(self) -> None:
        """One small signed question. Raises StoreUnavailable. Loads what signing needs without blocking the loop."""
        await asyncio.to_thread(_signers)
        try:
            await self._call("HEAD")
        except ObjectMissing:
            raise StoreUnavailable("The file store has no such bucket.") from None

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _sign(self, signer: str, request: Any, **options: Any) -> None:
        auth = getattr(_signers().auth, signer)
        auth(self._credentials, "s3", self._settings.region, **options).add_auth(request)

    async def _call(self, method: str, key: str | None = None, **options: Any) -> _Answer:
        """One signed request about the bucket or an object; its answer if it is a success, else the error it means."""
        for pause in self._pauses_seconds:
            try:
                return await self._try(method, key, **options)
            except StoreUnavailable:
                await asyncio.sleep(pause)
        return await self._try(method, key, **options)

    async def _try(
        self,
        method: str,
        key: str | None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float | None = None,
        keep_bytes: int | None = None,
    ) -> _Answer:
        import httpx

        url = self._url if key is None else f"{self._url}/{_quoted(key)}"
        if query:
            url += "?" + "&".join(f"{name}={quote(query[name], safe='')}" for name in sorted(query))
        try:
            async with asyncio.timeout(self._call_seconds if seconds is None else seconds):
                for attempt in range(1, ATTEMPTS + 1):
                    try:
                        answer = await self._send(self._request(method, url, headers or {}, body), keep_bytes)
                        break
                    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                        # A kept connection that the server has closed meanwhile; all our calls may be repeated.
                        if attempt == ATTEMPTS:
                            raise
        except (httpx.TransportError, TimeoutError) as error:
            # Not chained: the error below carries the request, and with it the key and the signature.
            raise StoreUnavailable(f"The file store did not answer ({type(error).__name__}).") from None
        if answer.status == 416 and keep_bytes is not None:  # the first bytes of an empty object
            return answer._replace(body=b"")
        if not 200 <= answer.status < 300:
            raise _error(answer.status, _error_code(answer.body), of_object=key is not None)
        return answer

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> "httpx.Request":
        import httpx

        # Identity: no proxy on the way may compress, or the size and the first bytes would not be the object's.
        request = _signers().AWSRequest(method, url, {"accept-encoding": "identity", **headers}, body)
        self._sign("S3SigV4Auth", request)
        if self._client is None:
            parts = urlsplit(self._url)
            # A proxy or a CA named by the environment holds for a store elsewhere, not for one on this machine.
            local = parts.hostname in ("localhost", "127.0.0.1", "::1")
            # Without TLS no authority is needed, and loading them costs 5 MB: then none is trusted.
            verify = True if parts.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)  # the whole call has a deadline of its own
            self._client = httpx.AsyncClient(timeout=timeout, trust_env=not local, verify=verify)
        return self._client.build_request(method, url, headers=dict(request.headers.items()), content=body)

    async def _send(self, request: "httpx.Request", keep_bytes: int | None) -> _Answer:
        assert self._client is not None
        response = await self._client.send(request, stream=True)
        try:
            if not response.is_success:
                keep_bytes = ERROR_BODY_MAX_BYTES
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if keep_bytes is not None and len(body) >= keep_bytes:
                    del body[keep_bytes:]
                    break
            return _Answer(response.status_code, response.headers, bytes(body))
        finally:
            await response.aclose()


_BUCKET_BODY = (
    '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
)


class _Signers(NamedTuple):
    auth: ModuleType
    AWSRequest: Any


@functools.cache
def _signers() -> _Signers:
    """botocore's signers, imported with the first use: about 200 ms once."""
    import botocore.auth
    import httpx  # noqa: F401
    from botocore.awsrequest import AWSRequest

    # Signatures are written at DEBUG by the one, whole URLs with their keys at INFO by the other.
    for name in ("botocore.auth", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return _Signers(botocore.auth, AWSRequest)


def _bucket_url(endpoint: str, bucket: str) -> str:
    """The bucket's URL without a slash at its end: in the path, but in the host name at AWS, which wants it so."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or parts.username:
        raise ValueError("A store's endpoint is an http or https URL with a host, and no user or query.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", bucket):
        raise ValueError("A bucket's name is 3 to 63 letters, digits, dots and hyphens.")
    path = parts.path.rstrip("/")
    # A name with a dot does not fit under the certificate of *.s3.<region>.amazonaws.com.
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")) and "." not in bucket:
        if host.startswith(f"{bucket}."):
            return f"{parts.scheme}://{parts.netloc}{path}"
        return f"{parts.scheme}://{bucket}.{parts.netloc}{path}"
    return f"{parts.scheme}://{parts.netloc}{path}/{bucket}"


def _quoted(key: str) -> str:
    """A key as it stands in a URL. ValueError unless servers, clients and proxies all read it as the same key."""
    if not 1 <= len(key.encode()) <= KEY_MAX_BYTES:
        raise ValueError(f"A key has 1 to {KEY_MAX_BYTES} bytes.")
    if re.search(r"[\x00-\x1f\x7f]", key) or any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError("A key has no control characters and no empty, . or .. part.")
    return quote(key, safe="/")


def _header_value(value: str) -> str:
    if not re.fullmatch(r"[!-~]+( [!-~]+)*", value):
        raise ValueError("A type or ETag is printable ASCII.")
    return value


def _expiry(seconds: int) -> int:
    if not 1 <= seconds <= EXPIRY_MAX_SECONDS:
        raise ValueError(f"A presigned request lives 1 to {EXPIRY_MAX_SECONDS} seconds.")
    return seconds


def _error_code(body: bytes) -> str | None:
    """The code in S3's <Error> document, letters and digits only, or None."""
    found = re.search(rb"<Error(?: [^>]*)?>.*?<Code>([A-Za-z0-9.]{1,64})</Code>", body, re.DOTALL)
    return found[1].decode() if found else None


def _error(status: int, code: str | None, *, of_object: bool) -> StoreError:
    said = f"HTTP {status} {code}" if code else f"HTTP {status}"
    if status == 404 and (code in (None, "NoSuchKey") or not of_object):
        return ObjectMissing("The file store has no such object.")
    if status == 412:
        return ObjectChanged("The object in the file store has changed.")
    if status in (401, 403):
        return StoreUnavailable(f"The file store refuses our credentials ({said}).")
    # A 400 without a code is a HEAD's: it has no body to say that the region is wrong or the token too old.
    passing = status == 400 and code in (None, "ExpiredToken", "InvalidToken", "RequestTimeout")
    if passing or status < 400 or status in (404, 408, 429) or status >= 500:
        return StoreUnavailable(f"The file store does not serve us now ({said}).")
    return StoreError(f"The file store refused a request ({said}).")


def _listed(body: bytes) -> tuple[list[Listed], str | None]:
    """The objects on one page of ListObjectsV2 and the token of the next."""
    try:
        # The document is our own store's, and expat (since 2.4.1) bounds what entities may grow to.
        root = ElementTree.fromstring(body)  # noqa: S314
        escaped = root.findtext("{*}EncodingType") == "url"
        objects = [_listed_object(element, escaped) for element in root.findall("{*}Contents")]
    except (ElementTree.ParseError, ValueError):
        raise StoreError("The file store answered a list that cannot be read.") from None
    return objects, root.findtext("{*}NextContinuationToken") or None


def _listed_object(element: ElementTree.Element, escaped: bool) -> Listed:
    """ValueError for one without size or date."""
    key = element.findtext("{*}Key") or ""
    return Listed(
        unquote_plus(key) if escaped else key,
        int(element.findtext("{*}Size") or ""),
        element.findtext("{*}ETag") or "",
        datetime.fromisoformat(element.findtext("{*}LastModified") or ""),
    )
