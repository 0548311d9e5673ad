"""The documents tell the truth: lists in them are compared with the program, their links lead somewhere, and the
commands they show are run."""

import ast
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from shutil import which
from typing import Any

import asyncpg
import pytest
import typer.main

from openprac import __main__ as command
from openprac import admin, errors
from openprac.api import ENDPOINTS, PERMISSIONS
from openprac.availability.explain import KINDS
from openprac.migrate import migrate
from openprac.settings import Settings

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 40.0
TOUR_SECONDS = 60.0
POLL_SECONDS = 0.05
OURS = ("OPENPRAC_", "S3_", "DATABASE_URL", "OWNER_DATABASE_URL")
TOUR_SAYS = (
    "[4, 5, 6] ['self', 'previous', 'next']",
    "the same patient: True",
    "openprac-ignored: favourite_colour",
    "uploaded: 204",
    "referral.pdf pdf 15",
    "the same bytes",
    "Did you mean surname?",
    "429 Too Many Requests",
    "retry-after: 1",
)

ROSTERS_SAY = (
    "rank 1",
    "which this practitioner has at this business from",
    "['09:00', '09:15', '09:30', '09:45', '10:00', '10:15', '10:30', '10:45', '11:00', '13:00',",
    "False [('rule', \"The roster's rule 'Lunch' from 12:00 to 13:00 is not open for online booking.\")]",
    "[('09:00', '12:00', 'roster'), ('12:00', '13:00', 'roster_rule'), ('13:00', '17:00', 'roster')]",
    "Mondays and Tuesdays, next year 3",
    "IN_USE",
)

needs_curl = pytest.mark.skipif(not (which("curl") and which("bash")), reason="needs curl and bash")


def documents() -> list[Path]:
    """Every Markdown file that a commit of this tree would hold."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return sorted(ROOT / name for name in set(found.split("\0")) if name and (ROOT / name).is_file())


DOCUMENTS = documents()
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def table_rows(text: str) -> list[list[str]]:
    """The cells of all table rows whose first cell is code, without its backticks."""
    rows = [[cell.strip() for cell in line.strip("|").split(" |")] for line in text.splitlines() if line[:3] == "| `"]
    return [[row[0].strip("`"), *row[1:]] for row in rows]


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)


# ---------------------------------------------------------------- lists


def test_every_setting_is_told_with_its_default_and_what_is_allowed() -> None:
    told = {row[0]: row for row in table_rows(text_of("docs/settings.md"))}
    settings = {one.metadata["env"]: one for one in fields(Settings)}
    assert list(told) == list(settings)
    for name, setting in settings.items():
        default: Any = setting.default
        shown = ("off", "on")[default] if isinstance(default, bool) else str(default)
        assert told[name][1] == ("unset" if default is None else f"`{shown}`"), name
        if "range" in setting.metadata:
            assert "{} to {}".format(*setting.metadata["range"]) in told[name][2], name
        for choice in setting.metadata.get("choices", ()):
            assert f"`{choice}`" in told[name][2], name


def test_every_error_is_told_with_its_status_and_code() -> None:
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ApiError)]
    known = {
        one.__name__: [str(one.status), f"`{one.code}`" if hasattr(one, "code") else "see below"]
        for one in classes
        if one is not errors.ApiError
    }
    table = text_of("docs/errors.md").split("\n## ")[0]
    assert {row[0]: row[1:3] for row in table_rows(table)} == known


def test_every_code_of_a_conflict_is_told() -> None:
    used = set()
    for path in (ROOT / "openprac").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Conflict") and node.args:
                used.add(ast.literal_eval(node.args[0]))
    section = text_of("docs/errors.md").split("## Codes of 409")[1].split("\n## ")[0]
    assert {row[0] for row in table_rows(section)} == used


def test_every_permission_is_told_with_what_it_opens() -> None:
    opened: dict[str, list[str]] = {}
    for one in ENDPOINTS:
        for permission in (one.permission, *one.rights):
            opened.setdefault(permission, []).append(f"`{one.method} {one.path}`")
    assert set(opened) == PERMISSIONS
    known = [f"| `{permission}` | {', '.join(opened[permission])} |" for permission in sorted(opened)]
    told = [line for line in text_of("docs/permissions.md").splitlines() if line.startswith("| `")]
    assert told == known, "the table of docs/permissions.md should be\n" + "\n".join(known)


def test_every_reason_against_a_time_is_told() -> None:
    section = text_of("docs/availability.md").split("## Beyond")[1].split("\n## ")[0]
    assert {row[0].strip("`"): row[1] for row in table_rows(section)} == dict(KINDS)


def commands(group: Any, *names: str) -> Iterator[tuple[str, list[str]]]:
    """(command, its long options), as they stand in the help."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, *names, name)
        else:
            options = [option for parameter in one.params for option in parameter.opts if option.startswith("--")]
            yield " ".join((*names, name)), options


def test_every_command_is_told_with_its_options() -> None:
    sections = re.split(r"^## ", text_of("docs/commands.md"), flags=re.M)[1:]
    told = {}
    for section in sections:
        heading, _, body = section.partition("\n")
        told[heading] = [row[0] for row in table_rows(body)]
    assert told == {f"openprac {name}": options for name, options in commands(typer.main.get_command(command.app))}


# ---------------------------------------------------------------- links and names


def anchors(path: Path) -> set[str]:
    """What a heading is linked by."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text()), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[tuple[Path, str]]:
    """(file or folder, anchor) of every link to something of ours."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text()))
    ours = [target.partition("#") for target in targets if not re.match(r"https?://|mailto:", target)]
    return [((path.parent / name).resolve() if name else path, anchor) for name, _, anchor in ours]


@every_document
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in links(path):
        assert target.is_relative_to(ROOT), f"{target} is outside"
        assert target.exists(), f"{target.relative_to(ROOT)} is not there"
        if anchor:
            assert anchor in anchors(target), f"{target.relative_to(ROOT)} has no heading #{anchor}"


@every_document
def test_every_file_that_is_named_is_there(path: Path) -> None:
    tops = {one.name for one in ROOT.iterdir() if one.is_dir()} - {".openprac", ".venv"}
    for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", without_code(path.read_text())):
        if "/" in name and name.split("/")[0] in tops:
            assert (ROOT / name).exists(), name


def test_every_document_is_linked() -> None:
    linked = {target for path in DOCUMENTS for target, _ in links(path) if target != path}
    assert [path.name for path in DOCUMENTS if path not in linked and path != ROOT / "README.md"] == []


# ---------------------------------------------------------------- what the documents show is done


@dataclass(frozen=True)
class Demo:
    """`openprac demo`, running; output is what it printed."""

    data_dir: Path
    ready: Mapping[str, Any]
    output: str


def clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("docs")
    ready_file, output, log = folder / "ready.json", folder / "output.txt", folder / "errors.txt"
    arguments = ["demo", "--port", "0", "--data-dir", str(folder / "data"), "--ready-file", str(ready_file)]
    with output.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "openprac", *arguments], stdout=out, stderr=err, env=clean_environment(), cwd=ROOT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready_file.exists():
            assert time.monotonic() < deadline, log.read_text()
            try:
                status = process.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(f"the demo ended with {status}: {log.read_text()}")
        yield Demo(folder / "data", json.loads(ready_file.read_text()), output.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def bash(script: str, folder: Path, **variables: str) -> str:
    """What a script prints; it must succeed."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**clean_environment(), "TMPDIR": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@needs_curl
def test_the_tour_of_the_readme_runs(demo: Demo, tmp_path: Path) -> None:
    section = text_of("README.md").split("## Five minutes with curl")[1].split("\n## ")[0]
    script = "\n".join(fenced(section, "sh"))
    keys = str(demo.data_dir / "demo-keys.json")
    said = bash(script, tmp_path, BASE=demo.ready["base_url"], KEYS=keys)
    position = 0
    for expected in TOUR_SAYS:
        assert expected in said[position:], f"{expected!r} is missing, or out of order:\n{said}"
        position = said.index(expected, position)


@needs_curl
def test_the_rosters_that_are_told_decide_as_told(demo: Demo, tmp_path: Path) -> None:
    tour = text_of("README.md").split("## Five minutes with curl")[1]
    script = "\n".join([fenced(tour, "sh")[0], *fenced(text_of("docs/rosters.md"), "sh")])
    said = bash(script, tmp_path, BASE=demo.ready["base_url"], KEYS=str(demo.data_dir / "demo-keys.json"))
    for expected in ROSTERS_SAY:
        assert expected in said, f"{expected!r} is missing:\n{said}"


@needs_curl
def test_the_lines_that_the_demo_prints_work_when_pasted(demo: Demo, tmp_path: Path) -> None:
    lines = [line for line in demo.output.splitlines() if line.startswith("curl ")]
    assert len(lines) == 3
    found, created, form = (json.loads(bash(line, tmp_path)) for line in lines)
    assert 0 < len(found["clients"]) <= 3
    assert created["surname"] == "Example"
    assert form["fields"]["key"].endswith("/letter.pdf")


def test_the_metrics_that_are_told_are_there(demo: Demo) -> None:
    keys = {"x-api-key": demo.ready["x_api_key"], "a-api-key": demo.ready["clinics"][0]["a_api_key"]}
    urllib.request.urlopen(urllib.request.Request(f"{demo.ready['base_url']}/sex", headers=keys), timeout=10).close()
    with urllib.request.urlopen(f"{demo.ready['base_url'].removesuffix('/v1')}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    there = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
    section = text_of("docs/logging-and-metrics.md").split("## Metrics")[1]
    assert {row[0] for row in table_rows(section)} == {name for name in there if name.startswith("openprac_")}


async def test_a_database_set_up_as_told_is_enough(demo: Demo) -> None:
    """The SQL of docs/deployment.md, under other names, then the schema and a clinic: both locks hold."""
    superuser: str = json.loads((demo.data_dir / "instance.json").read_text())["owner"]
    blocks = "".join(fenced(text_of("docs/deployment.md"), "sql")).replace("openprac", "told")
    connection = await asyncpg.connect(superuser)
    try:
        for statement in filter(str.strip, blocks.split(";")):
            await connection.execute(statement)
    finally:
        await connection.close()

    def url(role: str) -> str:
        return superuser.replace("openprac_owner@/openprac", f"{role}@/told")

    assert await migrate(url("told_owner"), url("told_app"))
    owner = await asyncpg.connect(url("told_owner"))
    try:
        await admin.create_tenant(owner, "Wattle Street Physiotherapy", "Australia/Sydney")
    finally:
        await owner.close()
    seen = {role: await _sexes(url(role)) for role in ("told_owner", "told_app", "told_backup")}
    assert seen == {"told_owner": 0, "told_app": 0, "told_backup": len(admin.SEXES)}


async def _sexes(url: str) -> int:
    """How many rows of a clinic's table a role sees that has bound none."""
    connection = await asyncio.wait_for(asyncpg.connect(url), START_SECONDS)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM sex"))
    finally:
        await connection.close()


def test_every_test_that_security_promises_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) > 40
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or not re.search(rf"\bdef {test}\(", (ROOT / file).read_text())
    ]
    assert missing == []
