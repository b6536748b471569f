"""What pages are made of besides templates: our styles and scripts, and a few of others, fetched by name and version.

`assets.json` names each package, its exact version, its integrity and which files of it are used; nothing of others is
in the repository. `python -m api.pages.assets` (`make assets`) fetches them through npm. A service without them serves
the same pages, which then have to be loaded anew to be up to date.
"""

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

HERE: Final = Path(__file__).parent
OURS: Final = HERE / "static"
VENDOR: Final = HERE / "vendor"
DEVELOPMENT: Final = HERE.parents[1] / "build" / "assets"
"""For the tests alone; not in the wheel."""
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    content: bytes
    packed: bytes
    """The same by gzip."""
    kind: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them; `version` changes with any, so that browsers may keep each for ever under its address."""

    version: str
    files: Mapping[str, Asset]
    missing: tuple[str, ...]
    """Files of others that were not fetched."""

    def address(self, name: str) -> str:
        """Return where a file is served."""
        return f"/assets/{self.version}/{name}"


def packages() -> dict[str, dict[str, Any]]:
    """Return what is used of others, by package."""
    named: dict[str, dict[str, Any]] = json.loads((HERE / "assets.json").read_text(encoding="utf-8"))
    return named


@cache
def assets() -> Assets:
    """Return the files as they are now."""
    paths = {path.name: path for path in sorted(OURS.iterdir()) if path.suffix in TYPES}
    wanted = [
        Path(file).name
        for about in packages().values()
        if not about.get("development")
        for file in about["files"]
        if Path(file).suffix in TYPES
    ]
    missing = tuple(name for name in wanted if not (VENDOR / name).is_file())
    paths |= {name: VENDOR / name for name in wanted if name not in missing}
    files = {name: _asset(path) for name, path in paths.items()}
    mark = hashlib.sha256()
    for name, asset in sorted(files.items()):
        mark.update(name.encode() + b"\0" + asset.content)
    return Assets(mark.hexdigest()[:12], files, missing)


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, gzip.compress(content, 9, mtime=0), TYPES[path.suffix])


def fetch() -> None:
    """Fetch what is missing, through npm, and check it.

    Raises:
        SystemExit: npm is not here, or what it gave is not what was named.
    """
    for package, about in packages().items():
        folder = DEVELOPMENT if about.get("development") else VENDOR
        if all((folder / _kept_as(package, file)).is_file() for file in about["files"]) and _fetched(folder, package):
            continue
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("make assets: npm is not here: install it first (on Debian: sudo apt-get install npm)")
        with TemporaryDirectory() as name:
            wanted = f"{package}@{about['version']}"
            done = subprocess.run([npm, "pack", "--silent", wanted], cwd=name, check=False, capture_output=True)
            packed = sorted(Path(name).glob("*.tgz"))
            if done.returncode or not packed:
                raise SystemExit(f"make assets: npm could not fetch {wanted}: {done.stderr.decode().strip()[-300:]}")
            _check(packed[0].read_bytes(), about["integrity"], wanted)
            _unpack(packed[0], package, about, folder)


def _check(content: bytes, integrity: str, wanted: str) -> None:
    method, _, digest = integrity.partition("-")
    if base64.b64encode(hashlib.new(method, content).digest()).decode() != digest:
        raise SystemExit(f"make assets: {wanted} is not what api/pages/assets.json says it is (its checksum differs)")


def _unpack(packed: Path, package: str, about: Mapping[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packed) as archive:
        for file in about["files"]:
            member = archive.extractfile(f"package/{file}")
            if member is None:
                raise SystemExit(f"make assets: {package} has no file {file}")
            (folder / _kept_as(package, file)).write_bytes(member.read())
    _mark(folder, package).write_text(about["integrity"] + "\n", encoding="ascii")


def _kept_as(package: str, file: str) -> str:
    """Return under which name a file is kept: a licence has its package's name in it."""
    return Path(file).name if Path(file).suffix in TYPES else f"{package}.{Path(file).name}"


def _mark(folder: Path, package: str) -> Path:
    return folder / f"{package}.integrity"


def _fetched(folder: Path, package: str) -> bool:
    mark = _mark(folder, package)
    return mark.is_file() and mark.read_text(encoding="ascii").strip() == packages()[package]["integrity"]


if __name__ == "__main__":
    fetch()
    print("assets are here:", ", ".join(f"{name} {about['version']}" for name, about in packages().items()))  # noqa: T201
    sys.exit(0)
