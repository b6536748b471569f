"""Builds the wheel with the engine compiled for this machine, when asked to (`make fast-wheel`).

The sources go into the wheel as ever; beside them stand extension modules, which Python takes first. A checkout is
never compiled in place: there an extension would go on answering after its source has changed.
See docs/decisions/0012-compiled-engine.md.
"""

import ast
import os
import shutil
import sysconfig
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WORDS = ("callcenter/commands.py", "callcenter/events.py", "callcenter/compact_memory.py")
"""What the engine makes and reads at every command; it is compiled with it, or each touch would cross a border."""

CONSTRUCTED = ("callcenter/commands.py", "callcenter/events.py")
"""Whose classes are made at every command."""

PEOPLE = tuple(f"sim/run/{name}.py" for name in ("arriving", "customers", "loop", "moments", "rows", "staff"))
"""What stands around the engine at every command of a simulated day."""


class CompiledEngine(BuildHookInterface[Any]):
    """Compiles `routing`, the words it speaks and the loop of a simulated day by mypyc, in a folder of its own."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the compiled modules to a wheel, and say for which Python and machine it is."""
        self.folder = Path(mkdtemp(prefix="callcenter-engine-"))
        for package in ("callcenter", "routing", "sim"):
            shutil.copytree(Path(self.root) / package, self.folder / package)
        for built in compiled(self.folder):
            build_data["force_include"][str(built)] = built.relative_to(self.folder / "built").as_posix()
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder)


def compiled(folder: Path) -> list[Path]:
    """Compile the engine whose packages lie in `folder`; return the extension modules, all below `folder/built`."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    before = Path.cwd()
    os.chdir(folder)  # mypyc tells a module's name by its path from here
    try:
        sources = sorted(str(path) for path in Path("routing").rglob("*.py") if path.name != "__init__.py")
        plain = {path: path.read_text(encoding="utf-8") for path in map(Path, CONSTRUCTED)}
        for path, text in plain.items():
            path.write_text(with_constructors(text), encoding="utf-8")
        extensions = mypycify(
            ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", *sources, *WORDS, *PEOPLE],
            opt_level="2", debug_level="0", multi_file=True, group_name="callcenter",
        )  # fmt: skip
        build = Distribution({"name": "callcenter", "ext_modules": extensions}).get_command_obj("build_ext")
        build.build_lib, build.build_temp, build.parallel = "built", "objects", os.cpu_count()
        build.ensure_finalized()
        build.run()
        for path, text in plain.items():
            path.write_text(text, encoding="utf-8")
    finally:
        os.chdir(before)
    return sorted((folder / "built").rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"))


def with_constructors(source: str) -> str:
    """Return a module of data classes with their constructors written out.

    Those that `@dataclass` makes are run by the interpreter, for mypyc does not see them; and a class that is compiled
    lets itself be filled from there in twice the time that another takes.
    """
    lines, fields, ends = source.splitlines(), dict[str, list[ast.AnnAssign]](), dict[int, list[str]]()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and "dataclass(slots=True)" in map(ast.unparse, node.decorator_list):
            inherited = [field for base in node.bases for field in fields[ast.unparse(base)]]
            mine = [field for field in node.body if isinstance(field, ast.AnnAssign)]
            fields[node.name] = all_ = inherited + mine
            given = [ast.unparse(field) for field in all_]
            names = [ast.unparse(field.target) for field in all_]
            assert node.end_lineno is not None
            ends[node.end_lineno] = [
                f"    def __init__({', '.join(['self', *given])}) -> None:",
                *(f"        self.{name} = {name}" for name in names),
                *([] if names else ["        pass"]),
            ]
            lines[node.decorator_list[0].lineno - 1] = "@dataclass(slots=True, init=False)"
    return "\n".join("\n".join([line, *ends.get(n, ())]) for n, line in enumerate(lines, 1)) + "\n"
