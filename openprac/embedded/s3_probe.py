"""Just enough of S3 for a launcher: signed requests to one store on this machine, without the weight of a client."""

import hashlib
import hmac
import http.client
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

REQUEST_TIMEOUT_SECONDS = 5.0


def signed_request(
    method: str, endpoint: str, path: str, *, region: str, access_key_id: str, secret_access_key: str, body: bytes = b""
) -> tuple[int, bytes]:
    """One request with an AWS signature version 4; status and body. OSError or HTTPException when nobody answers."""
    host = urlsplit(endpoint).netloc
    instant = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{instant[:8]}/{region}/s3/aws4_request"
    digest = hashlib.sha256(body).hexdigest()
    signed = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": instant}
    names = ";".join(signed)
    canonical = "\n".join(
        [method, quote(path), "", *(f"{name}:{value}" for name, value in signed.items()), "", names, digest]
    )
    to_sign = "\n".join(["AWS4-HMAC-SHA256", instant, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret_access_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers = {name: value for name, value in signed.items() if name != "host"}
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    connection = http.client.HTTPConnection(host, timeout=REQUEST_TIMEOUT_SECONDS)
    try:
        connection.request(method, quote(path), body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
