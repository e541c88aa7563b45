"""Where a real service cannot be had, its tests are skipped with one line; where it is required, they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.chromium import lightest
from services.java import ServiceMissing

ROOT = Path(__file__).parent.parent.parent
WITH_MAVEN = "tests/services/test_front.py::test_without_a_fault_it_is_elasticsearch"
WITH_CHROMIUM = "tests/web/test_browser.py::test_the_first_mention_appears_by_itself"


def run_without_programs(tmp_path: Path, test: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "VEILLE", "PYTEST"))}
    environment |= {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_without_maven_the_test_is_skipped_with_the_reason(tmp_path: Path) -> None:
    done = run_without_programs(tmp_path, WITH_MAVEN)
    assert done.returncode == 0, done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert line.endswith("no real elasticsearch: Maven is not installed (Debian: apt-get install maven)")


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"VEILLE_REQUIRE_SERVICES": "1"}])
def test_where_services_are_required_it_fails(tmp_path: Path, variables: dict[str, str]) -> None:
    done = run_without_programs(tmp_path, WITH_MAVEN, **variables)
    assert done.returncode == 1, done.stdout
    assert "a real elasticsearch is required here: Maven is not installed" in done.stdout


def test_without_chromium_a_browser_test_is_skipped_or_fails_the_same_way(tmp_path: Path) -> None:
    skipped = run_without_programs(tmp_path, WITH_CHROMIUM)
    assert skipped.returncode == 0, skipped.stdout
    assert "no real browser: none of chromium" in skipped.stdout
    failed = run_without_programs(tmp_path, WITH_CHROMIUM, CI="true")
    assert failed.returncode == 1, failed.stdout
    assert "a real browser is required here: none of chromium" in failed.stdout


def test_the_browser_without_windows_is_taken_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceMissing):
        lightest()
    for name in ("chromium", "chromium-headless-shell"):
        program = tmp_path / name
        program.touch(0o755)
        assert lightest() == str(program)
