"""Machine code for `walk`: made once by LLVM, kept in the user's cache, called through its address."""

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from sim.compiled.chance import draw_ones
from sim.compiled.jit import Memory
from sim.compiled.pcg import draw_cells
from sim.compiled.stretch import play
from sim.compiled.translate import translate
from sim.compiled.walk import walk

HERE: Final = Path(__file__).parent
SOURCES: Final = (walk, play, draw_cells, draw_ones)
_SUM: Final = 32
"""Bytes of the checksum before the code."""
_engine: Any = None
_entries: dict[str, Any] = {}


def cache_folder() -> Path:
    """Return where compiled code is kept: `$XDG_CACHE_HOME/callcenter`, else `~/.cache/callcenter`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "callcenter"


def is_ready() -> bool:
    """Tell whether the code has been compiled, here or before."""
    return bool(_entries) or _kept().exists()


def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    # The model "jitdefault" lets C functions lie anywhere in memory.
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=2, jit=True
    )


def _kept() -> Path:
    """Return the file of the code that belongs to these sources, this LLVM and this processor."""
    what = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        what.update(path.read_bytes())
    what.update(f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {llvm.get_process_triple()}".encode())
    return cache_folder() / f"walk-{what.hexdigest()[:24]}.o"


def _object(machine: Any) -> bytes:
    """Return the machine code, from the cache where it is there."""
    kept = _kept()
    try:
        found = kept.read_bytes()
        if hashlib.sha256(found[_SUM:]).digest() == found[:_SUM]:  # else it is broken: LLVM would die of it
            return found[_SUM:]
    except OSError:
        pass
    module = llvm.parse_assembly(str(translate(*SOURCES)))
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    made: bytes = machine.emit_object(module)
    _keep(made, kept)
    return made


def _keep(made: bytes, kept: Path) -> None:
    """Write the code to the cache, whole or not at all; where that cannot be, it is compiled anew the next time."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
            try:
                file.write(hashlib.sha256(made).digest() + made)
                file.flush()
                os.replace(file.name, kept)
            except OSError:
                os.unlink(file.name)
    except OSError:
        pass


def machine_code(entry: str = "walk") -> Callable[[Memory, Memory, int, int, int], int]:
    """Return one of `SOURCES`, by its name, as machine code."""
    global _engine  # noqa: PLW0603  # one for the process
    if not _entries:
        machine = _target()
        _engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        _engine.add_object_file(llvm.ObjectFileRef.from_data(_object(machine)))
        _engine.finalize_object()
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * 3)
        for source in SOURCES:
            _entries[source.__name__] = kind(_engine.get_function_address(source.__name__))
    code = _entries[entry]

    def called(m: Memory, people: Memory, what: int, until: int, most: int) -> int:
        assert m.dtype == people.dtype == np.int64
        assert m.flags.c_contiguous
        assert people.flags.c_contiguous
        return int(code(m.ctypes.data, people.ctypes.data, what, until, most))

    return called
