"""Error classes, and the one place where an error's text is put together."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from irad.ir.core import Loc


class IradError(Exception):
    """Base of the errors that irad itself raises about a program; errors of the user's own program keep Python's types."""


class UnsupportedError(IradError, TypeError):
    """The function uses Python or NumPy that irad refuses; the text says where, why, and what to write instead."""


class NonScalarReturnError(IradError, TypeError):
    """A gradient was asked of a function whose result is not a real scalar."""


class RuntimeActivityError(IradError, RuntimeError):
    """An active value would be stored where no derivative can be kept, or a shadow may be mixed with a primal."""


class ParseError(IradError, ValueError):
    """Text that is not IR; the message has the line, the column and what was expected."""


class LoadError(IradError, ValueError):
    """A file of compiled code that is damaged, or that was made for another machine or by a newer irad."""


class SizesDiffer(IradError, ValueError):
    """Code that was compiled for arrays of equal sizes met others; a call then runs the code that was not, so that users never see this."""


class InternalError(IradError):
    """A bug in irad."""


def an(name: str) -> str:
    """A name with its indefinite article, for messages."""
    return f"{'an' if name[:1].lower() in tuple('aeiou') else 'a'} {name}"


def instance(x: Any) -> str:
    """How a message names a value by its type."""
    return an(type(x).__name__)


def render(loc: Loc, what: str, remedy: str = "") -> str:
    """Text of an error: place, the user's source line with carets, what happened, what to do."""
    text = f"{what} {remedy}".rstrip()
    if not loc.line:
        return text
    where = f'\n  File "{loc.file}", line {loc.line}' + (f", in {loc.function}" if loc.function else "")
    line = linecache.getline(loc.file, loc.line).rstrip("\n")
    if not line.strip():
        return f"{where}\n{text}"
    stripped = line.lstrip()
    indent = len(line) - len(stripped)
    start = max(0, len(line.encode()[: loc.column].decode(errors="ignore")) - indent)
    end = loc.end_column - indent if loc.end_line == loc.line else len(stripped)
    carets = " " * start + "^" * max(1, min(end, len(stripped)) - start)
    return f"{where}\n    {stripped}\n    {carets}\n{text}"


def fail(error: type[Exception], loc: Loc, what: str, remedy: str = "") -> Exception:
    """An exception of the class, with rendered text, for the caller to raise."""
    return error(render(loc, what, remedy))
