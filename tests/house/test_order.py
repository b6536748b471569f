"""House rules about code: order never comes from a set, and no fault is swallowed.

Strings hash differently in every process: a loop over a set of call ids would make two runs of one day
differ. The check sees the obvious cases only; replay and golden tests see the rest.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SET_TYPES = {"set", "frozenset", "Set", "MutableSet", "AbstractSet", "FrozenSet"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)
# These keep the order that they are given.
ORDER_KEEPERS = {"list", "tuple", "iter", "enumerate", "reversed", "zip", "map", "filter"}
# These give the same answer in any order.
ORDER_BLIND = {"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"}
SWALLOWERS = {"Exception", "BaseException"}
# The core reads these in order; files/ and cli/ only read and print.
ORDER_MATTERS = ("callcenter", "routing", "sim")
ORDER_FREE = ("callcenter/cli/", "callcenter/config/")
# The boundary turns a fault nobody foresaw into a 500 or into one line for the person.
BOUNDARY = ("callcenter/cli/", "api/")


def _modules(packages: tuple[str, ...], *, besides: tuple[str, ...]) -> list[Path]:
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in paths if not path.relative_to(ROOT).as_posix().startswith(besides)]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_set_type(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Subscript):
        return _is_set_type(annotation.value)
    if isinstance(annotation, ast.Attribute):
        return annotation.attr in SET_TYPES
    return isinstance(annotation, ast.Name) and annotation.id in SET_TYPES


class SetLoops(ast.NodeVisitor):
    """Collects the lines that take their order from a set."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._attributes: set[str] = set()  # `self.x` and fields, for the whole module
        self._scopes: list[dict[str, bool]] = [{}]
        self._blind: set[int] = set()  # generators handed straight to sum, any, ...

    def check(self, source: str) -> list[int]:
        """Return the guilty lines of `source`."""
        tree = ast.parse(source)
        for node in ast.walk(tree):  # fields first: a method may stand above its __init__
            if isinstance(node, ast.ClassDef):
                for field in node.body:
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        self._learn_attribute(field.target.id, field.annotation, field.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
                self._learn_attribute(node.target.attr, node.annotation, node.value)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                self._learn_attribute(node.targets[0].attr, None, node.value)
        self.visit(tree)
        return self.lines

    def _learn_attribute(self, name: str, annotation: ast.expr | None, value: ast.expr | None) -> None:
        if _is_set_type(annotation) or (annotation is None and value is not None and self._is_set(value)):
            self._attributes.add(name)

    def _is_set(self, node: ast.expr) -> bool:
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.Name(id=name):
                return next((scope[name] for scope in reversed(self._scopes) if name in scope), False)
            case ast.Attribute(attr=attr):
                return attr in self._attributes
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, SET_OPERATORS):
                return self._is_set(left) or self._is_set(right)
            case ast.IfExp(body=body, orelse=orelse):
                return self._is_set(body) or self._is_set(orelse)
            case ast.Call(func=ast.Name(id=name), args=args):
                if name in ORDER_KEEPERS:
                    return any(self._is_set(arg) for arg in args)
                return name in {"set", "frozenset"}
            case ast.Call(func=ast.Attribute(value=value, attr=attr)):
                return attr in SET_METHODS and self._is_set(value)
        return False

    def _look(self, iterable: ast.expr) -> None:
        if self._is_set(iterable):
            self.lines.append(iterable.lineno)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self._scopes.append({arg.arg: _is_set_type(arg.annotation) for arg in arguments})
        self.generic_visit(node)
        self._scopes.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._scopes[-1][target.id] = self._is_set(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            self._scopes[-1][node.target.id] = _is_set_type(node.annotation)

    def visit_For(self, node: ast.For) -> None:
        self._look(node.iter)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name):
            if node.func.id in ORDER_BLIND and not node.keywords:
                self._blind |= {id(arg) for arg in node.args}
            elif node.func.id in {"list", "tuple", "next"}:
                for arg in node.args:
                    self._look(arg)
        self.generic_visit(node)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.DictComp) -> None:
        if id(node) not in self._blind:
            for generator in node.generators:
                self._look(generator.iter)
        self.generic_visit(node)

    visit_ListComp = visit_GeneratorExp = visit_DictComp = _comprehension


def swallowed(source: str) -> list[int]:
    """Return the lines of `source` that catch everything."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or (isinstance(kind, ast.Name) and kind.id in SWALLOWERS) for kind in caught):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", _modules(ORDER_MATTERS, besides=ORDER_FREE), ids=_name)
def test_no_order_comes_from_a_set(path: Path):
    lines = SetLoops().check(path.read_text(encoding="utf-8"))

    assert [f"{_name(path)}:{line}: loop over sorted(...) or keep a dict" for line in lines] == []


@pytest.mark.parametrize(
    "path", _modules(("callcenter", "routing", "sim", "api", "scenarios"), besides=BOUNDARY), ids=_name
)
def test_nobody_catches_everything(path: Path):
    lines = swallowed(path.read_text(encoding="utf-8"))

    assert [f"{_name(path)}:{line}: name the fault you expect" for line in lines] == []


@pytest.mark.parametrize(
    "source",
    [
        "for x in {1, 2}: pass",
        "for x in set(y): pass",
        "for x in a.keys() - set(b): pass",
        "def f(names: set[str]):\n    for x in names: pass",
        "def f(names: 'int', more: frozenset[str]):\n    return [x for x in names or more] or list(more)",
        "names: set[str] = set()\nfor i, x in enumerate(names): pass",
        "names = set()\nfirst = next(iter(names))",
        "class A:\n    def f(self):\n        for x in self.ids: pass\n    def g(self): self.ids = set()",
        "class A:\n    ids: frozenset[str]\ndef f(a):\n    return {x: 1 for x in a.ids}",
        "def f(a: set[int], b: set[int]):\n    return sorted((x for x in a | b), key=len)",
    ],
)
def test_the_check_sees_a_loop_over_a_set(source: str):
    assert SetLoops().check(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "for x in sorted({1, 2}): pass",
        "def f(names: set[str]):\n    return any(x for x in names) or 'a' in names or len(names)",
        "def f(names: set[str]):\n    return {x.upper() for x in names}",
        "names = set()\nnames = sorted(names)\nfor x in names: pass",
        "def f(names: set[str]): pass\ndef g(names: list[str]):\n    for x in names: pass",
        "for x in dict.fromkeys([1, 2]): pass",
        "n = 7\nfor x in range(n - 1): pass",
    ],
)
def test_the_check_lets_the_rest_pass(source: str):
    assert SetLoops().check(source) == []


def test_the_check_sees_a_swallowed_fault():
    assert swallowed("try: pass\nexcept Exception: pass") == [2]
    assert swallowed("try: pass\nexcept: pass") == [2]
    assert swallowed("try: pass\nexcept (KeyError, BaseException): pass") == [2]
    assert swallowed("try: pass\nexcept KeyError: pass") == []
