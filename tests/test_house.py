"""The house rules a machine can hold (STYLE.md). Exceptions are tuples here, and only shrink."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FUNCTION_MAX_LINES = 70
MODULE_MAX_LINES = 500

# SQL that names the tenant column. The two gates for plain rows, what binds and enters, and modules that load and
# store for a domain of their own.
TENANT_SQL_GATES = (
    "kernel/database.py",
    "kernel/idempotency.py",
    "kernel/links.py",
    "kernel/row.py",
    "kernel/select.py",
    "kernel/write.py",
)
TENANT_SQL_DOMAINS = (
    "accounts.py",
    "billing/facts.py",
    "billing/moves.py",
    "billing/settings.py",
    "billing/store.py",
    "attachments/api.py",
    "attachments/uploads.py",
    "availability/sql.py",
    "billing/payment_store.py",
    "diary/cancel.py",
    "diary/facts.py",
    "diary/groups.py",
    "diary/history.py",
    "diary/store.py",
    "notes/api.py",
    "patient_match/load.py",
    "people.py",
    "rosters/store.py",
)
TENANT_SQL_OWNER = ("admin.py", "audit/verification.py", "demo/command.py", "demo/fill.py")
# What keeps and looks after all clinics at once, clinic after clinic where row-level security binds its role.
TENANT_SQL_KEEPING = (
    "keep/catalog.py",
    "keep/clinic_in.py",
    "keep/clinic_out.py",
    "keep/snapshot.py",
)
TENANT_SQL = (*TENANT_SQL_GATES, *TENANT_SQL_DOMAINS, *TENANT_SQL_OWNER, *TENANT_SQL_KEEPING)

# Values in, values out: no database, no HTTP, no clock.
PURE = (
    "attachments/file_names.py",
    "attachments/file_types.py",
    "audit/chain.py",
    "availability/explain.py",
    "availability/labels.py",
    "availability/minutes.py",
    "availability/model.py",
    "availability/opening.py",
    "availability/questions.py",
    "availability/search.py",
    "availability/taken.py",
    "billing/allocation.py",
    "billing/payment_rows.py",
    "billing/totals.py",
    "browsers.py",
    "diary/bodies.py",
    "diary/drafts.py",
    "diary/lengths.py",
    "diary/rows.py",
    "diary/spans.py",
    "errors.py",
    "kernel/action.py",
    "kernel/body.py",
    "kernel/collection.py",
    "kernel/openapi.py",
    "kernel/page.py",
    "kernel/query.py",
    "kernel/row.py",
    "kernel/select.py",
    "kernel/shape.py",
    "kernel/slips.py",
    "kernel/stored.py",
    "kernel/values.py",
    "keys.py",
    "patient_match/phones.py",
    "patient_match/rank.py",
    "patient_match/words.py",
    "proxies.py",
    "rosters/recurrence.py",
)
IMPURE_MODULES = (
    "asyncio",
    "asyncpg",
    "httpx",
    "starlette",
    "uvicorn",
    "botocore",
    "socket",
    "time",
    "openprac.settings",
)
CLOCK_CALLS = re.compile(r"\b(datetime\.now|datetime\.utcnow|datetime\.today|date\.today|time\.time|monotonic)\(")

# The kernel knows no word of the trade: of our own modules it imports itself and these.
KERNEL_MAY_IMPORT = ("openprac.errors", "openprac.kernel", "openprac.time_zones")
# openprac/api.py gathers the domains, openprac/app.py serves them; nothing below imports them but commands.
TOP = {"openprac.api": ("admin.py", "app.py", "keep/command.py"), "openprac.app": ("__main__.py", "worker.py")}

SKIPS = ("skip", "skipif", "xfail", "importorskip")
# No body of the API refers to anything through these.
TABLES_OF_THE_OPERATOR = ("account_key", "vendor_key")

BROAD_EXCEPT = ("app.py",)
ABSOLUTE_PATHS = ("openprac/embedded/seaweed.py",)
LONG_FUNCTIONS: tuple[str, ...] = ()
LONG_MODULES: tuple[str, ...] = ()
NO_DOCSTRING: tuple[str, ...] = ()


def tracked() -> list[Path]:
    """What a commit of this tree would hold: tracked files and new ones that are not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return sorted(ROOT / name for name in set(found.stdout.split("\0")) if name and (ROOT / name).is_file())


FILES = tracked()
SOURCES = [path for path in FILES if path.suffix == ".py"]
PRODUCT = [path for path in SOURCES if path.is_relative_to(ROOT / "openprac")]
KERNEL = [path for path in PRODUCT if path.parent.name == "kernel"]


def name_of(path: Path) -> str:
    """As the tuples above spell it: behind openprac/ for the product, else from the root."""
    return str(path.relative_to(ROOT)).removeprefix("openprac/")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every module it names, also inside functions; what only types need counts as well."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(module: str, roots: Iterable[str]) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def texts_of(path: Path) -> Iterator[str]:
    """Every string of a module that is not a docstring, with the fixed parts of f-strings."""
    tree = tree_of(path)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def breaks(paths: Iterable[Path], rule: Callable[[Path], bool], name: Callable[[Path], str] = name_of) -> list[str]:
    return sorted(name(path) for path in paths if rule(path))


def from_root(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_tenant_is_written_into_sql_in_the_known_places_only() -> None:
    sql = re.compile(
        r"\btenant_id\b.*(=|\bIN\b|\bWHERE\b|,)|\b(SELECT|INSERT|UPDATE|DELETE|WHERE|JOIN)\b.*\btenant_id\b", re.S
    )

    def names_the_tenant(path: Path) -> bool:
        return any(sql.search(text) for text in texts_of(path))

    assert breaks(PRODUCT, names_the_tenant) == sorted(TENANT_SQL)


def test_connections_are_acquired_in_one_place() -> None:
    def acquires(path: Path) -> bool:
        return bool(re.search(r"[Pp]ool\w*\.acquire\(|create_pool\(", path.read_text()))

    assert breaks(PRODUCT, acquires) == ["kernel/database.py"]


def test_every_connection_comes_bound() -> None:
    """Both doors overwrite the tenant the last request left, in the statement that comes with the connection."""
    doors = [
        node
        for node in ast.walk(tree_of(ROOT / "openprac/kernel/database.py"))
        if isinstance(node, ast.AsyncFunctionDef) and "self._pool.acquire(" in ast.unparse(node)
    ]
    assert [door.name for door in doors] == ["say"]
    # ... and only the sessions of enter() and as_tenant() have it said.
    assert breaks(PRODUCT, lambda path: ".say(" in path.read_text()) == ["kernel/database.py"]


@pytest.mark.parametrize("path", KERNEL, ids=name_of)
def test_the_kernel_imports_no_domain(path: Path) -> None:
    own = {module for module in imports_of(path) if is_under(module, ["openprac"]) and module != "openprac"}
    assert {module for module in own if not is_under(module, KERNEL_MAY_IMPORT)} == set()


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_import_no_database_http_or_clock(name: str) -> None:
    path = ROOT / "openprac" / name
    assert [module for module in imports_of(path) if is_under(module, IMPURE_MODULES)] == []
    assert CLOCK_CALLS.findall(path.read_text()) == []


@pytest.mark.parametrize("module", TOP)
def test_the_top_is_imported_by_the_top_only(module: str) -> None:
    users = breaks(PRODUCT, lambda path: any(is_under(one, [module]) for one in imports_of(path)))
    assert users == sorted(TOP[module])


def test_domains_do_not_import_each_others_handlers() -> None:
    """A domain's api.py is its last module: openprac/api.py gathers it and nothing else does."""

    def uses_an_api(path: Path) -> bool:
        return any(re.fullmatch(r"openprac\.\w+\.api", module) for module in imports_of(path))

    assert breaks(PRODUCT, uses_an_api) == ["api.py"]


def test_functions_fit_one_screen() -> None:
    long = [
        f"{from_root(path)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_MAX_LINES
    ]
    assert long == sorted(LONG_FUNCTIONS)


def test_modules_are_short() -> None:
    def is_long(path: Path) -> bool:
        return len(path.read_text().splitlines()) > MODULE_MAX_LINES

    assert breaks(SOURCES, is_long, from_root) == sorted(LONG_MODULES)


def test_nothing_catches_everything_but_the_last_door() -> None:
    def catches_everything(path: Path) -> bool:
        handlers = [node.type for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler)]
        return any(one is None or "Exception" in _names(one) for one in handlers)

    assert breaks(PRODUCT, catches_everything) == sorted(BROAD_EXCEPT)


def _names(node: ast.expr) -> list[str]:
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]


def test_every_module_says_what_it_is() -> None:
    def is_silent(path: Path) -> bool:
        tree = tree_of(path)
        return bool(tree.body) and ast.get_docstring(tree) is None

    assert breaks(SOURCES, is_silent, from_root) == sorted(NO_DOCSTRING)


def test_no_file_names_a_place_of_one_machine() -> None:
    folders = "|".join(["home", "root", "Users", "work", "tmp", "opt", "srv", "mnt", "var/" + "folders"])
    place = re.compile(r"(?<![\w.})\]/:-])/(" + folders + r")(/\w|[\"'`]|\)|$)", re.M)

    def names_a_place(path: Path) -> bool:
        return bool(place.search(path.read_text(errors="replace")))

    assert breaks(FILES, names_a_place, from_root) == sorted(ABSOLUTE_PATHS)


def test_no_file_names_a_package_registry() -> None:
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
    ]
    hosts += [".".join(parts) for parts in (("crates", "io"), ("proxy", "golang", "org"), ("registry", "yarnpkg"))]
    host = re.compile("|".join(map(re.escape, hosts)) + "|" + r"--(?:extra-)?index" + r"-url[ =]\S*//", re.I)
    assert breaks(FILES, lambda path: bool(host.search(path.read_text(errors="replace"))), from_root) == []


def test_a_skipped_test_says_why() -> None:
    """pytest.mark.skip and its kin carry a reason, pytest.skip() a sentence."""

    def is_silent(path: Path) -> bool:
        tree = tree_of(path)
        told = {
            id(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and (
                any(one.arg == "reason" for one in node.keywords)
                or (ast.unparse(node.func) == "pytest.skip" and node.args)
            )
        }
        skips = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in SKIPS]
        return any(id(node) not in told for node in skips if ast.unparse(node).startswith("pytest."))

    assert breaks(SOURCES, is_silent, from_root) == []


def test_migrations_name_every_foreign_key_by_its_field() -> None:
    """<table>_<field>_fk: a refused reference becomes a 422 that names the field. Ties to the tenant need no name."""
    for path in sorted((ROOT / "openprac/migrations").glob("[0-9]*.sql")):
        sql = re.sub(r"--[^\n]*", "", path.read_text())
        for statement in sql.split(";"):
            table = re.search(r"(?:CREATE TABLE|ALTER TABLE)\s+(\w+)", statement)
            for name, columns in re.findall(r"(?:CONSTRAINT\s+(\w+)\s+)?FOREIGN KEY \(([^)]+)\)", statement):
                assert table
                if table[1] in TABLES_OF_THE_OPERATOR:
                    continue
                field = columns.split(",")[-1].strip()
                assert name == f"{table[1]}_{field}_fk", f"{path.name}: {table[1]} ({columns})"
