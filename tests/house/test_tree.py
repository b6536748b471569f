"""House rules about files: their names, their length, and what no file may hold."""

import re
import subprocess
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG, TOO_LONG = 400, 600
NAMES_THAT_SAY_NOTHING = {
    "helper", "helpers", "manager", "managers", "misc", "util", "utils", "utilities",
}  # fmt: skip

# In halves, so that this file does not hold what it looks for.
INDEX_HOSTS = [
    "py" + "pi.org",
    "py" + "pi.python.org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
    "npm" + "js.com",
    "deb.deb" + "ian.org",
    "security.deb" + "ian.org",
    "ftp.deb" + "ian.org",
    "archive.ub" + "untu.com",
]
# An address given to an installer, whatever the host.
INDEX_OPTION = re.compile(r"(?:--(?:extra-)?index-url|--find-links|--registry)[= ]+['\"]?\w+://|\"resolved\": *\"http")


def _git_files() -> list[Path]:
    """Return what is tracked or about to be: also new files that .gitignore does not name."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout: this is neither")
    paths = [ROOT / name for name in found.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_package_index():
    guilty = []
    for path in _git_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        guilty += [f"{path.relative_to(ROOT)}: {host}" for host in INDEX_HOSTS if host in text.lower()]
        guilty += [f"{path.relative_to(ROOT)}: {found}" for found in INDEX_OPTION.findall(text)]

    assert guilty == []


def test_no_source_file_is_too_long():
    sources = [path for path in _git_files() if path.suffix == ".py"]
    lines = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in sources}
    for name, count in sorted(lines.items()):
        if LONG < count <= TOO_LONG:
            warnings.warn(f"long file: {name} has {count} lines; has it one subject?", stacklevel=1)

    assert {name: count for name, count in lines.items() if count > TOO_LONG} == {}


def test_module_names_are_words_from_the_floor():
    sources = [path.relative_to(ROOT) for path in _git_files() if path.suffix == ".py"]
    guilty = [
        str(path)
        for path in sources
        if NAMES_THAT_SAY_NOTHING & {word for part in path.with_suffix("").parts for word in part.split("_")}
    ]

    assert guilty == []
