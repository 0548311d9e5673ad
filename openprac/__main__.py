"""The command `openprac`. Whatever can be foreseen to go wrong is one line on standard error and exit status 1."""

import asyncio
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from openprac import __version__, commands
from openprac.commands import administer, say, settings_with, show, show_secret

if TYPE_CHECKING:
    from openprac.admin import Suspended

STYLE: dict[str, Any] = {"no_args_is_help": True, "pretty_exceptions_enable": False, "add_completion": False}
app = typer.Typer(help="A practice-management back end that speaks the PracSuite API v1.", **STYLE)
tenant = typer.Typer(help="Clinics.", **STYLE)
vendor = typer.Typer(help="Vendors: the integrations that may call, each with its x-api-key.", **STYLE)
key = typer.Typer(help="Account keys: each opens one clinic, sent as a-api-key.", **STYLE)
audit = typer.Typer(help="The audit: who read and wrote what, in chains that show what was changed later.", **STYLE)
app.add_typer(tenant, name="tenant")
app.add_typer(vendor, name="vendor")
app.add_typer(key, name="key")
app.add_typer(audit, name="audit")

DataDir = Annotated[
    Path | None, typer.Option(help="Where the bundled servers keep their data (OPENPRAC_DATA_DIR, else ./.openprac).")
]
Host = Annotated[str | None, typer.Option(help="The address to listen on (OPENPRAC_HOST, else 127.0.0.1).")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="OPENPRAC_PORT, else 8080; 0 takes a free one.")]
Workers = Annotated[int | None, typer.Option(min=1, max=64, help="Processes (OPENPRAC_WORKERS, else 1).")]
Rate = Annotated[int | None, typer.Option(min=1, help="Requests per second; without it there is no limit.")]
Quota = Annotated[int | None, typer.Option(min=1, help="Requests per day (of UTC); without it there is no limit.")]
Tenant = Annotated[int | None, typer.Option("--tenant", help="Of this clinic only.")]
Overlap = Annotated[str, typer.Option(help="How long what is older still opens: 7d, 12h, 0.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        say(f"openprac {__version__}")
        raise typer.Exit


# ---------------------------------------------------------------- servers


@app.command()
def serve(host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None) -> None:
    """Serve the API; settings come from the environment (docs/settings.md)."""
    settings = settings_with(host=host, port=port, workers=workers, data_dir=data_dir)
    from openprac.serve import run

    run(settings)


@app.command()
def demo(
    clinics: Annotated[int, typer.Option(min=1, max=100, help="How many invented clinics there are at least.")] = 1,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    data_dir: DataDir = None,
    reset: Annotated[bool, typer.Option("--reset", help="Remove the demo's data first; keys are kept.")] = False,
    now: Annotated[str | None, typer.Option(help="Start the clock at, say, 2026-03-02T09:00:00.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Write addresses and keys here once it serves.")] = None,
) -> None:
    """Serve invented clinics, ready to be called: a sandbox with its own database and file store."""
    from openprac.demo.command import clinic_of, run

    settings = settings_with(
        host=host,
        port=port,
        workers=workers,
        data_dir=data_dir,
        clock_ahead_seconds=commands.clock_ahead_seconds(now, clinic_of(1)[1]) if now else None,
        sandbox=True,
    )
    run(settings, clinics=clinics, ready_file=ready_file, afresh=reset)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this program's schema."""
    applied = commands.migrate(settings_with(data_dir=data_dir))
    say(f"Applied: {', '.join(applied)}." if applied else "The database is up to date.")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API."""
    import msgspec

    from openprac.app import openapi_document

    document = openapi_document(settings_with())
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


# ---------------------------------------------------------------- keeping


@app.command()
def backup(
    target: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")], data_dir: DataDir = None
) -> None:
    """Back up database and files; the server may go on. Files that are there already are not copied again."""
    from openprac.keep import command

    settings = settings_with(data_dir=data_dir)
    say(commands.operate(settings, lambda there: command.back_up(settings, there, target)))


@app.command()
def backups(target: Annotated[str, typer.Argument(help="Where they are.")], as_json: Json = False) -> None:
    """List backups, oldest first."""
    from openprac.keep import command

    rows = asyncio.run(command.backups(settings_with(), target))
    show(rows, ("backup", "moment", "schema", "clinics", "rows", "files", "file_bytes"), as_json=as_json)


@app.command()
def verify(
    source: Annotated[str, typer.Argument(help="Where the backup is.")],
    stamp: Annotated[str | None, typer.Option("--backup", help="Which one; the newest when left out.")] = None,
) -> None:
    """Read all of a backup and compare it with its checksums."""
    from openprac.keep import command

    say(asyncio.run(command.verify(settings_with(), source, stamp)))


@app.command()
def restore(
    source: Annotated[str, typer.Argument(help="Where the backup is.")],
    stamp: Annotated[str | None, typer.Option("--backup", help="Which one; the newest when left out.")] = None,
    beside_files: Annotated[
        bool, typer.Option("--beside-files", help="The file store may hold other files: it was not lost.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Restore a backup into an empty instance."""
    from openprac.keep import command

    settings = settings_with(data_dir=data_dir)
    say(
        commands.operate(
            settings,
            lambda there: command.bring_back(settings, there, source, stamp, beside_files=beside_files),
            migrated=False,
        )
    )


@app.command("export")
def export_(
    target: Annotated[str, typer.Argument(help="An empty folder, or s3://bucket/prefix; with --csv a file, or -.")],
    tenant_id: Annotated[int, typer.Option("--tenant", help="The clinic.")],
    csv: Annotated[str | None, typer.Option(help="One list instead, as CSV: patient, appointment ...")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write all of a clinic, with its files, in a form that can be imported; or one of its lists as a sheet."""
    from openprac.keep import command

    settings = settings_with(data_dir=data_dir)
    if csv is None:
        say(commands.operate(settings, lambda there: command.take_out(settings, there, target, tenant_id)))
    elif said := commands.operate(settings, lambda there: command.write_sheet(there, target, csv, tenant_id)):
        say(said)


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="Where `openprac export` wrote it.")],
    as_new: Annotated[bool, typer.Option("--as-new", help="Under a new clinic id; ids of its rows stay.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring an exported clinic into an instance, which may serve others meanwhile."""
    from openprac.keep import command

    settings = settings_with(data_dir=data_dir)
    say(
        commands.operate(
            settings, lambda there: command.bring_in(settings, there, source, as_new=as_new), migrated=False
        )
    )


@app.command()
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be without losing anything.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Look whether database, files, rights, clocks and room are as they should be; status 1 if not."""
    from openprac.keep import command

    settings = settings_with(data_dir=data_dir)
    findings = commands.operate(settings, lambda there: command.look(settings, there, repair=repair), migrated=False)
    show([asdict(one) for one in findings], ("state", "check", "says"), as_json=as_json)
    raise typer.Exit(any(one.state == "bad" for one in findings))


# ---------------------------------------------------------------- clinics


@tenant.command("create")
def tenant_create(
    name: str,
    time_zone: Annotated[str, typer.Option(help="Such as Australia/Sydney.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """A new clinic, with the lists every clinic starts with."""
    from openprac import admin

    admin.check_time_zone(time_zone)
    tenant_id = administer(settings_with(data_dir=data_dir), lambda db: admin.create_tenant(db, name, time_zone))
    if as_json:
        show([{"tenant_id": tenant_id, "name": name, "time_zone": time_zone}], (), as_json=True)
    else:
        say(f"Clinic {tenant_id} was created. Give it a key with `openprac key create --tenant {tenant_id}`.")


@tenant.command("list")
def tenant_list(as_json: Json = False, data_dir: DataDir = None) -> None:
    """All clinics."""
    from openprac.admin import list_tenants

    rows = administer(settings_with(data_dir=data_dir), list_tenants)
    show(rows, ("tenant_id", "name", "time_zone", "created", "suspended_at"), as_json=as_json)


@tenant.command("suspend")
def tenant_suspend(tenant_id: int, data_dir: DataDir = None) -> None:
    """Close a clinic to all its keys, at once."""
    _suspend("tenant", tenant_id, data_dir, suspended=True)
    say(f"Clinic {tenant_id} is suspended.")


@tenant.command("resume")
def tenant_resume(tenant_id: int, data_dir: DataDir = None) -> None:
    """Open a suspended clinic again."""
    _suspend("tenant", tenant_id, data_dir, suspended=False)
    say(f"Clinic {tenant_id} is open.")


def _suspend(what: "Suspended", number: int, data_dir: Path | None, *, suspended: bool) -> None:
    from openprac import admin

    administer(settings_with(data_dir=data_dir), lambda db: admin.suspend(db, what, number, suspended=suspended))


# ---------------------------------------------------------------- vendors


@vendor.command("create")
def vendor_create(
    name: str,
    rate: Rate = None,
    quota: Quota = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """A new vendor with its first key."""
    from openprac import admin

    vendor_id, secret = administer(
        settings_with(data_dir=data_dir), lambda db: admin.create_vendor(db, name, rate, quota)
    )
    created = {"vendor_id": vendor_id, "name": name}
    show_secret(created, f"Vendor {vendor_id} was created.", secret, "x-api-key", as_json=as_json)


@vendor.command("list")
def vendor_list(as_json: Json = False, data_dir: DataDir = None) -> None:
    """All vendors, with the hints of the keys that open."""
    from openprac.admin import list_vendors

    rows = administer(settings_with(data_dir=data_dir), list_vendors)
    columns = ("vendor_id", "name", "rate_per_second", "quota_per_day", "used_today", "keys", "last_used_at", "created")
    show(rows, (*columns, "suspended_at", "revoked_at"), as_json=as_json)


@vendor.command("limit")
def vendor_limit(vendor_id: int, rate: Rate = None, quota: Quota = None, data_dir: DataDir = None) -> None:
    """Set both limits of a vendor; one that is left out is no limit."""
    from openprac import admin

    administer(settings_with(data_dir=data_dir), lambda db: admin.limit_vendor(db, vendor_id, rate, quota))
    say(f"Vendor {vendor_id} has {rate or 'no limit of'} requests per second and {quota or 'no limit of'} per day.")


@vendor.command("rotate")
def vendor_rotate(
    vendor_id: int,
    overlap: Overlap = "7d",
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """A new key for a vendor; its older keys end after the overlap."""
    from openprac import admin

    time = commands.duration(overlap)
    secret = administer(settings_with(data_dir=data_dir), lambda db: admin.rotate_vendor(db, vendor_id, time))
    sentence = f"Vendor {vendor_id} has a new key; its older ones open for {overlap} more."
    show_secret({"vendor_id": vendor_id}, sentence, secret, "x-api-key", as_json=as_json)


@vendor.command("revoke")
def vendor_revoke(vendor_id: int, data_dir: DataDir = None) -> None:
    """End a vendor and all its keys, at once."""
    from openprac import admin

    administer(settings_with(data_dir=data_dir), lambda db: admin.revoke_vendor(db, vendor_id))
    say(f"Vendor {vendor_id} is revoked.")


@vendor.command("suspend")
def vendor_suspend(vendor_id: int, data_dir: DataDir = None) -> None:
    """Refuse a vendor with all its keys, at once."""
    _suspend("vendor", vendor_id, data_dir, suspended=True)
    say(f"Vendor {vendor_id} is suspended.")


@vendor.command("resume")
def vendor_resume(vendor_id: int, data_dir: DataDir = None) -> None:
    """Let a suspended vendor in again."""
    _suspend("vendor", vendor_id, data_dir, suspended=False)
    say(f"Vendor {vendor_id} may call again.")


# ---------------------------------------------------------------- account keys


@key.command("create")
def key_create(
    tenant_id: Annotated[int, typer.Option("--tenant", help="The clinic it opens.")],
    name: Annotated[str, typer.Option(help="What it is for; the user it acts as has this name.")] = "API key",
    permission: Annotated[list[str] | None, typer.Option(help="Such as patient:read; give it once for each.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every permission.")] = False,
    expires: Annotated[str | None, typer.Option(help="A date, a time (UTC), or from now: 90d, 12h.")] = None,
    vendor_id: Annotated[int | None, typer.Option("--vendor", help="It opens beside this vendor's key only.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """An account key of a clinic."""
    from openprac import admin

    if bool(permission) == everything:
        raise commands.CommandError("Say what the key may do: --permission once for each permission, or --all.")
    granted = [admin.ALL_PERMISSIONS] if everything else permission or []
    until = commands.expiry(expires) if expires else None
    account_key_id, user_id, secret = administer(
        settings_with(data_dir=data_dir),
        lambda db: admin.create_account_key(db, tenant_id, name, granted, until, vendor_id),
    )
    created = {"account_key_id": account_key_id, "tenant_id": tenant_id, "user_id": user_id, "name": name}
    sentence = f"Account key {account_key_id} of clinic {tenant_id} was created; it acts as user {user_id}."
    show_secret(created, sentence, secret, "a-api-key", as_json=as_json)


@key.command("list")
def key_list(tenant_id: Tenant = None, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Account keys; secrets are not stored, so only hints can be shown."""
    from openprac import admin

    rows = administer(settings_with(data_dir=data_dir), lambda db: admin.list_account_keys(db, tenant_id))
    columns = ("account_key_id", "tenant_id", "user_id", "name", "hint", "permissions", "vendor_id", "expires_at")
    show(rows, (*columns, "last_used_at", "suspended_at", "revoked_at"), as_json=as_json)


@key.command("rotate")
def key_rotate(
    account_key_id: int,
    overlap: Overlap = "7d",
    expires: Annotated[str | None, typer.Option(help="Of the new key; else it lives as long as the old one.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """A new key that may do what the old one may; the old one ends after the overlap."""
    from openprac import admin

    time = commands.duration(overlap)
    until = commands.expiry(expires) if expires else None
    new_id, _, secret = administer(
        settings_with(data_dir=data_dir), lambda db: admin.rotate_account_key(db, account_key_id, time, until)
    )
    sentence = f"Account key {new_id} takes the place of {account_key_id}, which opens for {overlap} more."
    show_secret({"account_key_id": new_id}, sentence, secret, "a-api-key", as_json=as_json)


@key.command("suspend")
def key_suspend(account_key_id: int, data_dir: DataDir = None) -> None:
    """Refuse an account key, at once."""
    _suspend("account_key", account_key_id, data_dir, suspended=True)
    say(f"Account key {account_key_id} is suspended.")


@key.command("resume")
def key_resume(account_key_id: int, data_dir: DataDir = None) -> None:
    """Let a suspended account key open again."""
    _suspend("account_key", account_key_id, data_dir, suspended=False)
    say(f"Account key {account_key_id} opens again.")


@key.command("revoke")
def key_revoke(account_key_id: int, data_dir: DataDir = None) -> None:
    """End an account key, at once."""
    from openprac import admin

    administer(settings_with(data_dir=data_dir), lambda db: admin.revoke_account_key(db, account_key_id))
    say(f"Account key {account_key_id} is revoked.")


# ---------------------------------------------------------------- the audit


@audit.command("verify")
def audit_verify(
    tenant_id: Tenant = None,
    pinned: Annotated[Path | None, typer.Option(help="Heads kept from `openprac audit head --json`.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Walk the chain of each clinic; exit status 1 where a line was changed, removed or inserted."""
    from openprac.audit import verification

    pins = verification.pins_of(pinned.read_text()) if pinned else None
    verdicts = administer(settings_with(data_dir=data_dir), lambda db: verification.verify(db, tenant_id, pins))
    if as_json:
        show([verdict.members() for verdict in verdicts], (), as_json=True)
    else:
        say("\n".join(line for verdict in verdicts for line in verdict.lines()))
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(1)


@audit.command("head")
def audit_head(tenant_id: Tenant = None, as_json: Json = False, data_dir: DataDir = None) -> None:
    """The newest hash of each clinic's chain, to be kept where nobody can change it here."""
    from openprac.audit import verification

    rows = administer(settings_with(data_dir=data_dir), lambda db: verification.heads(db, tenant_id))
    show(rows, ("tenant_id", "position", "hash", "sealed_at"), as_json=as_json)


@audit.command("export")
def audit_export(
    tenant_id: Annotated[int, typer.Option("--tenant", help="The clinic.")],
    since: Annotated[str | None, typer.Option("--from", help="A date or a time (UTC): not before it.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="A date or a time (UTC): before it.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print the sealed lines of a clinic with their hashes, a line of JSON each."""
    from openprac.audit import verification

    first, last = (commands.instant(name, text) for name, text in (("--from", since), ("--to", until)))

    async def write(db: Any) -> None:
        async for line in verification.export(db, tenant_id, first, last):
            sys.stdout.buffer.write(line)

    administer(settings_with(data_dir=data_dir), write)


def main() -> None:
    """Run the command: exit status 0, 1 for what failed, 2 for a wrong command line, 130 for Ctrl-C."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as error:
        sys.exit(_failed(error, getattr(error, "exit_code", 1)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has enough. Nothing may be written at the interpreter's end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except commands.known_errors() as error:
        sys.exit(_failed(error, 1))


def _failed(error: BaseException, status: int) -> int:
    text = error.format_message() if isinstance(error, TyperException) else commands.error_line(error)
    sys.stderr.write(f"openprac: {' '.join(text.split())}\n")
    return status


if __name__ == "__main__":
    main()
