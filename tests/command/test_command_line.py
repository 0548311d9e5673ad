"""The command's words: values, tables, secrets, and mistakes that are one line and an exit status."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openprac import __main__, __version__, commands

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command in this process: (status, output, error lines)."""
    for name in list(os.environ):
        if name.startswith(("OPENPRAC_", "S3_", "DATABASE_URL", "OWNER_DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OPENPRAC_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["openprac", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as ended:
            __main__.main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err.splitlines()

    return run


def test_the_version(run):
    assert run("--version") == (0, f"openprac {__version__}\n", [])


def test_every_command_explains_itself(run):
    for words in (
        (),
        ("serve",),
        ("demo",),
        ("migrate",),
        ("openapi",),
        ("tenant",),
        ("vendor", "rotate"),
        ("key", "create"),
    ):
        status, out, errors = run(*words, "--help")
        assert (status, errors) == (0, [])
        assert "Usage" in out


def test_the_document_needs_no_database(run):
    status, out, errors = run("openapi")
    assert (status, errors) == (0, [])
    assert json.loads(out)["openapi"].startswith("3.1")


WRONG_USE = [
    ("frobnicate",),
    ("serve", "--port", "70000"),
    ("serve", "--port", "http"),
    ("serve", "--workers", "0"),
    ("demo", "--clinics", "0"),
    ("demo", "--frobnicate"),
    ("tenant", "create", "x"),
    ("tenant", "create"),
    ("vendor", "revoke", "one"),
    ("key", "create", "--all"),
]


@pytest.mark.parametrize("words", WRONG_USE, ids=" ".join)
def test_a_wrong_command_line_is_one_line_and_status_2(run, words):
    status, out, errors = run(*words)
    assert (status, out, len(errors)) == (2, "", 1)
    assert errors[0].startswith("openprac: ")


NAMED = {"DATABASE_URL": "postgresql://u@h/d", "OWNER_DATABASE_URL": "postgresql://o@h/d"}
WRONG_VALUES = [
    (("tenant", "create", "x", "--time-zone", "Australia/Sidney"), {}, "Australia/Sydney"),
    (("key", "create", "--tenant", "1"), {}, "--permission"),
    (("key", "create", "--tenant", "1", "--all", "--permission", "patient:read"), {}, "--all"),
    (("key", "create", "--tenant", "1", "--all", "--expires", "soon"), {}, "90d"),
    (("vendor", "rotate", "1", "--overlap", "a week"), {}, "90d"),
    (("demo", "--now", "noon"), {}, "--now"),
    (("demo", "--now", "9999-12-31T23:59:59"), {}, "100 years"),
    (("key", "create", "--tenant", "1", "--all", "--expires", "999999w"), {}, "999999w"),
    (
        ("demo", "--reset"),
        {"DATABASE_URL": "postgresql://u@h/d", "OWNER_DATABASE_URL": "postgresql://o@h/d"},
        "--reset",
    ),
    (("serve",), {"OPENPRAC_PORT": "http"}, "OPENPRAC_PORT"),
    (("serve",), {"OWNER_DATABASE_URL": "postgresql://o@h/d"}, "DATABASE_URL"),
    (("serve",), {"DATABASE_URL": "postgresql://u@h/d"}, "OWNER_DATABASE_URL"),
    (("serve", "--host", "no.such.host.invalid", "--port", "0"), {}, "OPENPRAC_HOST"),
]


@pytest.mark.parametrize(("words", "variables", "said"), WRONG_VALUES, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_one_line_that_names_it_and_status_1(run, monkeypatch, tmp_path, words, variables, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    status, out, errors = run(*words)
    assert (status, out, len(errors)) == (1, "", 1)
    assert said in errors[0]
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_database_that_is_not_there_is_one_line(run, monkeypatch, tmp_path):
    for name, role in (("DATABASE_URL", "u"), ("OWNER_DATABASE_URL", "o")):
        monkeypatch.setenv(name, f"postgresql://{role}:secret-word@/d?host={tmp_path}")
    for words in (("tenant", "list"), ("migrate",)):
        status, out, errors = run(*words)
        assert (status, out, len(errors)) == (1, "", 1)
        assert "secret-word" not in errors[0]


def test_a_data_directory_that_cannot_be_is_one_line(run, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for words in (("tenant", "list"), ("demo",), ("demo", "--reset"), ("serve",)):
        status, _, errors = run(*words, "--data-dir", file)
        assert (status, len(errors)) == (1, 1)
        assert str(file) in errors[0]


def test_a_reader_that_goes_away_is_no_traceback(tmp_path):
    command = f"{sys.executable} -m openprac openapi | head -c 10"
    here = Path(__file__).parents[2]
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True, cwd=here)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("2w", NOW + timedelta(weeks=2)),
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T10:00:00", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("2026-12-31T10:00:00+10:00", datetime(2026, 12, 31, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_date_a_time_or_a_duration(text, wanted):
    assert commands.expiry(text, NOW) == wanted


@pytest.mark.parametrize("text", ["", "d", "-1d", "1.5h", "90 d", "9999999d", "tomorrow", "２d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(commands.CommandError):
        commands.duration(text)


def test_the_sandbox_clock_is_set_by_the_clinics_wall_clock():
    # 09:00 in Adelaide in March, daylight saving on, is 22:30 UTC of the day before.
    ahead = commands.clock_ahead_seconds("2026-03-02T09:00:00", "Australia/Adelaide", NOW)
    assert NOW + timedelta(seconds=ahead) == datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    ahead = commands.clock_ahead_seconds("2026-03-02T09:00:00Z", "Australia/Adelaide", NOW)
    assert ahead == 21 * 3600


def test_tables_are_aligned_and_json_has_all(capsys):
    rows = [
        {"id": 1, "name": "Short", "keys": ["a", "b"], "at": None, "more": 1},
        {"id": 22, "name": "A longer name", "keys": [], "at": NOW, "more": 2},
    ]
    commands.show(rows, ("id", "name", "keys", "at"), as_json=False)
    assert capsys.readouterr().out == (
        "ID  NAME           KEYS  AT\n1   Short          a,b   -\n22  A longer name  -     2026-03-01 12:00Z\n"
    )
    commands.show(rows, ("id",), as_json=True)
    assert json.loads(capsys.readouterr().out)[1] == {
        "id": 22,
        "name": "A longer name",
        "keys": [],
        "at": "2026-03-01T12:00:00Z",
        "more": 2,
    }


def test_a_secret_stands_on_a_line_of_its_own(capsys):
    commands.show_secret({"vendor_id": 3}, "Vendor 3 was created.", "opv_x", "x-api-key", as_json=False)
    sentence, secret = capsys.readouterr().out.splitlines()
    assert "this once" in sentence
    assert secret == "opv_x"
    commands.show_secret({"vendor_id": 3}, "Vendor 3 was created.", "opv_x", "x-api-key", as_json=True)
    assert json.loads(capsys.readouterr().out) == {"vendor_id": 3, "x_api_key": "opv_x"}
