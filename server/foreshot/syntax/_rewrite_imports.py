"""Where a new import goes, and whether it is there already."""

from __future__ import annotations

import ast
import re
import sys

from foreshot.syntax._rewrite_draft import Draft
from foreshot.syntax._rewrite_layout import Block, Layout, indented
from foreshot.syntax.changes import AddImport, Refused
from foreshot.syntax.module import module_statements
from foreshot.text import Edit, Span

Import = ast.Import | ast.ImportFrom

_FIRST_LINES = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")


def add_import(draft: Draft, change: AddImport, newline: str) -> None:
    """Import what the file does not import yet, among the imports that it has.

    Raises:
        Refused: when the name means something else in the file, or the code is not one import.
    """
    wanted = _parsed(change.code)
    layout = draft.layout
    body = layout.module.tree.body
    missing = _missing(wanted, body)
    if missing is None:
        return
    _check_names(missing, layout)
    code = change.code if len(missing.names) == len(wanted.names) else ast.unparse(missing)
    code = indented(code, "", newline)
    imports = [] if _is_future(wanted) else _imports_at_top(body)
    alike = [node for node in imports if _section(node) == _section(wanted)]
    sooner = [node for node in imports if _section(node) < _section(wanted)]
    if alike:
        earlier = _earlier(alike, wanted)
        edit = _after(layout, earlier, code, newline) if earlier else _before(layout, alike[0], code, newline)
    elif sooner:
        edit = _after(layout, sooner[-1], newline + code, newline)
    elif imports:
        edit = _before(layout, imports[0], code + newline, newline)
    else:
        edit = _at_top(layout, wanted, code, newline)
    draft.apply([edit])


def _parsed(code: str) -> Import:
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"the import to add is not valid Python: {error}") from error
    if len(body) != 1 or not isinstance(body[0], Import):
        raise Refused("the import to add is not one import statement")
    return body[0]


def _missing(wanted: Import, body: Block) -> Import | None:
    """What of an import the file lacks."""
    known = {_fact(node, alias) for node in body if isinstance(node, Import) for alias in node.names}
    # `import a.b` makes `a` known too.
    known |= {
        (None, "", root) for module, _, bound in known if module is None and (root := bound.partition(".")[0])
    }
    names = [alias for alias in wanted.names if _fact(wanted, alias) not in known]
    if not names:
        return None
    if isinstance(wanted, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(wanted.module, names, wanted.level)


def _check_names(wanted: Import, layout: Layout) -> None:
    facts = {_bound(wanted, alias): _fact(wanted, alias) for alias in wanted.names}
    for statement in module_statements(layout.module.tree):
        if isinstance(statement, Import):
            for alias in statement.names:
                name, fact = _bound(statement, alias), _fact(statement, alias)
                # `import a.b` and `import a.c` share the name `a` in peace.
                if facts.get(name, fact) != fact and not fact[:2] == facts[name][:2] == (None, ""):
                    raise Refused(f"the name {name} is imported from somewhere else already")
            continue
        for name in _defined(statement):
            if name in facts:
                raise Refused(f"the file defines {name} itself")


def _defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _fact(node: Import, alias: ast.alias) -> tuple[str | None, str, str]:
    """What an import says: the module and the name in it, and the name that the file gets.

    A module imported under its own name is (None, "", its name).
    """
    if isinstance(node, ast.ImportFrom):
        return "." * node.level + (node.module or ""), alias.name, alias.asname or alias.name
    return (None, "", alias.name) if alias.asname is None else (alias.name, "", alias.asname)


def _bound(node: Import, alias: ast.alias) -> str:
    name = alias.asname or alias.name
    return name.partition(".")[0] if isinstance(node, ast.Import) and alias.asname is None else name


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _section(node: Import) -> int:
    """Standard library, installed packages, this package: the order in which imports are written."""
    root = _module(node).partition(".")[0]
    return 2 if not root else int(root not in sys.stdlib_module_names)


def _module(node: Import) -> str:
    if isinstance(node, ast.Import):
        return node.names[0].name
    return "." * node.level + (node.module or "")


def _imports_at_top(body: Block) -> list[Import]:
    """The module's own imports before its first definition; older templates have assignments among them."""
    imports: list[Import] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        if isinstance(node, Import) and not _is_future(node):
            imports.append(node)
    return imports


def _earlier(imports: list[Import], wanted: Import) -> Import | None:
    """The import after which ``wanted`` keeps their order; the last one when they have none."""
    # By module, as Alembic's own template has it, or plain imports first, as isort has it unless told otherwise.
    for key in (_by_module, _plain_first):
        keys = [key(node) for node in imports]
        if keys == sorted(keys):
            earlier = [node for node in imports if key(node) <= key(wanted)]
            return earlier[-1] if earlier else None
    return imports[-1]


def _by_module(node: Import) -> tuple[bool, str]:
    return False, _module(node).casefold()


def _plain_first(node: Import) -> tuple[bool, str]:
    return isinstance(node, ast.ImportFrom), _module(node).casefold()


def _before(layout: Layout, node: ast.stmt, code: str, newline: str) -> Edit:
    body = layout.module.tree.body
    index = body.index(node)
    while not layout.begins_line(body, index):
        index -= 1
    at = layout.line_start(layout.start(body[index]))
    return Edit(Span(at, at), code + newline)


def _after(layout: Layout, node: ast.stmt, code: str, newline: str, *, spaced: bool = False) -> Edit:
    body = layout.module.tree.body
    index = body.index(node)
    while (rest := layout.rest_of_line(layout.end(body[index]))) is None:
        index += 1
        if index == len(body):
            raise Refused("more than a comment follows the imports on their line")
    spaced = spaced or (index + 1 < len(body) and not isinstance(body[index + 1], Import))
    return _at(layout, rest.end(), code, newline, spaced=spaced)


def _at_top(layout: Layout, wanted: Import, code: str, newline: str) -> Edit:
    """Where the imports of a file without any begin."""
    body = layout.module.tree.body
    futures = [node for node in body if _is_future(node)]
    if futures:
        return _after(
            layout, futures[-1], code if _is_future(wanted) else newline + code, newline, spaced=True
        )
    if body and ast.get_docstring(layout.module.tree, clean=False) is not None:
        return _after(layout, body[0], newline + code, newline, spaced=True)
    row = 0
    while row < 2 and _FIRST_LINES.match(layout.lines.line(row)):
        row += 1
    # A comment with a blank line below it speaks of the file; another one speaks of what follows it.
    after = row
    while layout.lines.line(after).lstrip().startswith("#"):
        after += 1
    if after > row and not layout.lines.line(after).strip():
        row = after
        while row < len(layout.lines.starts) - 1 and not layout.lines.line(row).strip():
            row += 1
    starts = layout.lines.starts
    at = starts[row] if row < len(starts) else len(layout.content)
    return _at(layout, at, code, newline, spaced=True)


def _at(layout: Layout, at: int, code: str, newline: str, *, spaced: bool) -> Edit:
    """Code on lines of its own at ``at``, where a line begins or the text ends; a blank line below if ``spaced``."""
    if at and layout.content[at - 1] not in "\r\n":
        return Edit(Span(at, at), newline + code)
    follows = layout.lines.line(layout.lines.position(at)[0]).strip()
    return Edit(Span(at, at), code + newline * (2 if spaced and follows else 1))
