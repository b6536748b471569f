"""The wheel as a stranger gets it: installed elsewhere, run from an empty folder."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.ci

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("callcenter", "routing", "sim", "api", "scenarios")
NOT_PACKED = {".pyc", ".pyo"}


def _run(*command: str | Path, cwd: Path) -> str:
    ours = ("PYTHON", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; hatchling is in the environment, so nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone into a fresh environment that borrows our dependencies; give its folder."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home.parent)
    python = home / "bin" / "python"
    _run(
        sys.executable, "-m", "pip", "--python", python,
        "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home.parent,
    )  # fmt: skip
    # A folder named in a .pth file is searched, but the .pth files in it are not read: our checkout,
    # installed in place by just such a file, stays out of sight.
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return home


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Give an empty folder outside the checkout."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path):
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in NOT_PACKED
    }
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}

    assert ours - names == set(), "left out of the wheel (does .gitignore name them?)"
    assert names - ours == set(), "in the wheel, but not of our packages"


def test_the_wheel_runs_and_not_the_checkout(installed: Path, elsewhere: Path):
    script = "import callcenter, routing, sim, api; print(callcenter.__file__, routing.__file__)"
    answer = _run(installed / "bin" / "python", "-c", script, cwd=elsewhere)

    assert all(place.startswith(str(installed)) for place in answer.split())


def test_the_command_finds_the_shipped_scenarios(installed: Path, elsewhere: Path):
    command = installed / "bin" / "callcenter"
    for scenario in sorted((ROOT / "scenarios").glob("*.yaml")):
        _run(command, "scenario", "validate", scenario.stem, cwd=elsewhere)
    _run(command, "scenario", "validate", "telecom-hotline", cwd=elsewhere)

    assert list(elsewhere.iterdir()) == []


def test_python_dash_m_is_the_same_command(installed: Path, elsewhere: Path):
    python = installed / "bin" / "python"
    _run(python, "-m", "callcenter", "scenario", "validate", "telecom-hotline", cwd=elsewhere)
