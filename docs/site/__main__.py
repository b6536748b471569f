"""`python -m docs.site [FOLDER]`: the pages of docs/ and a reference of every module, as a site of plain files.

Every warning of Sphinx is an error: a link that leads nowhere, a docstring that cannot be read, a page in no list. The
site asks for nothing outside itself. Needs the extra `docs`.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Final

from sphinx.cmd.build import build_main

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("callcenter", "routing", "sim")
"""What a program may import. The service's reference is its own `/docs`; the command line's is `--help`."""
ONLY: Final = {"callcenter.cli": ("notebook",), "sim.compiled": ()}
"""Package → of its modules only these are in the reference, and nothing below it."""
BESIDE: Final = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
"""What is part of the site and does not lie in docs/."""
INDEX: Final = """# callcenter

```{toctree}
:caption: Start
:maxdepth: 1
README
docs/README
CONTRIBUTING
CHANGELOG
```

```{toctree}
:caption: Pages
:maxdepth: 1
:glob:
docs/how-to/*
docs/*
docs/formats/*
docs/runbooks/*
docs/decisions/*
```

```{toctree}
:caption: Reference
:maxdepth: 2
reference/callcenter
reference/routing
reference/sim
```
"""


def reference(folder: Path, package: Path) -> str:
    """Write the pages of a package and of those below it; return the package's name.

    A page says what the package's own modules hold, one after another, and leads to the packages below.
    """
    name = ".".join(package.relative_to(ROOT).parts)
    modules = [path.stem for path in sorted(package.glob("*.py")) if not path.stem.startswith("__")]
    below = []
    if name in ONLY:
        modules = [module for module in modules if module in ONLY[name]]
    else:
        below = [reference(folder, init.parent) for init in sorted(package.glob("*/__init__.py"))]
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", ""]
    for module in modules:
        lines += [module, "-" * len(module), "", f".. automodule:: {name}.{module}", "   :members:", ""]
    if below:
        lines += [".. toctree::", "   :maxdepth: 1", "", *(f"   {child}" for child in below), ""]
    (folder / f"{name}.rst").write_text("\n".join(lines), encoding="utf-8")
    return name


def build(to: Path) -> int:
    """Build the site below a folder; return the exit code of Sphinx."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for name in BESIDE:
            shutil.copy(ROOT / name, source)
        shutil.copytree(ROOT / "docs", source / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__", "news"))
        (source / "index.md").write_text(INDEX, encoding="utf-8")
        (source / "reference").mkdir()
        for package in PACKAGES:
            reference(source / "reference", ROOT / package)
        settings = ["-c", str(Path(__file__).parent), "-d", str(source / ".doctrees")]
        return build_main(["-b", "html", "-W", "--keep-going", "-q", "-j", "auto", *settings, str(source), str(to)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m docs.site", description="The pages of docs/ as a site.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "docs")
    raise SystemExit(build(parser.parse_args().folder))
