"""From the functions of this package to LLVM: whole numbers, floats and truth values, loops and branches, no objects.

What is translated is plain Python over `Memory`, and runs as Python too. Integer arithmetic is that of 64 bits; `//`
and `%` round down as in Python. Anything else is refused when it is translated, never translated into something else.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from sim.compiled.expressions import Expressions
from sim.compiled.ir_types import F64, I64, VOID, type_of


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
            takes = [type_of(argument.annotation) for argument in tree.args.args]
            kind = ir.FunctionType(type_of(tree.returns), takes)
            name = tree.name if public else f"{source.__module__}.{tree.name}"
            found = self._known[source] = ir.Function(self.module, kind, name)
            if not public:
                found.linkage = "internal"
            if getattr(source, "apart", False):
                found.attributes.add("noinline")
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


class _Body(Expressions):
    """Writes the body of one function."""

    def __init__(
        self, module: _Module, source: Callable[..., Any], tree: ast.FunctionDef, function: ir.Function
    ) -> None:
        super().__init__(module, source, function)
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


def _read(target: ast.expr) -> ast.expr:
    found: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return found
