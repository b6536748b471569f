"""What Python, the C library and numpy bring to compiled code: which function is translated into what."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir

from sim.compiled.ir_types import ARRAY, F64, I64

if TYPE_CHECKING:
    from sim.compiled.expressions import Expressions


def _least(order: str) -> Callable[["Expressions", list[ir.Value]], ir.Value]:
    def pick(body: "Expressions", given: list[ir.Value]) -> ir.Value:
        kind = F64 if any(value.type == F64 for value in given) else I64
        best = body.cast(given[0], kind)
        for value in given[1:]:
            other = body.cast(value, kind)
            best = body.build.select(body.compared(order, other, best), other, best)
        return best

    return pick


def _c(name: str) -> Callable[["Expressions", list[ir.Value]], ir.Value]:
    return lambda body, given: body.build.call(
        body.module.library(name, len(given)), [body.cast(value, F64) for value in given]
    )


def _float_at(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    there = body.build.gep(given[0], [given[1]])
    return body.build.load(body.build.bitcast(there, F64.as_pointer()))


def _bits_of(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    return body.build.bitcast(given[0], I64)


def _by_address(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    flag = ir.IntType(32)  # Cython's own: whether a method of a subclass may step in
    kind = ir.FunctionType(F64, [F64] * (len(given) - 1) + [flag]).as_pointer()
    return body.build.call(body.build.inttoptr(given[0], kind), [*given[1:], flag(0)])


def _high(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    wide = ir.IntType(128)
    a, b = (body.build.zext(value, wide) for value in given)
    return body.build.trunc(body.build.lshr(body.build.mul(a, b), wide(64)), I64)


BUILT_IN: Final[dict[Any, Any]] = {
    min: _least("<"),
    max: _least(">"),
    int: lambda body, given: given[0] if given[0].type == I64 else body.build.fptosi(given[0], I64),
    float: lambda body, given: body.cast(given[0], F64),
    math.log1p: _c("log1p"),
    math.exp: _c("exp"),
}


def built_in(write: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a Python function stand for what `write` translates it into."""

    def known(function: Callable[..., Any]) -> Callable[..., Any]:
        BUILT_IN[function] = write
        return function

    return known


def _shifted(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    return body.build.lshr(given[0], given[1])


def _memory_at(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    return body.build.inttoptr(given[0], ARRAY)


def _part(body: "Expressions", given: list[ir.Value]) -> ir.Value:
    return body.build.gep(given[0], [given[1]])


FLOAT_AT, BITS_OF, BY_ADDRESS, HIGH, SHIFTED = _float_at, _bits_of, _by_address, _high, _shifted
MEMORY_AT, PART = _memory_at, _part
