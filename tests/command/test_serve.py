"""`openprac serve` with a database and a store that others run: here, those of the shared demo."""

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from openprac.settings import Settings

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc"),
    pytest.mark.xdist_group("command"),
]


@pytest.fixture
def named(instance):
    """The settings that name the shared demo's servers."""
    urls = json.loads((instance.data_dir / "instance.json").read_text())
    store = json.loads((instance.data_dir / "seaweed.json").read_text())
    return {
        "DATABASE_URL": urls["runtime"],
        "OWNER_DATABASE_URL": urls["owner"],
        "S3_ENDPOINT": f"http://127.0.0.1:{store['ports']['s3']}",
        "S3_ACCESS_KEY_ID": store["access_key_id"],
        "S3_SECRET_ACCESS_KEY": store["secret_access_key"],
    }


@pytest.fixture
def serve(tmp_path, clean_environment):
    """Start `serve` with settings and wait for its line: (process, origin). It is stopped with the test."""
    started = []

    def serve(variables):
        process = subprocess.Popen(
            [sys.executable, "-m", "openprac", "serve", "--port", "0", "--data-dir", tmp_path / "data"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(**variables),
        )
        started.append(process)
        line = process.stdout.readline()
        match = re.search(r"http://127\.0\.0\.1:\d+", line)
        return process, match and match[0]

    yield serve
    for process in started:
        process.kill()
        process.communicate(timeout=20)


def test_named_servers_are_used_and_none_is_started(named, serve, instance, tmp_path, processes):
    process, origin = serve(named)
    request = urllib.request.Request(f"{origin}/v1/patient?page_size=1", headers=instance.keys())
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    assert not (tmp_path / "data" / "postgres").exists()
    assert not (tmp_path / "data" / "seaweed").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not processes(tmp_path / "data")


def test_it_serves_although_the_store_is_away(named, serve, instance):
    _, origin = serve({**named, "S3_ENDPOINT": "http://127.0.0.1:1"})
    request = urllib.request.Request(f"{origin}/v1/patient?page_size=1", headers=instance.keys())
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "postgresql://nobody_of_that_name@/openprac", "nobody_of_that_name"),
        ("S3_ENDPOINT", "ftp://127.0.0.1", "S3_ENDPOINT"),
    ],
)
def test_a_named_server_that_cannot_be_used_is_one_clear_line(named, serve, name, value, said, tmp_path, processes):
    if name == "DATABASE_URL":
        value += "?" + named["OWNER_DATABASE_URL"].rpartition("?")[2]
    process, origin = serve({**named, name: value})
    assert origin is None
    assert process.wait(20) == 1
    lines = [line for line in process.stderr.read().splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("openprac: ")
    assert said in lines[0]
    assert not processes(tmp_path / "data")


def test_a_worker_is_not_told_who_owns_the_tables():
    settings = Settings(database_url="postgresql://app@h/d", owner_database_url="postgresql://owner:secret@h/d")
    told = settings.environment()
    assert "owner" not in str(told).lower()
    assert Settings.from_environment(told).database_url == settings.database_url
