"""What whoever starts `openprac demo` sees: ready, found, refused twice, stopped cleanly, unhurt by kill -9."""

import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc"),
    # One instance is shared: with several test processes they would each start one.
    pytest.mark.xdist_group("command"),
]


def _one_line(done, status=1):
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("openprac: ")
    return line


def test_the_ready_file_says_all_a_client_needs(instance):
    ready = instance.ready
    assert set(ready) == {"base_url", "docs_url", "x_api_key", "clinics", "pid"}
    assert ready["base_url"].startswith("http://127.0.0.1:")
    assert ready["base_url"].endswith("/v1")
    assert ready["pid"] == instance.process.pid
    (clinic,) = ready["clinics"]
    assert set(clinic) == {"tenant_id", "name", "time_zone", "a_api_key"}
    assert stat.S_IMODE(instance.ready_file.stat().st_mode) == 0o600
    assert instance.get("/readyz")[0] == 200
    assert instance.get(ready["docs_url"].rpartition("/")[2].join(("/", "")))[0] == 200
    status, body = instance.get("/v1/patient?page_size=1", instance.keys())
    assert status == 200
    assert json.loads(body)["total_entries"] >= 2000


def test_the_data_directory_and_its_secrets_are_ours_alone(instance):
    assert stat.S_IMODE(instance.data_dir.stat().st_mode) == 0o700
    for name in ("demo-keys.json", "instance.json"):
        assert stat.S_IMODE((instance.data_dir / name).stat().st_mode) == 0o600
    for pid in instance.workers():
        with open(f"/proc/{pid}/environ", "rb") as variables:
            text = variables.read()
        assert b"DATABASE_URL" not in text
        assert b"S3_SECRET_ACCESS_KEY" not in text


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_curl_lines_of_the_banner_work_when_pasted(instance):
    lines = [line for line in instance.output.read_text().splitlines() if line.startswith("curl ")]
    assert len(lines) == 3
    answers = [
        subprocess.run(
            [*shlex.split(line), "-w", "\n%{http_code}"], capture_output=True, text=True, timeout=20, check=True
        )
        for line in lines
    ]
    bodies, statuses = zip(*(answer.stdout.rsplit("\n", 1) for answer in answers), strict=True)
    assert statuses == ("200", "201", "201")
    assert json.loads(bodies[0])["clients"]
    assert json.loads(bodies[1])["first_name"] == "Robin"
    assert json.loads(bodies[2])


def test_a_second_server_is_refused_on_the_same_data_directory(instance, openprac):
    for command in ("demo", "serve"):
        line = _one_line(instance.command(command, "--port", "0"))
        assert "in use" in line
        assert str(instance.process.pid) in line
    line = _one_line(instance.command("demo", "--port", "0", "--reset"))
    assert "in use" in line
    assert instance.get("/readyz")[0] == 200


def test_a_port_that_is_taken_is_one_line_and_leaves_nothing(tmp_path, openprac, processes):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = _one_line(openprac("demo", "--data-dir", tmp_path / "data", "--port", str(port)))
    assert f"Port {port}" in line
    assert not processes(tmp_path / "data")


def test_other_commands_find_the_running_database(instance):
    clinics = json.loads(instance.command("tenant", "list", "--json").stdout)
    assert [clinic["name"] for clinic in clinics] == [clinic["name"] for clinic in instance.ready["clinics"]]
    done = instance.command("key", "create", "--tenant", str(clinics[0]["tenant_id"]), "--all", "--json")
    made = json.loads(done.stdout)
    headers = {**instance.keys(), "a-api-key": made["a_api_key"]}
    assert instance.get("/v1/sex", headers)[0] == 200
    instance.command("key", "revoke", str(made["account_key_id"]))
    assert instance.get("/v1/sex", headers)[0] == 401


def test_a_worker_that_is_killed_is_replaced_and_its_counts_stay(instance, waiting):
    def answered():
        text = instance.get("/metrics")[1].decode()
        lines = [line for line in text.splitlines() if line.startswith("openprac_requests_total")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    before = waiting(lambda: len(instance.workers()) == 2 and instance.workers())
    for _ in range(20):
        assert instance.get("/v1/sex", instance.keys())[0] == 200
    counted = answered()
    assert counted >= 20
    os.kill(before[0], signal.SIGKILL)
    after = waiting(lambda: len(instance.workers()) == 2 and before[0] not in instance.workers() and instance.workers())
    assert before[1] in after
    waiting(lambda: instance.get("/readyz")[0] == 200)
    assert answered() >= counted


def test_a_bundled_server_that_is_killed_comes_back(instance, waiting):
    def server():
        file = instance.data_dir / "postgres" / "postmaster.pid"
        with suppress(FileNotFoundError, IndexError):
            return int(file.read_text().split()[0])
        return 0

    pid = server()
    os.kill(pid, signal.SIGKILL)
    waiting(lambda: server() not in (0, pid))
    waiting(lambda: instance.get("/v1/sex", instance.keys())[0] == 200)


def test_after_kill_9_nothing_is_left_and_the_next_start_has_all(instance, waiting, processes):
    before = instance.ready
    instance.stop(signal.SIGKILL)
    waiting(lambda: not processes(instance.data_dir), 40)
    assert instance.ready_file.exists()
    instance.start()
    assert instance.ready["x_api_key"] == before["x_api_key"]
    assert instance.ready["clinics"] == before["clinics"]
    assert instance.get("/v1/patient?page_size=1", instance.keys())[0] == 200


def test_a_start_right_after_kill_9_waits_for_the_dying(instance):
    before = instance.ready
    instance.stop(signal.SIGKILL)
    instance.start()
    assert instance.ready["clinics"] == before["clinics"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_leaves_no_process_and_no_ready_file(instance, processes, number):
    assert instance.stop(number) == 0
    assert not processes(instance.data_dir)
    assert not instance.ready_file.exists()
    assert not (instance.data_dir / "instance.json").exists()
    assert "Traceback" not in instance.errors.read_text()


def test_a_second_ctrl_c_does_not_wait_for_running_requests(instance, processes):
    host, port = instance.ready["base_url"].removeprefix("http://").removesuffix("/v1").split(":")
    keys = "".join(f"{name}: {value}\r\n" for name, value in instance.keys().items())
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(f"GET /v1/sex HTTP/1.1\r\nhost: {host}\r\nopenprac-fault: slow=20\r\n{keys}\r\n".encode())
        slow.settimeout(1.5)
        instance.process.send_signal(signal.SIGINT)
        with pytest.raises(TimeoutError):
            slow.recv(1)
        assert instance.process.poll() is None
        instance.process.send_signal(signal.SIGINT)
        assert instance.process.wait(3) == 0
    assert not processes(instance.data_dir)


def test_stopped_it_lends_its_database_to_a_command(instance, processes):
    instance.stop()
    done = instance.command("vendor", "list")
    assert done.returncode == 0, done.stderr
    header, row = done.stdout.splitlines()
    assert header.split()[:2] == ["VENDOR_ID", "NAME"]
    assert "Demo integration" in row
    assert not processes(instance.data_dir)


def test_stopped_while_starting_it_leaves_nothing(new_instance, waiting, processes):
    instance = new_instance()
    instance.spawn()
    waiting(lambda: (instance.data_dir / "instance.lock").exists())
    assert instance.stop() == 0
    assert not processes(instance.data_dir)


def test_killed_while_filling_it_is_whole_after_the_next_start(new_instance, waiting, processes):
    instance = new_instance()
    instance.spawn()
    waiting(lambda: (instance.data_dir / "demo-keys.json").exists(), 40)
    instance.stop(signal.SIGKILL)
    kept = json.loads((instance.data_dir / "demo-keys.json").read_text())
    instance.start()
    assert instance.ready["x_api_key"] == kept["x_api_key"]
    assert [clinic["a_api_key"] for clinic in instance.ready["clinics"]] == kept["a_api_keys"]
    assert len(json.loads(instance.command("tenant", "list", "--json").stdout)) == 1
    status, body = instance.get("/v1/patient?page_size=1", instance.keys())
    assert status == 200
    assert json.loads(body)["total_entries"] >= 2000


@pytest.mark.prove
def test_killed_at_any_moment_of_its_first_start_it_is_whole_in_the_end(new_instance):
    instance = new_instance("--clinics", "2")
    for tenths in range(2, 26):
        instance.spawn()
        with suppress(subprocess.TimeoutExpired):
            instance.process.wait(tenths / 10)
        instance.stop(signal.SIGKILL)
        assert "Traceback" not in instance.errors.read_text()
    instance.start()
    clinics = json.loads(instance.command("tenant", "list", "--json").stdout)
    assert [clinic["name"] for clinic in clinics] == [clinic["name"] for clinic in instance.ready["clinics"]]
    assert len(clinics) == 2
    for clinic in instance.ready["clinics"]:
        keys = {"x-api-key": instance.ready["x_api_key"], "a-api-key": clinic["a_api_key"]}
        assert json.loads(instance.get("/v1/patient?page_size=1", keys)[1])["total_entries"] >= 2000


@pytest.mark.prove
def test_a_reset_makes_the_data_anew_and_keeps_the_keys(new_instance):
    instance = new_instance().start()
    before = instance.ready
    made = instance.command("tenant", "create", "Another Clinic", "--time-zone", "Australia/Perth")
    assert made.returncode == 0, made.stderr
    instance.stop()
    instance.start("--reset", "--clinics", "2")
    assert instance.ready["clinics"][0]["a_api_key"] == before["clinics"][0]["a_api_key"]
    clinics = json.loads(instance.command("tenant", "list", "--json").stdout)
    assert [clinic["name"] for clinic in clinics] == [clinic["name"] for clinic in instance.ready["clinics"]]
    assert len(clinics) == 2


def test_a_reset_refuses_what_the_demo_did_not_make(tmp_path, openprac):
    treasure = tmp_path / "postgres" / "treasure.txt"
    treasure.parent.mkdir()
    treasure.write_text("mine")
    line = _one_line(openprac("demo", "--data-dir", tmp_path, "--reset", "--port", "0"))
    assert "nothing was removed" in line
    assert treasure.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres"]


def test_the_demo_stays_away_from_real_clinics(new_instance, processes):
    instance = new_instance()
    made = instance.command("tenant", "create", "A Real Clinic", "--time-zone", "Australia/Perth")
    assert made.returncode == 0, made.stderr
    line = _one_line(instance.command("demo", "--port", "0"))
    assert "did not make" in line
    line = _one_line(instance.command("demo", "--port", "0", "--reset"))
    assert "nothing was removed" in line
    assert not processes(instance.data_dir)
