"""The layers of cacofonisk, by what each module imports.

::

    sources      operators      sinks     on top: cli, testing, classic
          |     pure machines      |
           ami_event, events, errors, times, text
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cacofonisk"
MODULES = sorted(PACKAGE.rglob("*.py"))

VALUES = {"ami_event", "errors", "events", "text", "times"}
"""What everybody may use: values, and small helpers for them."""
ON_TOP = {
    "commands",
    "utils",
    "__init__",
    "__main__",
    "classic",
    "cli",
    "phonebook",
    "pytest_marbles",
    "running",
    "schema",
    "testing",
}
"""What nothing else imports: the faces of the package."""
AROUND = {"operators", "sinks", "sources"} | ON_TOP
"""All that is no pure machine."""

IO = {"asyncio", "httpx", "orjson", "panoramisk", "select", "selectors", "socket", "ssl", "threading", "urllib"}
UNREPEATABLE = {"concurrent", "datetime", "logging", "os", "random", "secrets", "subprocess", "time", "uuid"}
"""What makes the same input give another output, or speaks to somebody else than `emit`."""


def layer(path: Path) -> str:
    """`sources` for cacofonisk/sources/file.py, `channels` for cacofonisk/channels.py."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path, *, only_at_run_time: bool = False) -> set[str]:
    """What a module imports, by full names; `only_at_run_time` leaves out what only type checkers see."""
    return found_in(ast.parse(path.read_text()), path, only_at_run_time=only_at_run_time)


def found_in(tree: ast.AST, path: Path, *, only_at_run_time: bool = False) -> set[str]:
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if only_at_run_time and isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = ("cacofonisk", *path.relative_to(PACKAGE).parts[: -node.level])
                base = ".".join([*above, *([base] if base else [])])
            found.update(f"{base}.{alias.name}" for alias in node.names)
        else:
            found |= found_in(node, path, only_at_run_time=only_at_run_time)
    return found


def own(names: set[str]) -> set[str]:
    """The layers of ours among what is imported."""
    return {name.split(".")[1] for name in names if name.startswith("cacofonisk.")}


def foreign(names: set[str]) -> set[str]:
    """The packages of others."""
    return {name.split(".")[0] for name in names} - {"cacofonisk"}


def named(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def modules(*layers: str, but_for: frozenset[str] | set[str] = frozenset()) -> pytest.MarkDecorator:
    chosen = [path for path in MODULES if (layer(path) in layers if layers else layer(path) not in but_for)]
    return pytest.mark.parametrize("path", chosen, ids=named)


machines = modules(but_for=AROUND)


@machines
def test_a_pure_module_knows_pure_modules_only(path: Path) -> None:
    assert own(imports(path)) & AROUND == set()


@machines
def test_a_pure_module_does_nothing_that_cannot_be_repeated(path: Path) -> None:
    forbidden = IO | UNREPEATABLE | {"reactivex"}
    if layer(path) in ("events", "times"):
        forbidden -= {"datetime"}  # to write a given time, never to ask for the present one
    assert foreign(imports(path)) & forbidden == set()
    assert not re.search(r"datetime\.(utc)?now\(|\.today\(", path.read_text())


@modules("ami_event", "errors", "events", "text", "times")
def test_values_know_values_only(path: Path) -> None:
    names = own(imports(path, only_at_run_time=True))
    assert names <= VALUES | {"transfer_fact"}, names


@modules("operators")
def test_an_operator_knows_machines_and_other_operators(path: Path) -> None:
    assert own(imports(path)) & ({"sinks", "sources"} | ON_TOP) == set()
    assert foreign(imports(path)) & IO - {"threading"} == set()


@modules("operators")
def test_the_lift_alone_turns_machines_into_operators(path: Path) -> None:
    if path.name not in ("_lift.py", "group_by_uniqueid.py"):
        assert "subscribe(" not in path.read_text()


@modules("sources")
def test_a_source_knows_values_and_itself_only(path: Path) -> None:
    assert own(imports(path)) <= VALUES | {"sources"}


@modules("sinks")
def test_a_sink_knows_values_and_itself_only(path: Path) -> None:
    assert own(imports(path)) <= VALUES | {"sinks"}


@modules("sources")
def test_sources_do_not_know_each_other(path: Path) -> None:
    """`file` and `ami` share what begins with an underscore, and nothing else."""
    assert others_in(path, "sources") == set()


@modules("sinks")
def test_sinks_do_not_know_each_other(path: Path) -> None:
    assert others_in(path, "sinks") == set()


def others_in(path: Path, folder: str) -> set[str]:
    """The public modules of its folder that a module imports; the folder's lists of them name them all."""
    if path.parent == PACKAGE / folder and path.name in ("__init__.py", "_registry.py"):
        return set()
    parts = [name.split(".") for name in imports(path) if name.startswith(f"cacofonisk.{folder}.")]
    public = {each.stem for each in (PACKAGE / folder).glob("[!_]*")}
    itself = path.relative_to(PACKAGE / folder).with_suffix("").parts[0]  # a module, or a folder of them
    return {part[2] for part in parts if part[2] in public and part[2] != itself}


@modules()
def test_who_may_know_panoramisk(path: Path) -> None:
    if "panoramisk" in foreign(imports(path)):
        assert layer(path) == "sources"
        assert path.stem.lstrip("_").startswith("ami")


@modules()
def test_who_may_know_json_and_asyncio(path: Path) -> None:
    if foreign(imports(path)) & {"asyncio", "orjson"}:
        assert layer(path) in {"sinks", "sources"} | ON_TOP


@modules(but_for=ON_TOP)
def test_nothing_knows_the_faces_of_the_package(path: Path) -> None:
    assert own(imports(path)) & ON_TOP == set()


def test_every_module_has_a_layer() -> None:
    """A new folder is either around the machines, or pure: this list is to be thought about."""
    folders = {layer(path) for path in MODULES if path.parent != PACKAGE}
    assert folders <= {"calls", "classic", "commands", "operators", "sinks", "sources", "testing", "utils"}


def test_who_replays_a_file_does_not_wait_for_panoramisk() -> None:
    code = "import cacofonisk.cli, cacofonisk.sinks, cacofonisk.sources, sys; print('panoramisk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


# The reader of imports itself


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
from typing import TYPE_CHECKING
import os.path as p
if TYPE_CHECKING:
    from cacofonisk.events import Event
def f():
    from ..sinks import stdout
    from . import _decode
    from cacofonisk import sources
"""
    tree, path = ast.parse(text), PACKAGE / "sources" / "file.py"
    found = found_in(tree, path)
    assert found == {
        "typing.TYPE_CHECKING", "os.path", "cacofonisk.events.Event", "cacofonisk.sinks.stdout",
        "cacofonisk.sources._decode", "cacofonisk.sources",
    }  # fmt: skip
    assert own(found) == {"events", "sinks", "sources"}
    assert "cacofonisk.events.Event" not in found_in(tree, path, only_at_run_time=True)
