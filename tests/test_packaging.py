"""What is installed is what stands in the tree, and it runs without the tree."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import veille
import veille.processors
import veille.producers
import veille.sinks

ROOT = Path(__file__).parent.parent
LOADED = """
import importlib, veille.cli.app, veille.stage
for module in {each for needed in veille.stage.NEEDED.values() for each in needed}:
    importlib.import_module(module)
print(veille.sinks.__file__)
"""
"""All that commands and stages load."""

STAGES = {"producers": veille.producers, "processors": veille.processors, "sinks": veille.sinks}


def run(*command: str | Path, cwd: Path) -> str:
    """Its output; a failure shows it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VEILLE"))}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tree() -> set[str]:
    """Every file of the package, through the links."""
    return {
        f"veille/{(Path(folder) / name).relative_to(ROOT / 'src' / 'veille')}"
        for folder, _, names in os.walk(ROOT / "src" / "veille", followlinks=True)
        if "__pycache__" not in folder
        for name in names
        if not name.startswith(".")
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


def test_the_three_links_lead_to_the_stage_folders() -> None:
    for name, package in STAGES.items():
        link = ROOT / "src" / "veille" / name
        assert link.is_symlink(), f"{link} is no link: this checkout was made without support for links"
        assert link.readlink() == Path("..", "..", name)
        assert Path(package.__path__[0]).resolve() == ROOT / name


def test_the_wheel_made_from_the_sdist_holds_the_tree_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert packed == tree()
    assert "veille/py.typed" in packed
    assert {f"veille/{name}/__init__.py" for name in STAGES} <= packed


def test_the_sdist_holds_what_its_tests_and_documentation_need(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        folders = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert {"src", "tests", "docs", "bench", "LICENSE", "README.md", "constraints.txt", "pyproject.toml"} <= folders


def needed(name: str) -> dict[str, Distribution]:
    """All that a distribution of this environment asks for here, and what that asks for in turn, by name."""
    found: dict[str, Distribution] = {}
    ahead: list[tuple[str, set[str]]] = [(name, set())]
    while ahead:
        asking, extras = ahead.pop()
        for wanted in map(Requirement, distribution(asking).requires or []):
            key = canonicalize_name(wanted.name)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                if key not in found or wanted.extras:
                    ahead.append((wanted.name, wanted.extras))
                found[key] = distribution(wanted.name)
    return found


def environment(folder: Path) -> Path:
    """The Python of an environment with what veille asks for, by links, and nothing of what its tests do."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    (packages,) = folder.glob("lib/python*/site-packages")
    for each in needed("veille").values():
        for top in {file.parts[0] for file in each.files or []} - {"..", "__pycache__"}:
            if not (packages / top).is_symlink():  # several share a folder
                (packages / top).symlink_to(Path(str(each.locate_file(top))).resolve())
    return folder / "bin" / "python"


def test_the_wheel_installs_elsewhere_and_runs_with_what_it_asks_for_alone(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    python = environment(tmp_path / "venv")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", wheel, cwd=tmp_path)
    assert run(python.parent / "veille", "--version", cwd=tmp_path).strip() == f"veille {veille.__version__}"
    assert str(tmp_path / "venv") in run(python, "-c", LOADED, cwd=tmp_path)
    run(*pip, "check", cwd=tmp_path)
