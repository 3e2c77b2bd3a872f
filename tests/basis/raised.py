"""Every code that the package raises, and at which levels, read off its syntax.

A code is what `InputRefused`, `Finding` and their like are given as such. A function whose
parameter `code` ends up there carries codes itself, at the level that it says or is told.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from docs.make.code_registry import REFUSED
from fl_planner.basis.findings import Severity

Function = ast.FunctionDef | ast.AsyncFunctionDef
Levels = frozenset[str]
CODE = re.compile(r"(?:[a-z][a-z0-9_]*|\{\})\.[a-z0-9_{}]+")
LEVEL = re.compile(r"Severity\.([A-Z]+)")
ANY = frozenset(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True)
class Told:
    """A level that the caller tells: by a parameter, or what stands where it tells none."""

    name: str
    place: int | None
    default: Levels


@dataclass(frozen=True, slots=True)
class Carrier:
    """A function that takes a code, where it is defined, and at which level it raises it."""

    home: Path | None
    place: int
    level: Levels | Told


@dataclass(frozen=True, slots=True)
class Raise:
    """A code, `{}` for what is put into it, at its levels, where it stands."""

    code: str
    levels: Levels
    where: str


@dataclass
class Module:
    """One source file, with what its names stand for."""

    path: Path
    tree: ast.Module = field(init=False)

    def __post_init__(self) -> None:
        """Parse it."""
        self.tree = ast.parse(self.path.read_text("utf-8"))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """List its nodes: walking through it took most of the time."""
        return [*ast.walk(self.tree)]

    @cached_property
    def calls(self) -> list[ast.Call]:
        """List the calls in it."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Give what each node stands in."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Give what the names at the top of the file stand for."""
        return {name: value for node in self.tree.body for name, value in assigned(node)}

    @cached_property
    def functions(self) -> set[str]:
        """Name the functions that it defines."""
        return {node.name for node in self.nodes if isinstance(node, Function)}

    @cached_property
    def imports(self) -> dict[str, str]:
        """Give the module that each imported name comes from, as the end of a path."""
        return {
            alias.asname or alias.name: node.module.replace(".", "/")
            for node in self.nodes
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def around(self, node: ast.AST) -> Iterator[Function]:
        """Give the functions that a node stands in, the innermost first."""
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, Function):
                yield node


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Give the names that a statement binds, and to what: a loop's to what it goes through."""
    pairs: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    for target, value in pairs:
        several: Iterable[tuple[ast.expr, ast.expr]] = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            several = zip(target.elts, value.elts, strict=True)
        for one, its in several:
            yield from ((name.id, its) for name in ast.walk(one) if isinstance(name, ast.Name))


def parameters(function: Function) -> list[str]:
    args = function.args
    names = [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def argument(call: ast.Call, name: str, place: int | None) -> ast.expr | None:
    """Give what a call hands over as a parameter, by its name or its place."""
    by_name = [keyword.value for keyword in call.keywords if keyword.arg == name]
    at_place = call.args[place : place + 1] if place is not None else []
    return next(iter((*by_name, *at_place)), None)


class Reader:
    """The package while it is read."""

    def __init__(self, package: Path) -> None:
        self._modules = [Module(path) for path in sorted(package.rglob("*.py"))]
        self._constants: dict[str, list[tuple[Module, ast.expr]]] = {}
        for module in self._modules:
            for name, value in module.constants.items():
                self._constants.setdefault(name, []).append((module, value))
        self._carriers = {
            "InputRefused": {Carrier(None, 0, frozenset({REFUSED}))},
            "Finding": {Carrier(None, 0, Told("severity", 1, ANY))},
            "NotRead": {Carrier(None, 2, frozenset({REFUSED}))},
            "Contradiction": {Carrier(None, 0, frozenset({Severity.WARNING.value}))},
            "_BecomesUnknownError": {Carrier(None, 0, frozenset({Severity.WARNING.value}))},
        }
        self.unclear: list[str] = []

    def read(self) -> list[Raise]:
        """Read until no further function is found to carry codes."""
        while True:
            before = sum(map(len, self._carriers.values()))
            self.unclear = []
            found = [one for module in self._modules for one in self._of_module(module)]
            if sum(map(len, self._carriers.values())) == before:
                return found

    def _of_module(self, module: Module) -> Iterator[Raise]:
        for call in module.calls:
            for carrier in self._carried_by(module, call.func):
                yield from self._of_call(module, call, carrier)

    def _carried_by(self, module: Module, called: ast.expr) -> list[Carrier]:
        """Give what a call may mean: a module's own function, an imported one, any method."""
        name = getattr(called, "id", getattr(called, "attr", ""))
        every = [*self._carriers.get(name, ())]
        own = called.value if isinstance(called, ast.Attribute) else None
        if own is not None and not (isinstance(own, ast.Name) and own.id == "self"):
            return every
        if name in module.functions:
            return [one for one in every if one.home == module.path]
        if name in module.imports:
            home = f"{module.imports[name]}.py"
            return [one for one in every if one.home is None or one.home.as_posix().endswith(home)]
        return every

    def _of_call(self, module: Module, call: ast.Call, carrier: Carrier) -> Iterator[Raise]:
        where = f"{module.path}:{call.lineno}"
        code = argument(call, "code", carrier.place)
        if code is None or is_handed_on(code):
            return
        inner = next(module.around(call), None)
        level = self._level(module, call, carrier.level)
        if isinstance(code, ast.Name) and inner and code.id == "code" in parameters(inner):
            place = parameters(inner).index("code")
            self._carriers.setdefault(inner.name, set()).add(Carrier(module.path, place, level))
            return
        levels = level.default if isinstance(level, Told) else level
        codes = self._texts(module, code, call)
        if not codes:
            self.unclear.append(where)
        yield from (Raise(one, levels, where) for one in sorted(codes))

    def _level(self, module: Module, call: ast.Call, level: Levels | Told) -> Levels | Told:
        """Give the level of a call; where the function around it is told it, so is this."""
        if not isinstance(level, Told):
            return level
        given = argument(call, level.name, level.place)
        if given is None:
            return level.default
        inner = next(module.around(call), None)
        if isinstance(given, ast.Name) and inner and given.id == level.name in parameters(inner):
            return told_by(inner, given.id)
        values = [given, *self._values(module, given, call)]
        return levels_in(*values) or level.default

    def _values(self, module: Module, node: ast.expr, at: ast.AST) -> list[ast.expr]:
        """Give what a name is bound to in the functions around, innermost first."""
        if not isinstance(node, ast.Name):
            return []
        for function in module.around(at):
            inside = [v for n in ast.walk(function) for name, v in assigned(n) if name == node.id]
            if inside:
                return inside
        return []

    def _texts(self, module: Module, node: ast.expr, at: ast.AST) -> set[str]:
        """Give the codes that an expression may be."""
        inside = self._values(module, node, at)
        every = [(module, one) for one in inside] or self._global(module, node)
        return {text for home, value in every for text in self._literals(home, value, set())}

    def _global(self, module: Module, node: ast.expr) -> list[tuple[Module, ast.expr]]:
        if not isinstance(node, ast.Name):
            return [(module, node)]
        if node.id in module.constants:
            return [(module, module.constants[node.id])]
        return self._constants.get(node.id, [])

    def _literals(self, module: Module, node: ast.expr, seen: set[str]) -> Iterator[str]:
        for one in ast.walk(node):
            text = template(one)
            if text is not None and CODE.fullmatch(text):
                yield text
            elif isinstance(one, ast.Name) and one.id.isupper() and one.id not in seen:
                for home, value in self._global(module, one):
                    yield from self._literals(home, value, seen | {one.id})


def is_handed_on(code: ast.expr) -> bool:
    """Whether it is the code of another refusal or finding, `wrong.code`, or no text at all."""
    last = code.slice if isinstance(code, ast.Subscript) else None
    of_record = isinstance(last, ast.Constant) and last.value == "code"
    other = isinstance(code, ast.Constant) and not isinstance(code.value, str)
    return of_record or other or (isinstance(code, ast.Attribute) and code.attr == "code")


def template(node: ast.AST) -> str | None:
    """Give a text, with {} for what is put into it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def told_by(function: Function, name: str) -> Told:
    """Give the parameter by which a function is told a level."""
    args, names = function.args, parameters(function)
    by_place = [one.arg for one in (*args.posonlyargs, *args.args)]
    defaults = dict(zip(reversed(by_place), reversed(args.defaults), strict=False))
    only = zip((one.arg for one in args.kwonlyargs), args.kw_defaults, strict=True)
    defaults |= {key: value for key, value in only if value is not None}
    place = names.index(name) if name in by_place else None
    default = defaults.get(name)
    if default is None:
        return Told(name, place, ANY)
    return Told(name, place, levels_in(default))


def levels_in(*values: ast.expr) -> Levels:
    return frozenset(one.lower() for v in values for one in LEVEL.findall(ast.unparse(v)))
