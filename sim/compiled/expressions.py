"""Expressions of compiled functions, written in LLVM's language: numbers, comparisons, choices, calls, memory."""

import ast
import builtins
from collections.abc import Callable
from typing import Any, Final, Protocol

from llvmlite import ir

from sim.compiled.built_in import BUILT_IN
from sim.compiled.ir_types import ARRAY, BOOL, F64, I64, NotTranslated, constant

_ORDER: Final = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class Unit(Protocol):
    """What is translated together."""

    def function(self, source: Callable[..., Any], public: bool = False) -> ir.Function:
        """Return the translation of a function."""
        ...

    def table(self, numbers: tuple[Any, ...]) -> ir.GlobalVariable:
        """Return a constant table of floats."""
        ...

    def library(self, name: str, count: int) -> ir.Function:
        """Return a function of the C library."""
        ...


class Expressions:
    """Writes the expressions of one function, where `build` stands."""

    def __init__(self, module: Unit, source: Callable[..., Any], function: ir.Function) -> None:
        self.module, self.source, self.function = module, source, function
        self.entry = function.append_basic_block("entry")
        self.build = ir.IRBuilder(function.append_basic_block("body"))
        self.slots: dict[str, ir.AllocaInstr] = {}

    def refuse(self, node: ast.AST) -> NotTranslated:
        return NotTranslated(f"{self.source.__module__}.{self.source.__name__}: {ast.unparse(node)}")

    # --- variables

    def store(self, name: str, value: ir.Value) -> None:
        slot = self.slots.get(name)
        if slot is None:
            slot = self.slots[name] = ir.IRBuilder(self.entry).alloca(value.type)
        self.build.store(self.cast(value, slot.type.pointee), slot)

    def cast(self, value: ir.Value, to: ir.Type) -> ir.Value:
        """Convert a number or truth value."""
        build = self.build
        if value.type == to:
            return value
        if to == F64:
            return build.uitofp(value, F64) if value.type == BOOL else build.sitofp(value, F64)
        if to == I64 and value.type == BOOL:
            return build.zext(value, I64)
        if to == BOOL and value.type == I64:
            return build.icmp_signed("!=", value, I64(0))
        raise NotTranslated(f"{self.source.__name__}: a {value.type} in place of a {to}")

    # --- expressions

    def expression(self, node: ast.expr) -> ir.Value:
        build = self.build
        if isinstance(node, ast.Constant):
            return constant(node.value)
        if isinstance(node, ast.Name) and node.id in self.slots:
            return build.load(self.slots[node.id])
        if isinstance(node, ast.Name | ast.Attribute):
            return constant(self.known(node))
        if isinstance(node, ast.Subscript):
            there = self.place(node)
            return build.load(there)
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node.op, self.expression(node.left), self.expression(node.right), node)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return build.not_(self.truth(node.operand))
            value = self.expression(node.operand)
            return build.fneg(value) if value.type == F64 else build.neg(value)
        if isinstance(node, ast.BoolOp):
            return self.either(node)
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        if isinstance(node, ast.IfExp):
            return self.choice(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        raise self.refuse(node)

    def known(self, node: ast.expr) -> Any:
        """Return what a name of the module, or of a module that it imports, stands for."""
        if isinstance(node, ast.Name):
            if node.id in self.source.__globals__:
                return self.source.__globals__[node.id]
            return getattr(builtins, node.id)
        assert isinstance(node, ast.Attribute)
        return getattr(self.known(node.value), node.attr)

    def place(self, node: ast.Subscript) -> ir.Value:
        """Return the address of `m[n]`, `people[row, field]` (`callers.Table`) or `TABLE[n]`."""
        build = self.build
        if isinstance(node.value, ast.Name) and node.value.id in self.slots:
            base = build.load(self.slots[node.value.id])
            if isinstance(node.slice, ast.Tuple):
                row, field = (self.expression(part) for part in node.slice.elts)
                first = build.shl(field, I64(1))
                column, step = (build.load(build.gep(base, [build.add(first, I64(n))])) for n in (0, 1))
                base, index = build.inttoptr(column, ARRAY), build.mul(row, step)
            else:
                index = self.expression(node.slice)
            return build.gep(base, [index])
        table = self.module.table(self.known(node.value))
        return build.gep(table, [I64(0), self.expression(node.slice)])

    def truth(self, node: ast.expr) -> ir.Value:
        value = self.expression(node)
        return self.cast(value, BOOL)

    def arithmetic(self, op: ast.operator, a: ir.Value, b: ir.Value, node: ast.AST) -> ir.Value:
        build = self.build
        if a.type == BOOL:
            a = self.cast(a, I64)
        if b.type == BOOL:
            b = self.cast(b, I64)
        if isinstance(op, ast.Pow):
            return build.call(self.module.library("pow", 2), [self.cast(a, F64), self.cast(b, F64)])
        if F64 in (a.type, b.type) or isinstance(op, ast.Div):
            a, b = self.cast(a, F64), self.cast(b, F64)
            kinds: Any = {ast.Add: build.fadd, ast.Sub: build.fsub, ast.Mult: build.fmul, ast.Div: build.fdiv}
            if type(op) not in kinds:
                raise self.refuse(node)
            return kinds[type(op)](a, b)
        if isinstance(op, ast.FloorDiv | ast.Mod):
            rest = build.srem(a, b)
            off = build.and_(build.icmp_signed("!=", rest, I64(0)), build.icmp_signed("<", build.xor(rest, b), I64(0)))
            if isinstance(op, ast.Mod):
                return build.select(off, build.add(rest, b), rest)
            return build.sub(build.sdiv(a, b), build.zext(off, I64))
        whole: Any = {
            ast.Add: build.add, ast.Sub: build.sub, ast.Mult: build.mul, ast.BitAnd: build.and_, ast.BitOr: build.or_,
            ast.BitXor: build.xor, ast.RShift: build.ashr, ast.LShift: build.shl,
        }  # fmt: skip
        if type(op) not in whole:
            raise self.refuse(node)
        return whole[type(op)](a, b)

    def either(self, node: ast.BoolOp) -> ir.Value:
        """Return the truth of `a and b …` or `a or b …`, looked at from the left, no further than needed."""
        build = self.build
        after = self.function.append_basic_block()
        stops = isinstance(node.op, ast.Or)
        came = []
        for n, part in enumerate(node.values):
            value = self.truth(part)
            came.append((value, build.block))
            if n == len(node.values) - 1:
                build.branch(after)
            else:
                following = self.function.append_basic_block()
                build.cbranch(value, *((after, following) if stops else (following, after)))
                build.position_at_end(following)
        build.position_at_end(after)
        found = build.phi(BOOL)
        for value, block in came:
            found.add_incoming(value, block)
        return found

    def comparison(self, node: ast.Compare) -> ir.Value:
        build = self.build
        left = self.expression(node.left)
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            assert isinstance(node.comparators[0], ast.Tuple)
            found: ir.Value = BOOL(0)
            for part in node.comparators[0].elts:
                found = build.or_(found, self.compared("==", left, self.expression(part)))
            return build.not_(found) if isinstance(node.ops[0], ast.NotIn) else found
        whole: ir.Value = BOOL(1)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.expression(right_node)
            whole = build.and_(whole, self.compared(_ORDER[type(op)], left, right))
            left = right
        return whole

    def compared(self, order: str, a: ir.Value, b: ir.Value) -> ir.Value:
        if F64 in (a.type, b.type):
            a, b = self.cast(a, F64), self.cast(b, F64)
            return self.build.fcmp_unordered(order, a, b) if order == "!=" else self.build.fcmp_ordered(order, a, b)
        if a.type != b.type:
            a, b = self.cast(a, I64), self.cast(b, I64)
        return self.build.icmp_signed(order, a, b)

    def choice(self, node: ast.IfExp) -> ir.Value:
        build = self.build
        then, otherwise, after = (self.function.append_basic_block() for _ in range(3))
        build.cbranch(self.truth(node.test), then, otherwise)
        found = []
        for block, part in ((then, node.body), (otherwise, node.orelse)):
            build.position_at_end(block)
            found.append((self.expression(part), build.block))
        kinds = {value.type for value, _ in found}
        kind = kinds.pop() if len(kinds) == 1 else F64 if F64 in kinds else I64
        for n, (value, block) in enumerate(found):
            build.position_at_end(block)
            found[n] = (self.cast(value, kind), block)
            build.branch(after)
        build.position_at_end(after)
        chosen = build.phi(kind)
        for value, block in found:
            chosen.add_incoming(value, block)
        return chosen

    def call(self, node: ast.Call) -> ir.Value:
        function = self.known(node.func)
        if node.keywords:
            raise self.refuse(node)
        if function is len:
            return I64(len(self.known(node.args[0])))
        built_in = BUILT_IN.get(function)
        if built_in is not None:
            return built_in(self, [self.expression(argument) for argument in node.args])
        if not getattr(function, "compiled", False):
            raise self.refuse(node)
        target = self.module.function(function)
        given = [self.expression(argument) for argument in node.args]
        defaults = [constant(value) for value in function.__defaults__ or ()]
        missing = len(target.args) - len(given)
        given += defaults[len(defaults) - missing :] if missing else []
        takes = target.function_type.args
        return self.build.call(target, [self.cast(v, kind) for v, kind in zip(given, takes, strict=True)])
