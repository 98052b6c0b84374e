"""The classic API is a skin: it stays small."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

CLASSIC = Path(__file__).parent.parent / "cacofonisk" / "classic"
WORDLESS = {
    tokenize.COMMENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.INDENT, tokenize.NEWLINE, tokenize.NL,
}  # fmt: skip


def lines_of_code(text: str) -> int:
    """Lines that hold more than blanks, comments and docstrings."""
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in WORDLESS
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def test_it_is_less_than_400_lines() -> None:
    assert sum(lines_of_code(path.read_text()) for path in CLASSIC.glob("*.py")) < 400


def test_lines_are_counted() -> None:
    assert (
        lines_of_code('"""Doc."""\n\nx = 1  # one\n\n\ndef f():\n    """Doc."""\n    return (\n        x\n    )\n') == 5
    )
