"""The shape of the house: who may import whom, and what must not be there."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY, APP = ROOT / "namecls", ROOT / "tui"
SOURCES = sorted([*LIBRARY.rglob("*.py"), *APP.rglob("*.py")])


@dataclass(frozen=True)
class House:
    """The modules of a package, in the order in which they may import each other: each those before it."""

    order: tuple[str, ...]  # dotted, without the package: ``data.table``
    torch: frozenset[str]  # those that need torch

    @classmethod
    def read(cls, heading: str) -> House:
        """The list below a heading of docs/architecture.md: a folder's line ends in a slash, torch has a star."""
        page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
        section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
        order, torch, room = [], set(), ""
        for line in section.splitlines():
            if not line.startswith("    "):
                continue
            indent = len(line) - len(line.lstrip())
            word = line.split()[0]
            if word.endswith("/"):
                room = word[:-1]
                if room == "cli":  # a folder that is one place: its modules may import each other
                    order.append(room)
                continue
            name = word.rstrip("*") if indent == 4 else f"{room}.{word.rstrip('*')}"
            order.append(name)
            if word.endswith("*"):
                torch.add(name)
        return cls(tuple(order), frozenset(torch))

    def place(self, module: str) -> int | None:
        """Where a module stands, or the folder that it belongs to."""
        for name in (module, module.split(".")[0]):
            if name in self.order:
                return self.order.index(name)
        return None


HOUSE = House.read("namecls: one direction")
ROOMS = House.read("tui: one direction")
LONGEST = 450  # lines

#: What a screen or a mistyped option does not wait for.
SLOW = ("torch", "polars", "plotext", "numpy", "safetensors")


def imported(path: Path, *, for_types: bool = False) -> set[str]:
    """The full names of all modules that a file imports, at the top or inside functions.

    :param for_types: with those that it imports for the type checker alone.
    """
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if for_types else running(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            names.add(str(node.module))
            if str(node.module).split(".")[0] in ("namecls", "tui"):
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def running(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a syntax tree but what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from running(child)


def module_of(path: Path, package: Path = LIBRARY) -> str:
    """The dotted name of a file in its package: ``training.loop``, or of a folder: ``training``."""
    return ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")


def library_files() -> list[Path]:
    return [path for path in LIBRARY.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]


def app_files() -> list[Path]:
    return [path for path in APP.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]


def test_the_page_names_every_module_once() -> None:
    for house, package, files in ((HOUSE, LIBRARY, library_files()), (ROOMS, APP, app_files())):
        assert len(set(house.order)) == len(house.order)
        found = {module_of(path, package) for path in files}
        assert {name if not name.startswith("cli.") else "cli" for name in found} == set(house.order)


def known(path: Path, package: Path) -> set[str]:
    """The modules of its own package that a file imports, also for types, without the package."""
    own = f"{package.name}."
    return {name.removeprefix(own) for name in imported(path, for_types=True) if name.startswith(own)}


def test_a_module_imports_only_what_stands_above_it() -> None:
    below = []
    for house, package, files in ((HOUSE, LIBRARY, library_files()), (ROOMS, APP, app_files())):
        for path in files:
            place = house.place(module_of(path, package))
            assert place is not None
            others = {name: house.place(name) for name in known(path, package)}
            below += [
                f"{path.relative_to(ROOT)} imports {name}" for name, at in others.items() if (at or 0) > place
            ]
    assert below == []


def test_the_library_does_not_know_the_app() -> None:
    names = {name for path in LIBRARY.rglob("*.py") for name in imported(path, for_types=True)}
    assert "tui" not in {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", [LIBRARY, APP], ids=lambda package: package.name)
def test_there_is_no_circle_of_imports(package: Path) -> None:
    files = {module_of(path, package): path for path in package.rglob("*.py") if path.name != "__init__.py"}
    graph = {name: known(path, package) & set(files) - {name} for name, path in files.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_training_and_prediction_do_not_know_each_other() -> None:
    assert "namecls.inference.prediction" not in imported(LIBRARY / "training" / "loop.py")
    assert not {
        name
        for name in imported(LIBRARY / "inference" / "prediction.py")
        if name.startswith("namecls.training")
    }


def test_the_library_knows_no_user_interface() -> None:
    interfaces = {"textual", "rich", "typer", "plotext", "argparse"}
    for path in library_files():
        if not module_of(path).startswith("cli."):
            assert not {name.split(".")[0] for name in imported(path)} & interfaces, path.name


def test_torch_is_where_the_page_says() -> None:
    with_torch = {f"namecls.{module}" for module in HOUSE.torch}
    for path in library_files():
        if module_of(path) not in HOUSE.torch and not module_of(path).startswith("cli."):
            names = imported(path)
            large = {"torch"} if module_of(path) == "runs.stored" else {"torch", "safetensors"}
            assert not {name.split(".")[0] for name in names} & large, path
            assert not names & with_torch, path


def test_in_the_app_one_module_reaches_torch_and_one_plotext() -> None:
    torch_side = {f"namecls.{module}" for module in HOUSE.torch} | {"torch"}
    for path in APP.rglob("*.py"):
        names = imported(path)
        if path.name != "library.py":
            assert not names & torch_side, path.name
        if path.name != "plots.py":
            assert "plotext" not in names, path.name


def called(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """The full name of everything that a file names with dots or calls, whatever it was imported as."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    meant: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            meant |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            meant |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, *rest = ast.unparse(node).split(".")
            yield ".".join([meant.get(first, first), *rest]), node


def test_nothing_reads_what_can_run_programs() -> None:
    modules = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml"}
    readers = {"torch.load", "torch.save", "torch.jit.load", "torch.hub.load", "torch.serialization.load"}
    readers |= {"torch.package.PackageImporter", "numpy.load", "np.load", "numpy.save"}
    readers |= {"polars.DataFrame.deserialize", "eval", "exec", "compile", "__import__"}
    readers |= {"builtins.eval", "builtins.exec", "os.system", "os.popen"}
    found = set()
    for path in SOURCES:
        place = str(path.relative_to(ROOT))
        found |= {(place, name) for name in imported(path) if name.split(".")[0] in modules}
        found |= {
            (place, name)
            for name, _ in called(path)
            if name in readers or name.endswith((".torch_load", ".read_pickle"))
        }
    importing = LIBRARY / "runs" / "importing.py"
    assert found == {(str(importing.relative_to(ROOT)), "torch.load")}
    calls = [node for node in ast.walk(ast.parse(importing.read_text("utf-8"))) if isinstance(node, ast.Call)]
    (load,) = (node for node in calls if ast.unparse(node.func) == "torch.load")
    assert "weights_only=True" in ast.unparse(load)


def test_no_file_is_too_long_to_read_at_a_sitting() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize("module", ["namecls", "namecls.cli", "tui.app", "tui.__main__"])
def test_importing_it_leaves_the_slow_things_out(module: str) -> None:
    program = f"import sys, {module}; print(*sorted({set(SLOW)!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"]])
def test_help_does_not_wait_for_what_only_draws(arguments: list[str]) -> None:
    odd = ("rich", "markdown_it", "pygments", "textual")
    program = f"""
import sys
from namecls.cli.app import run
run({arguments!r})
found = sorted({set(odd)!r} & set(sys.modules))
found += [name for name in ("evaluate", "predict", "runs") if f"namecls.cli.{{name}}" in sys.modules]
sys.exit(f"imported: {{found}}" if found else 0)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["train", "--cell", "grru"], ["tune", "--help"], ["runs", "list"]],
)
def test_the_command_line_answers_without_the_slow_things(arguments: list[str]) -> None:
    program = f"""
import sys
from namecls.cli.app import run
run({arguments!r})
sys.exit(f"imported: {{found}}" if (found := sorted({set(SLOW)!r} & set(sys.modules))) else 0)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=True)
