"""Places in the code, found on the syntax tree by the words that stand there.

A place is words: names, attributes, keywords, texts and numbers as the code has them. It is the
smallest node that holds all of them, and the only one; where several do, a last `#2` picks the
second. What is not there, or not once, raises `LookupError`.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TypeVar

Node = ast.expr | ast.stmt | ast.keyword  # what has a place in the text
Found = TypeVar("Found", bound=Node)
STATEMENTS = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Raise, ast.Return)
LEAVES = (ast.Return, ast.Continue, ast.Break)


def find_symbol(tree: ast.Module, name: str) -> ast.stmt:
    """Find a function, a class or a constant as its module calls it: `Mask.unite`."""
    body, found = tree.body, None
    for part in name.split("."):
        try:
            found = _only([one for one in body if part in _defined(one)])
        except LookupError as error:
            raise LookupError(f"{name}: {error.args[0]}") from None
        body = getattr(found, "body", [])
    assert found
    return found


def pick(nodes: Iterable[Found], place: str) -> Found:
    """Pick the smallest node that holds all words of a place."""
    words, _, number = place.partition("#")
    wanted = {*words.split()}
    holding = [node for node in nodes if wanted <= {*_words(node)}]
    larger = {one for node in holding for one in holding if _is_within(node, one)}
    smallest = sorted((one for one in holding if one not in larger), key=_where)
    return _only(smallest[int(number) - 1 : int(number)] if number else smallest)


def list_statements(symbol: ast.AST) -> Iterator[ast.stmt]:
    """List the statements of a symbol that hold no other."""
    return (node for node in ast.walk(symbol) if isinstance(node, STATEMENTS))


def list_conditions(symbol: ast.AST) -> Iterator[ast.expr]:
    """List what is asked in a symbol: whole conditions, and the operands of `and` and `or`."""
    for node in ast.walk(symbol):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield test
            case ast.BoolOp(values=values):
                yield from values
            case ast.comprehension(ifs=ifs):
                yield from ifs


def list_parts(symbol: ast.AST) -> Iterator[tuple[Node, Node, Node | None]]:
    """List what can be left out: the part, and which node becomes which when it is."""
    for node in ast.walk(symbol):
        match node:
            case ast.List(elts=entries) | ast.Tuple(elts=entries) | ast.Set(elts=entries):
                yield from ((one, one, None) for one in entries)
            case ast.Call(args=args, keywords=keywords):
                yield from ((one, one, None) for one in args)
                yield from ((one, one, None) for one in keywords)
            case ast.Dict(keys=keys, values=values):
                for n, (key, value) in enumerate(zip(keys, values, strict=True)):
                    rest = ast.Dict(keys[:n] + keys[n + 1 :], values[:n] + values[n + 1 :])
                    yield key or value, node, rest
            case ast.BinOp(left=left, right=right):
                yield left, node, right
                yield right, node, left
            case ast.stmt() if isinstance(node, STATEMENTS):
                yield node, node, ast.Pass()


def list_values(symbol: ast.AST, name: str) -> tuple[ast.expr, ...]:
    """List what a name is given in a symbol: assigned, looped over, as a keyword or in a dict.

    Where it is given nothing: its calls; where it is not called: where it is read.
    """
    nodes = tuple(ast.walk(symbol))
    for listed in (_assigned, _looped, _passed, _called, _read):
        if found := tuple(value for node in nodes for value in listed(node, name)):
            return found
    return ()


def list_decisions(symbol: ast.AST, code: str) -> Iterator[tuple[ast.expr, bool]]:
    """List the conditions that lead to a code, each with the answer that leaves it untold.

    It is the nearest one under which the code stands, or before it on a way out of its block.
    """
    parents = {child: one for one in ast.walk(symbol) for child in ast.iter_child_nodes(one)}
    for node in ast.walk(symbol):
        outwards = [node] if code in _own(node) else []
        while outwards and outwards[-1] is not symbol:
            outwards.append(parents[outwards[-1]])
        yield from islice((each for pair in pairwise(outwards) for each in _deciding(*pair)), 1)


def _deciding(inner: ast.AST, outer: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    for branch in ("body", "orelse"):
        block = getattr(outer, branch, None)
        if isinstance(block, list) and inner in block:
            before = [one for one in block[: block.index(inner)] if isinstance(one, ast.If)]
            yield from (
                (one.test, True) for one in before[::-1] if isinstance(one.body[-1], LEAVES)
            )
        elif block is not inner:
            continue
        if isinstance(outer, ast.If | ast.IfExp):
            yield outer.test, branch == "orelse"
    if isinstance(outer, ast.ListComp | ast.GeneratorExp) and inner is outer.elt:
        yield from ((test, False) for loop in outer.generators for test in loop.ifs)


def _assigned(node: ast.AST, name: str) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from (each for one in targets for each in _given(one, value, name))
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
            | ast.NamedExpr(target=target, value=value)
        ) if name in _targets(target):
            yield value


def _given(target: ast.AST, value: ast.expr, name: str) -> Iterator[ast.expr]:
    match target, value:
        case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
            yield from (
                each for pair in zip(names, values, strict=True) for each in _given(*pair, name)
            )
        case _ if name in _targets(target):
            yield value


def _looped(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.comprehension | ast.For) and name in _targets(node.target):
        yield node.iter


def _passed(node: ast.AST, name: str) -> Iterator[ast.expr]:
    match node:
        case ast.keyword(arg=arg, value=value) if arg == name:
            yield value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from (value for key, value in pairs if key and name in _own(key))


def _called(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and name in _own(node.func):
        yield node


def _read(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.expr) and name in _own(node):
        yield node


def _targets(target: ast.AST) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=entries):
            yield from (name for one in entries for name in _targets(one))
        case ast.Subscript(slice=key):
            yield from _own(key)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name


def _defined(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (name for one in targets for name in _targets(one))
        case ast.AnnAssign(target=target):
            yield from _targets(target)


def _words(node: ast.AST) -> Iterator[str]:
    return (word for one in ast.walk(node) for word in _own(one))


def _own(node: ast.AST) -> Iterator[str]:
    """Give the word that a node says itself: what is read there, not what is given a value."""
    match node:
        case ast.Name(id=word, ctx=ast.Load()) | ast.Attribute(attr=word):
            yield word
        case ast.keyword(arg=str(word)):
            yield word
        case ast.Constant(value=value):
            yield str(value)


def _is_within(node: ast.AST, other: ast.AST) -> bool:
    return node is not other and node in ast.walk(other)


def _where(node: Node) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _only(found: Sequence[Found]) -> Found:
    if len(found) != 1:
        raise LookupError(f"stands {len(found)} times" if found else "is not there")
    return found[0]
