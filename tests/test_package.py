"""The wheel, what it puts into site-packages, how the package is found from a checkout, and which way imports point."""

import ast
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import llvmlite
import numpy as np
import pytest

CHECKOUT = Path(__file__).parent.parent
HOMES = {"irad": CHECKOUT / "irad", "irad.passes": CHECKOUT / "passes", "irad.runtime": CHECKOUT / "runtime"}
IMPORTS = "import irad, irad.cli, irad.passes.pipeline, irad.runtime; print(irad.__file__, irad.passes.__file__)"


def run(*command, cwd):
    """Run a command outside of this process's import settings; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy, since a build leaves its own files, which a later build would pack
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info"))
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment that holds the wheel alone; NumPy and llvmlite are seen through a path file."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    installed = sorted(path.name for path in site.iterdir())
    (site / "dependencies.pth").write_text("\n".join({str(Path(module.__file__).parent.parent) for module in (llvmlite, np)}))
    return python, site, installed


def test_wheel_installs_irad_and_nothing_else(environment):
    _, _, installed = environment
    assert [name.partition("-")[0] for name in installed] == ["irad", "irad"]


def test_wheel_has_every_source_file(environment):
    _, site, _ = environment
    present = {str(path.relative_to(site)) for path in site.rglob("*.py")}
    expected = {f"{name.replace('.', '/')}/{path.relative_to(home)}" for name, home in HOMES.items() for path in home.rglob("*.py")}
    assert present == expected


def test_every_folder_is_a_package():
    folders = {path.parent for home in HOMES.values() for path in home.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_imports_from_the_wheel(environment, tmp_path):
    python, site, _ = environment
    assert run(python, "-c", IMPORTS, cwd=tmp_path).split() == [str(site / "irad/__init__.py"), str(site / "irad/passes/__init__.py")]


def test_imports_in_the_checkout(environment):
    python, _, _ = environment
    assert run(python, "-c", IMPORTS, cwd=CHECKOUT).split() == [str(CHECKOUT / "irad/__init__.py"), str(CHECKOUT / "passes/__init__.py")]


@pytest.mark.parametrize("in_checkout", [True, False])
def test_module_runs(environment, tmp_path, in_checkout):
    python, _, _ = environment
    assert "irad demo" in run(python, "-m", "irad", "demo", "--help", cwd=CHECKOUT if in_checkout else tmp_path)


# Layers from the bottom up: what a package may import beside itself and the modules that are nobody's layer.
ALLOWED = {
    "irad.ir": {"irad.errors"},  # which itself imports nothing
    "irad.passes": {"irad.ir", "irad.errors", "irad.options"},
    "irad.lower": {"irad.ir", "irad.errors", "irad.options"},
    "irad.runtime": {"irad.ir", "irad.lower", "irad.errors", "irad.options"},
    "irad.frontend": {"irad.ir", "irad.errors", "irad.options", "irad.pytree", "irad.rules"},
}


def sources(package):
    """Yield (module name, file) of every module of a package."""
    base = "irad.passes" if package.startswith("irad.passes") else "irad.runtime" if package.startswith("irad.runtime") else "irad"
    home = HOMES[base].joinpath(*package.removeprefix(base).split("."))
    for path in home.rglob("*.py"):
        parts = path.relative_to(home).with_suffix("").parts
        yield ".".join([package, *(part for part in parts if part != "__init__")]), path


def imported(module, path):
    """Yield the full names of the irad modules that a module imports, functions' own imports included."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] + "." if node.level else ""
            base = above + (node.module or "")
            yield from (f"{base.rstrip('.')}.{alias.name}" for alias in node.names)


def belongs(name, package):
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package):
    wrong = [
        f"{path.relative_to(CHECKOUT)} imports {name}"
        for module, path in sources(package)
        for name in imported(module, path)
        if belongs(name, "irad") and not any(belongs(name, allowed) for allowed in {package, *ALLOWED[package]})
    ]
    assert wrong == []


def test_no_source_file_exceeds_500_lines():
    lengths = {path.relative_to(CHECKOUT): len(path.read_text().splitlines()) for home in HOMES.values() for path in home.rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length > 500} == {}
