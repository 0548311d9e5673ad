"""What openprac asks of a file store, once, for any S3 server.

The server is the one that S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY name, else an
embedded SeaweedFS. Where that one falls short of S3 a test says so and holds the fact: when it changes, tighten it.
"""

import asyncio
import base64
import dataclasses
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from uuid import uuid4

import httpx
import pytest
from httpx import AsyncClient

from openprac.attachments.store import (
    ObjectChanged,
    ObjectMissing,
    Store,
    StoreSettings,
    StoreUnavailable,
    UploadForm,
)

MAX_BYTES = 1000
REFUSED_WITHIN_SECONDS = 15
AWKWARD_NAMES = (
    "two words",
    "a+b",
    "100%41",
    "it's",
    'a "b"',
    "Übung-تقرير-报告",
    "👩‍⚕️",
    "a&b=c;d?e#f",
    "[2] {3} ~!*@,:",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreSettings]:
    if endpoint := os.environ.get("S3_ENDPOINT"):
        names = ("S3_REGION", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
        yield StoreSettings(endpoint, None, *(os.environ[name] for name in names))
        return
    from openprac.embedded.seaweed import EmbeddedSeaweed

    server = EmbeddedSeaweed(tmp_path_factory.mktemp("store"))
    server.start()
    try:
        keys = server.access_key_id, server.secret_access_key
        yield StoreSettings(server.endpoint, None, server.region, server.bucket, *keys)
    finally:
        server.stop()


@pytest.fixture
def prefix() -> str:
    return f"contract/{uuid4()}/"


@pytest.fixture
async def store(settings: StoreSettings, prefix: str) -> AsyncIterator[Store]:
    store = Store(settings)
    await store.ensure_bucket()
    yield store
    for key in [one.key async for one in store.list_objects(prefix)]:
        await store.delete(key)
    await store.close()


@pytest.fixture
async def http() -> AsyncIterator[AsyncClient]:
    async with AsyncClient(trust_env=False, timeout=120) as client:
        yield client


async def post(
    http: AsyncClient, form: UploadForm, body: bytes = b"hello", changed: Mapping[str, str | list[str]] | None = None
) -> httpx.Response:
    """What a client of the API does: every field as it is, then the file."""
    return await http.post(
        form.url, data={**form.fields, **(changed or {})}, files={"file": ("scan.pdf", body, "application/pdf")}
    )


async def until_refused(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    deadline = time.monotonic() + REFUSED_WITHIN_SECONDS
    while (answer := await ask()).is_success:
        assert time.monotonic() < deadline, "it is still accepted long after its expiry"
        await asyncio.sleep(0.05)
    return answer


def upload(store: Store, key: str, *, seconds: int = 60) -> UploadForm:
    return store.presign_upload(key, max_bytes=MAX_BYTES, expires_seconds=seconds)


def download(store: Store, key: str, *, seconds: int = 60, name: str = "scan.pdf") -> str:
    return store.presign_download(key, file_name=name, content_type="application/pdf", expires_seconds=seconds)


async def head_etag(store: Store, key: str) -> str:
    head = await store.head(key)
    assert head is not None
    return head.etag


# The form


async def test_the_form_used_unchanged_uploads_the_file(store: Store, prefix: str, http: AsyncClient) -> None:
    content = bytes(range(256)) * 3
    answer = await post(http, upload(store, prefix + "scan.pdf"), content)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await store.read(prefix + "scan.pdf") == content


def test_the_fields_are_spelled_as_published(settings: StoreSettings) -> None:
    published = {"key", "Policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}
    assert set(upload(Store(settings), "temp/a").fields) == published
    lent = Store(dataclasses.replace(settings, session_token="lent"))
    assert set(upload(lent, "temp/a").fields) == published | {"x-amz-security-token"}
    assert upload(lent, "temp/a").fields["x-amz-security-token"] == "lent"


def test_the_policy_admits_exactly_the_fields_of_the_form(settings: StoreSettings) -> None:
    form = upload(Store(dataclasses.replace(settings, session_token="lent")), "temp/报告.pdf")
    conditions = json.loads(base64.b64decode(form.fields["Policy"]))["conditions"]
    unconditional = {"Policy", "x-amz-signature"}
    assert conditions[:3] == [
        {"bucket": settings.bucket},
        {"key": "temp/报告.pdf"},
        ["content-length-range", 1, MAX_BYTES],
    ]
    named = {name: value for condition in conditions[3:] for name, value in condition.items()}
    assert named | {"key": "temp/报告.pdf"} == {k: v for k, v in form.fields.items() if k not in unconditional}


@pytest.mark.parametrize("name", AWKWARD_NAMES)
async def test_an_awkward_key_is_uploaded_and_downloaded(
    store: Store, prefix: str, http: AsyncClient, name: str
) -> None:
    key = prefix + name
    assert (await post(http, upload(store, key), name.encode())).status_code == 204
    answer = await http.get(download(store, key))
    assert (answer.status_code, answer.content) == (200, name.encode())
    assert [one.key async for one in store.list_objects(prefix)] == [key]


async def test_a_changed_key_is_refused(store: Store, prefix: str, http: AsyncClient) -> None:
    answer = await post(http, upload(store, prefix + "a"), changed={"key": prefix + "b"})
    assert answer.status_code == 403
    assert await store.head(prefix + "b") is None


@pytest.mark.parametrize("signed_first", [True, False])
async def test_a_second_key_does_not_move_the_upload(
    store: Store, prefix: str, http: AsyncClient, signed_first: bool
) -> None:
    keys = [prefix + "a", prefix + "b"] if signed_first else [prefix + "b", prefix + "a"]
    await post(http, upload(store, prefix + "a"), changed={"key": keys})
    assert await store.head(prefix + "b") is None


async def test_a_path_after_the_bucket_does_not_move_the_upload(store: Store, prefix: str, http: AsyncClient) -> None:
    form = upload(store, prefix + "a")
    await post(http, dataclasses.replace(form, url=f"{form.url.rstrip('/')}/{prefix}b"))
    assert await store.head(prefix + "b") is None


async def test_a_field_of_metadata_is_refused(store: Store, prefix: str, http: AsyncClient) -> None:
    answer = await post(http, upload(store, prefix + "a"), changed={"x-amz-meta-note": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Cache-Control", "public")),
        *(("Content-Disposition", "inline"), ("acl", "public-read")),
        *(("success_action_status", "201"), ("success_action_redirect", "https://www.example.com/")),
    ],
)
async def test_a_field_that_the_policy_does_not_name_is_refused_or_leaves_no_trace(
    store: Store, prefix: str, http: AsyncClient, name: str, value: str
) -> None:
    """S3 refuses it. SeaweedFS (4.48) refuses only x-amz- fields and keeps the others, until we copy the object."""
    answer = await post(http, upload(store, prefix + "a"), changed={name: value})
    if not answer.headers.get("server", "").startswith("SeaweedFS"):
        assert answer.status_code == 403
        return
    assert answer.status_code in (201, 204, 303)
    await store.copy(
        prefix + "a", prefix + "b", etag=await head_etag(store, prefix + "a"), content_type="application/pdf"
    )
    for key in (prefix + "a", prefix + "b"):
        bare = f"{upload(store, key).url.rstrip('/')}/{key}"
        assert (await http.get(bare)).status_code == 403, "an object is public"
    kept = (await http.get(download(store, prefix + "b"))).headers
    assert kept["content-type"] == "application/pdf"
    assert "content-encoding" not in kept
    assert kept["content-disposition"].startswith("attachment")
    assert kept["cache-control"] == "no-store"


@pytest.mark.parametrize(("size", "status"), [(1, 204), (MAX_BYTES, 204), (MAX_BYTES + 1, 400), (0, 400)])
async def test_the_size_is_bounded_on_both_sides(
    store: Store, prefix: str, http: AsyncClient, size: int, status: int
) -> None:
    assert (await post(http, upload(store, prefix + "a"), b"x" * size)).status_code == status
    assert (await store.head(prefix + "a") is not None) == (status == 204)


@pytest.mark.prove
@pytest.mark.parametrize(("size", "status"), [(90_000_000, 204), (100_000_000, 204), (101_000_000, 400)])
async def test_a_hundred_million_bytes_go_through_and_no_more(
    store: Store, prefix: str, http: AsyncClient, size: int, status: int
) -> None:
    form = store.presign_upload(prefix + "a", max_bytes=100_000_000, expires_seconds=600)
    try:
        assert (await post(http, form, b"x" * size)).status_code == status
    except (httpx.WriteError, httpx.ReadError):  # refused, and hung up, before the whole body was out
        assert status == 400
    head = await store.head(prefix + "a")
    assert (head.size if head else None) == (size if status == 204 else None)
    if head:
        await store.copy(prefix + "a", prefix + "b", etag=head.etag, content_type="application/pdf")
        copied = await store.head(prefix + "b")
        assert copied is not None
        assert copied.size == size


async def test_an_expired_form_is_refused(store: Store, prefix: str, http: AsyncClient) -> None:
    form = upload(store, prefix + "a", seconds=1)
    assert (await until_refused(lambda: post(http, form))).status_code == 403


@pytest.mark.parametrize("name", ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "Policy"])
async def test_a_tampered_field_is_refused(store: Store, prefix: str, http: AsyncClient, name: str) -> None:
    form = upload(store, prefix + "a")
    value = form.fields[name]
    changed = value[:-1] + ("0" if value[-1] != "0" else "1")
    if name == "Policy":
        policy = json.loads(base64.b64decode(value))
        policy["conditions"][2][2] = 10**9
        changed = base64.b64encode(json.dumps(policy).encode()).decode()
    answer = await post(http, form, changed={name: changed})
    assert answer.status_code in (400, 403)
    assert await store.head(prefix + "a") is None


async def test_the_form_of_another_bucket_is_refused(
    settings: StoreSettings, store: Store, prefix: str, http: AsyncClient
) -> None:
    """Signed by the same key for a bucket of another name, and posted to ours."""
    elsewhere = Store(dataclasses.replace(settings, bucket="another-clinic"))
    form = dataclasses.replace(upload(elsewhere, prefix + "a"), url=upload(store, prefix + "a").url)
    assert (await post(http, form)).status_code == 403
    assert await store.head(prefix + "a") is None


# The download


async def test_a_download_has_the_headers_asked_for(store: Store, prefix: str, http: AsyncClient) -> None:
    await store.put(prefix + "a", b"<script>", content_type="text/html")
    answer = await http.get(download(store, prefix + "a", name='Ann "A" 报告.pdf'))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Ann _A_ __.pdf\"; filename*=UTF-8''Ann%20%22A%22%20%E6%8A%A5%E5%91%8A.pdf"
    )


async def test_an_expired_download_is_refused(store: Store, prefix: str, http: AsyncClient) -> None:
    await store.put(prefix + "a", b"hello", content_type="text/plain")
    url = download(store, prefix + "a", seconds=1)
    assert (await until_refused(lambda: http.get(url))).status_code == 403


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/a?", "/b?"),
        ("application%2Fpdf", "text%2Fhtml"),
        ("attachment", "inline"),
        ("no-store", "public"),
        ("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Algorithm=", "versionId=null&X-Amz-Algorithm="),
    ],
)
async def test_a_tampered_download_is_refused(
    store: Store, prefix: str, http: AsyncClient, before: str, after: str
) -> None:
    for name in ("a", "b"):
        await store.put(prefix + name, b"hello", content_type="text/plain")
    url = download(store, prefix + "a")
    assert url.count(before) == 1
    assert (await http.get(url.replace(before, after))).status_code in (400, 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_download_url_is_good_for_nothing_else(
    store: Store, prefix: str, http: AsyncClient, method: str
) -> None:
    await store.put(prefix + "a", b"hello", content_type="text/plain")
    assert (await http.request(method, download(store, prefix + "a"))).status_code == 403
    assert await store.read(prefix + "a") == b"hello"


# Our own calls


@pytest.mark.parametrize("name", AWKWARD_NAMES)
async def test_an_object_is_put_described_read_copied_listed_and_deleted(store: Store, prefix: str, name: str) -> None:
    source, target = prefix + "temp/" + name, prefix + "kept/" + name
    await store.put(source, b"hello world", content_type="text/plain")
    head = await store.head(source)
    assert head is not None
    assert (head.size, head.content_type) == (11, "text/plain")
    assert abs(head.last_modified.timestamp() - time.time()) < 60
    await store.copy(source, target, etag=head.etag, content_type="application/pdf")
    assert await store.read(target) == b"hello world"
    copied = await store.head(target)
    assert copied is not None
    assert copied.content_type == "application/pdf"
    assert [one.key async for one in store.list_objects(prefix)] == sorted([source, target])
    await store.delete(source)
    (left,) = [one async for one in store.list_objects(prefix)]
    assert (left.key, left.size, left.etag) == (target, 11, copied.etag)
    assert abs(left.last_modified.timestamp() - time.time()) < 60


@pytest.mark.parametrize(
    ("first_bytes", "expected"), [(1, b"h"), (5, b"hello"), (6, b"hello"), (4096, b"hello"), (None, b"hello")]
)
async def test_the_first_bytes_are_read(store: Store, prefix: str, first_bytes: int | None, expected: bytes) -> None:
    await store.put(prefix + "a", b"hello", content_type="text/plain")
    assert await store.read(prefix + "a", first_bytes=first_bytes) == expected


async def test_an_empty_object_reads_empty(store: Store, prefix: str) -> None:
    await store.put(prefix + "a", b"", content_type="text/plain")
    assert await store.read(prefix + "a", first_bytes=10) == b""
    assert await store.read(prefix + "a") == b""


async def test_what_is_not_there_is_missing(store: Store, prefix: str) -> None:
    assert await store.head(prefix + "a") is None
    with pytest.raises(ObjectMissing):
        await store.read(prefix + "a")
    with pytest.raises(ObjectMissing):
        await store.read(prefix + "a", first_bytes=10)
    with pytest.raises(ObjectMissing):
        await store.copy(prefix + "a", prefix + "b", etag='"0"', content_type="text/plain")
    await store.delete(prefix + "a")
    assert [one.key async for one in store.list_objects(prefix)] == []


async def test_a_copy_of_an_object_that_has_changed_is_not_made(store: Store, prefix: str) -> None:
    await store.put(prefix + "a", b"seen", content_type="text/plain")
    seen = await head_etag(store, prefix + "a")
    await store.put(prefix + "a", b"swapped", content_type="text/plain")
    with pytest.raises(ObjectChanged):
        await store.copy(prefix + "a", prefix + "b", etag=seen, content_type="text/plain")
    assert await store.head(prefix + "b") is None


async def test_a_list_has_every_page(store: Store, prefix: str) -> None:
    """Pages are 1,000 keys; a list of fewer in pages of 2 is the same walk."""
    expected = [f"{prefix}{number} +.txt" for number in range(5)]
    for key in expected:
        await store.put(key, b"x", content_type="text/plain")
    assert [one.key async for one in store.list_objects(prefix, page_keys=2)] == expected


async def test_the_bucket_is_made_once(settings: StoreSettings) -> None:
    if "S3_ENDPOINT" in os.environ:
        pytest.skip("no bucket is left behind in a store that is not ours")
    store = Store(dataclasses.replace(settings, bucket=f"made-{uuid4()}"))
    await asyncio.gather(*(store.ensure_bucket() for _ in range(4)))
    await store.check()
    await store.close()


async def test_an_absent_bucket_is_unavailable(settings: StoreSettings) -> None:
    store = Store(dataclasses.replace(settings, bucket=f"absent-{uuid4()}"))
    for call in (store.check(), store.read("a"), store.copy("a", "b", etag='"0"', content_type="text/plain")):
        with pytest.raises(StoreUnavailable):
            await call
    await store.close()


@pytest.mark.parametrize("change", [{"secret_access_key": "wrong-secret"}, {"access_key_id": "wrong-id"}])
async def test_wrong_credentials_are_unavailable_and_unnamed(
    settings: StoreSettings, store: Store, prefix: str, change: dict[str, str]
) -> None:
    wrong = Store(dataclasses.replace(settings, **change))
    with pytest.raises(StoreUnavailable) as raised:
        await wrong.read(prefix + "a")
    assert not any(word in str(raised.value) for word in (*change.values(), prefix, settings.bucket))
    await wrong.close()


async def test_the_public_endpoint_is_in_what_clients_get_and_ours_in_our_calls(
    settings: StoreSettings, prefix: str, http: AsyncClient
) -> None:
    """The other name of this machine stands in for the public one: it reaches the server, and is signed for."""
    public = settings.endpoint.replace("127.0.0.1", "localhost")
    if public == settings.endpoint:
        pytest.skip("the endpoint has no second name here")
    store = Store(dataclasses.replace(settings, public_endpoint=public))
    form = upload(store, prefix + "a")
    assert form.url.startswith(public + "/")
    assert (await post(http, form)).status_code == 204
    url = download(store, prefix + "a")
    assert url.startswith(public + "/")
    assert (await http.get(url)).content == b"hello"
    assert (await http.get(url.replace("localhost", "127.0.0.1"))).status_code == 403, "the host is not signed"
    await store.delete(prefix + "a")
    await store.close()
