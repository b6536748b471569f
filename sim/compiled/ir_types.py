"""The kinds of value that compiled code has, in LLVM's language, and the refusal of any other."""

import ast
from typing import Any, Final

import numpy as np
from llvmlite import ir

I64, F64, BOOL, VOID = ir.IntType(64), ir.DoubleType(), ir.IntType(1), ir.VoidType()
ARRAY = I64.as_pointer()
_TYPES: Final = {"int": I64, "float": F64, "bool": BOOL, "Memory": ARRAY, "None": VOID}


class NotTranslated(TypeError):
    """A construct that compiled code has not."""


def type_of(annotation: ast.expr | None) -> ir.Type:
    """Return the type that an annotation stands for."""
    if isinstance(annotation, ast.Subscript):
        assert isinstance(annotation.slice, ast.Tuple)
        return ir.LiteralStructType([type_of(part) for part in annotation.slice.elts])
    name = "None" if isinstance(annotation, ast.Constant) else getattr(annotation, "id", "")
    if name not in _TYPES:
        raise NotTranslated(f"a value of type {name or annotation}")
    return _TYPES[name]


def constant(value: Any) -> ir.Constant:
    """Return a number or truth value."""
    if isinstance(value, bool):
        return BOOL(int(value))
    if isinstance(value, int | np.integer):
        return I64(int(value))
    if isinstance(value, float):
        return F64(value)
    raise NotTranslated(f"{value!r}")
