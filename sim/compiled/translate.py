"""From the functions of this package to LLVM: whole numbers, floats and truth values, loops and branches, no objects.

What is translated is plain Python over `Memory`, and runs as Python too. Integer arithmetic is that of 64 bits; `//`
and `%` round down as in Python. Anything else is refused when it is translated, never translated into something else.
"""

import ast
import builtins
import inspect
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from llvmlite import ir

I64, F64, BOOL, VOID = ir.IntType(64), ir.DoubleType(), ir.IntType(1), ir.VoidType()
ARRAY = I64.as_pointer()
_TYPES: Final = {"int": I64, "float": F64, "bool": BOOL, "Memory": ARRAY, "None": VOID}
_ORDER: Final = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


class NotTranslated(TypeError):
    """A construct that compiled code has not."""


def translate(*entries: Callable[..., Any]) -> ir.Module:
    """Return a module with the entries, under their own names, and all that they call."""
    return _Module(entries).module


class _Module:
    def __init__(self, entries: Sequence[Callable[..., Any]]) -> None:
        self.module = ir.Module("compiled")
        self._known: dict[Callable[..., Any], ir.Function] = {}
        self._waiting: list[tuple[Callable[..., Any], ast.FunctionDef, ir.Function]] = []
        self._tables: dict[tuple[Any, ...], ir.GlobalVariable] = {}
        for entry in entries:
            self.function(entry, public=True)
        while self._waiting:
            source, tree, function = self._waiting.pop()
            _Body(self, source, tree, function)

    def function(self, source: Callable[..., Any], public: bool = False) -> ir.Function:
        """Return the translation of a function; its body follows."""
        found = self._known.get(source)
        if found is None:
            tree = ast.parse(textwrap.dedent(inspect.getsource(source))).body[0]
            assert isinstance(tree, ast.FunctionDef)
            takes = [_type(argument.annotation) for argument in tree.args.args]
            kind = ir.FunctionType(_type(tree.returns), takes)
            name = tree.name if public else f"{source.__module__}.{tree.name}"
            found = self._known[source] = ir.Function(self.module, kind, name)
            if not public:
                found.linkage = "internal"
            self._waiting.append((source, tree, found))
        return found

    def table(self, numbers: tuple[Any, ...]) -> ir.GlobalVariable:
        """Return a constant table of floats."""
        if numbers not in self._tables:
            kind = ir.ArrayType(F64, len(numbers))
            table = ir.GlobalVariable(self.module, kind, f"table{len(self._tables)}")
            table.global_constant, table.initializer, table.linkage = True, ir.Constant(kind, list(numbers)), "internal"
            self._tables[numbers] = table
        return self._tables[numbers]

    def library(self, name: str, count: int) -> ir.Function:
        """Return a function of the C library."""
        kind = ir.FunctionType(F64, [F64] * count)
        found = self.module.globals.get(name)
        return found if found is not None else ir.Function(self.module, kind, name)


def _type(annotation: ast.expr | None) -> ir.Type:
    if isinstance(annotation, ast.Subscript):
        assert isinstance(annotation.slice, ast.Tuple)
        return ir.LiteralStructType([_type(part) for part in annotation.slice.elts])
    name = "None" if isinstance(annotation, ast.Constant) else getattr(annotation, "id", "")
    if name not in _TYPES:
        raise NotTranslated(f"a value of type {name or annotation}")
    return _TYPES[name]


class _Body:
    """Writes the body of one function."""

    def __init__(
        self, module: _Module, source: Callable[..., Any], tree: ast.FunctionDef, function: ir.Function
    ) -> None:
        self.module, self.source, self.function = module, source, function
        self.entry = function.append_basic_block("entry")
        self.build = ir.IRBuilder(function.append_basic_block("body"))
        self.slots: dict[str, ir.AllocaInstr] = {}
        self.loops: list[tuple[ir.Block, ir.Block]] = []
        for argument, value in zip(tree.args.args, function.args, strict=True):
            self.store(argument.arg, value)
        self.block(tree.body)
        if not self.build.block.is_terminated:
            if function.return_value.type != VOID:
                self.build.unreachable()
            else:
                self.build.ret_void()
        ir.IRBuilder(self.entry).branch(function.blocks[1])

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

    # --- statements

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if self.build.block.is_terminated:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        build = self.build
        if isinstance(node, ast.Assign):
            value = self.values(node.value, node.targets[0])
            for target in node.targets:
                self.assign(target, value)
        elif isinstance(node, ast.AugAssign):
            now = self.expression(ast.copy_location(_read(node.target), node))
            self.assign(node.target, self.arithmetic(node.op, now, self.expression(node.value), node))
        elif isinstance(node, ast.If):
            self.branch(node)
        elif isinstance(node, ast.While):
            test, body, after = (self.function.append_basic_block() for _ in range(3))
            build.branch(test)
            build.position_at_end(test)
            build.cbranch(self.truth(node.test), body, after)
            self.loop(body, node.body, test, after)
        elif isinstance(node, ast.For):
            self.each(node)
        elif isinstance(node, ast.Return):
            self.give(node)
        elif isinstance(node, ast.Break):
            build.branch(self.loops[-1][1])
        elif isinstance(node, ast.Continue):
            build.branch(self.loops[-1][0])
        elif isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                self.expression(node.value)
        else:
            raise self.refuse(node)

    def values(self, node: ast.expr, target: ast.expr) -> Any:
        """Return a value, or a list of them where several targets get one each."""
        if isinstance(node, ast.Tuple) and isinstance(target, ast.Tuple):
            return [self.expression(part) for part in node.elts]
        value = self.expression(node)
        if isinstance(target, ast.Tuple):
            return [self.build.extract_value(value, n) for n in range(len(target.elts))]
        return value

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Tuple):
            for part, each in zip(target.elts, value, strict=True):
                self.assign(part, each)
        elif isinstance(target, ast.Name):
            self.store(target.id, value)
        elif isinstance(target, ast.Subscript):
            self.build.store(self.cast(value, I64), self.place(target))
        else:
            raise self.refuse(target)

    def branch(self, node: ast.If) -> None:
        build = self.build
        then, otherwise, after = (self.function.append_basic_block() for _ in range(3))
        build.cbranch(self.truth(node.test), then, otherwise)
        for block, body in ((then, node.body), (otherwise, node.orelse)):
            build.position_at_end(block)
            self.block(body)
            if not build.block.is_terminated:
                build.branch(after)
        build.position_at_end(after)

    def loop(self, body: ir.Block, statements: list[ast.stmt], again: ir.Block, after: ir.Block) -> None:
        self.build.position_at_end(body)
        self.loops.append((again, after))
        self.block(statements)
        self.loops.pop()
        if not self.build.block.is_terminated:
            self.build.branch(again)
        self.build.position_at_end(after)

    def each(self, node: ast.For) -> None:
        assert isinstance(node.target, ast.Name)
        if isinstance(node.iter, ast.Tuple):
            for part in node.iter.elts:  # unrolled: without break and continue
                self.store(node.target.id, self.expression(part))
                self.block(node.body)
            return
        if not (isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range"):
            raise self.refuse(node.iter)
        given = [self.expression(argument) for argument in node.iter.args]
        first = given[0] if len(given) > 1 else I64(0)
        last = given[1] if len(given) > 1 else given[0]
        step = -1 if len(given) == 3 and ast.unparse(node.iter.args[2]) == "-1" else 1
        build = self.build
        counter = f".{node.target.id}.{node.lineno}"
        self.store(counter, first)
        test, body, again, after = (self.function.append_basic_block() for _ in range(4))
        build.branch(test)
        build.position_at_end(test)
        now = build.load(self.slots[counter])
        build.cbranch(build.icmp_signed("<" if step > 0 else ">", now, last), body, after)
        build.position_at_end(body)
        self.store(node.target.id, now)
        self.loop(body, node.body, again, after)
        build.position_at_end(again)
        self.store(counter, build.add(build.load(self.slots[counter]), I64(step)))
        build.branch(test)
        build.position_at_end(after)

    def give(self, node: ast.Return) -> None:
        to = self.function.function_type.return_type
        if to == VOID:
            self.build.ret_void()
        elif isinstance(node.value, ast.Tuple):
            whole: ir.Value = ir.Constant(to, ir.Undefined)
            for n, part in enumerate(node.value.elts):
                whole = self.build.insert_value(whole, self.cast(self.expression(part), to.elements[n]), n)
            self.build.ret(whole)
        else:
            assert node.value is not None
            value = self.expression(node.value)
            self.build.ret(value if value.type == to else self.cast(value, to))

    # --- expressions

    def expression(self, node: ast.expr) -> ir.Value:
        build = self.build
        if isinstance(node, ast.Constant):
            return _constant(node.value)
        if isinstance(node, ast.Name) and node.id in self.slots:
            return build.load(self.slots[node.id])
        if isinstance(node, ast.Name | ast.Attribute):
            return _constant(self.known(node))
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
        built_in = _BUILT_IN.get(function)
        if built_in is not None:
            return built_in(self, [self.expression(argument) for argument in node.args])
        if not getattr(function, "compiled", False):
            raise self.refuse(node)
        target = self.module.function(function)
        given = [self.expression(argument) for argument in node.args]
        defaults = [_constant(value) for value in function.__defaults__ or ()]
        missing = len(target.args) - len(given)
        given += defaults[len(defaults) - missing :] if missing else []
        takes = target.function_type.args
        return self.build.call(target, [self.cast(v, kind) for v, kind in zip(given, takes, strict=True)])


def _read(target: ast.expr) -> ast.expr:
    found: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return found


def _constant(value: Any) -> ir.Constant:
    if isinstance(value, bool):
        return BOOL(int(value))
    if isinstance(value, int | np.integer):
        return I64(int(value))
    if isinstance(value, float):
        return F64(value)
    raise NotTranslated(f"{value!r}")


# --- what Python, the C library and numpy bring


def _least(order: str) -> Callable[[_Body, list[ir.Value]], ir.Value]:
    def pick(body: _Body, given: list[ir.Value]) -> ir.Value:
        kind = F64 if any(value.type == F64 for value in given) else I64
        best = body.cast(given[0], kind)
        for value in given[1:]:
            other = body.cast(value, kind)
            best = body.build.select(body.compared(order, other, best), other, best)
        return best

    return pick


def _c(name: str) -> Callable[[_Body, list[ir.Value]], ir.Value]:
    return lambda body, given: body.build.call(
        body.module.library(name, len(given)), [body.cast(value, F64) for value in given]
    )


def _float_at(body: _Body, given: list[ir.Value]) -> ir.Value:
    there = body.build.gep(given[0], [given[1]])
    return body.build.load(body.build.bitcast(there, F64.as_pointer()))


def _bits_of(body: _Body, given: list[ir.Value]) -> ir.Value:
    return body.build.bitcast(given[0], I64)


def _by_address(body: _Body, given: list[ir.Value]) -> ir.Value:
    flag = ir.IntType(32)  # Cython's own: whether a method of a subclass may step in
    kind = ir.FunctionType(F64, [F64] * (len(given) - 1) + [flag]).as_pointer()
    return body.build.call(body.build.inttoptr(given[0], kind), [*given[1:], flag(0)])


def _high(body: _Body, given: list[ir.Value]) -> ir.Value:
    wide = ir.IntType(128)
    a, b = (body.build.zext(value, wide) for value in given)
    return body.build.trunc(body.build.lshr(body.build.mul(a, b), wide(64)), I64)


_BUILT_IN: Final[dict[Any, Any]] = {
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
        _BUILT_IN[function] = write
        return function

    return known


def _shifted(body: _Body, given: list[ir.Value]) -> ir.Value:
    return body.build.lshr(given[0], given[1])


def _memory_at(body: _Body, given: list[ir.Value]) -> ir.Value:
    return body.build.inttoptr(given[0], ARRAY)


def _part(body: _Body, given: list[ir.Value]) -> ir.Value:
    return body.build.gep(given[0], [given[1]])


FLOAT_AT, BITS_OF, BY_ADDRESS, HIGH, SHIFTED = _float_at, _bits_of, _by_address, _high, _shifted
MEMORY_AT, PART = _memory_at, _part
