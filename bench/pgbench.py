"""Side (a): the captured statements by pgbench, which does nothing with the rows but receive them."""

import os
import re
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.load import percentile
from bench.operations import BOOK_MINUTES, STARTS_A_DAY
from bench.proc import cpu_seconds
from bench.script import PLACEHOLDER, Step, clinic_values
from bench.session import as_options
from bench.world import World
from openprac.embedded.programs import find_programs

SAME_FOR_ALL = ("vendor_hash", "vendor_id", "vendor_key_id")
HOURS_OF_A_CLIENT = 1_000_000
LITERAL = re.compile(r"'(?:[^']|'')*'")


def write_script(directory: Path, operation: str, steps: tuple[Step, ...], world: World) -> list[str]:
    """One script for all clinics, one of which each transaction draws, and the options that name it.

    One text for all, so that a connection prepares each statement once and soon has its generic plan, as ours does.
    """
    path = directory / f"{operation}.sql"
    path.write_text(_script(steps, world))
    options = ["-f", str(path), "-D", "hour=0"]
    for name, text in {**_constants(steps), **clinic_values(world, world.clinics[0])}.items():
        options += ["-D", f"{name}={text}"]
    return options


def run(options: list[str], directory: Path, world: World, clients: int, seconds: float) -> dict[str, Any]:
    """One measurement, in the terms of bench.load.run, with PostgreSQL's processor time beside it."""
    for old in directory.glob("transactions.*"):
        old.unlink()
    program = find_programs().bin_dir / "pgbench"
    before = cpu_seconds(world.postmaster_pid)
    done = subprocess.run(
        [
            str(program), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(round(seconds)),
            "-l", f"--log-prefix={directory / 'transactions'}", *options, world.runtime_url,
        ],
        env={**os.environ, "PGOPTIONS": as_options()},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )  # fmt: skip
    used = cpu_seconds(world.postmaster_pid) - before
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    if done.returncode or not rate or (failed and int(failed[1])) or "ERROR" in done.stderr:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}{done.stdout[-500:]}")
    latencies = sorted(
        int(line.split()[2]) / 1e6 for log in directory.glob("transactions.*") for line in log.open() if line.strip()
    )
    return {
        "requests": len(latencies),
        "seconds": len(latencies) / float(rate[1]),
        "p50_ms": percentile(latencies, 0.50) * 1e3,
        "p99_ms": percentile(latencies, 0.99) * 1e3,
        "postgres_cpu_seconds": used,
    }


def _script(steps: tuple[Step, ...], world: World) -> str:
    """The clinic's values are drawn as numbers: pgbench has no texts to choose from, a key's hash is four of them."""
    lines = [rf"\set turn random(0, {len(world.clinics) - 1})"]
    used = {value.text for step in steps for value in step.values if value.kind == "clinic"}
    each = [clinic_values(world, clinic) for clinic in world.clinics]
    for name in sorted(name for name in used if name and name not in SAME_FOR_ALL):
        if name == "account_hash":
            parts = [struct.unpack(">4q", bytes.fromhex(values[name][2:])) for values in each]
            lines += [_drawn(f"{name}_{part}", [str(numbers[part]) for numbers in parts]) for part in range(4)]
        else:
            lines.append(_drawn(name, [values[name] for values in each]))
    lines.append(_drawn("first_client", [str(clinic.first_client) for clinic in world.clinics]))
    lines.append(_drawn("last_client", [str(clinic.last_client) for clinic in world.clinics]))
    lines.append(r"\set asked_client_id random(:first_client, :last_client)")
    # Every client books the hours of a stretch of its own, one after the other: nobody books a time twice.
    lines += [r"\set hour :hour + 1", rf"\set at :client_id * {HOURS_OF_A_CLIENT} + :hour"]
    for number, step in enumerate(steps):
        lines.append(_sql(step, number) + (r" \gset made_" if step.gives else ";"))
    return "\n".join(lines) + "\n"


def _drawn(name: str, choices: list[str]) -> str:
    if len(set(choices)) == 1:
        return rf"\set {name} {choices[0]}"
    cases = " ".join(f"when :turn = {turn} then {choice}" for turn, choice in enumerate(choices))
    return rf"\set {name} case {cases} end"


def _sql(step: Step, number: int) -> str:
    def variable(match: re.Match[str]) -> str:
        place = int(match[1]) - 1
        value = step.values[place]
        match value.kind:
            case "clinic" if value.text == "account_hash":
                return "(" + " || ".join(f"int8send(:account_hash_{part})" for part in range(4)) + ")"
            case "clinic":
                return f":{value.text}"
            case "client":
                return ":asked_client_id"
            case "start":
                return "(date '2040-01-02' + make_interval(hours => :at))"
            case "end":
                return f"(date '2040-01-02' + make_interval(hours => :at, mins => {BOOK_MINUTES}))"
            case "locks":
                return f"ARRAY[:at / {STARTS_A_DAY}]"
            case "earlier":
                return f":made_{value.text}"
            case _:
                # A variable of pgbench cannot be null.
                return "NULL" if value.text is None else f":{_constant_variable(number, place)}"

    # A colon inside a literal would be taken for a variable.
    safe = LITERAL.sub(lambda literal: _without_colons(literal[0]), step.sql)
    return PLACEHOLDER.sub(variable, safe)


def _without_colons(literal: str) -> str:
    if not re.search(r":[A-Za-z_]", literal):
        return literal
    return "E" + literal.replace("\\", r"\\").replace(":", r"\x3a")


def _constants(steps: tuple[Step, ...]) -> Mapping[str, str]:
    return {
        _constant_variable(number, place): value.text
        for number, step in enumerate(steps)
        for place, value in enumerate(step.values)
        if value.kind == "constant" and value.text is not None
    }


def _constant_variable(number: int, place: int) -> str:
    return f"given_{number}_{place}"
