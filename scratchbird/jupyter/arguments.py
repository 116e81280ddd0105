"""What stands behind `%sql`: options, a name for the result, and the statement. Runs nothing."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, NamedTuple, Optional

from scratchbird._statement_text import _TOKENS

KINDS = ("table", "df", "polars", "arrow", "rows")

USAGE = """%sql [options] [name <<] [statement]      and the same of %%sql, with the statement in the lines below

  -c, --connection X   a connection string, or the name of a variable that holds one, a connection
                     or a pool. It stays in use.
  --df, --polars, --arrow, --rows   what to give instead of a table
  -n, --limit N        the rows that a table shows (20)
  -t, --timeout S      the most seconds for the statement
  --no-progress        no bar below statements that take long
  --close              close the connection, where %sql has opened it
  name << statement    keep the result in a variable, and show nothing

Parameters are Python variables: select * from t where id = :wanted
Without --connection: the one in use, else the SCRATCHBIRD_* environment variables."""


class UsageError(ValueError):
    """The line is not one that %sql takes."""


class Arguments(NamedTuple):
    """A line of `%sql`."""

    connection: Optional[str]
    kind: str
    limit: int
    timeout: Optional[float]
    progress: bool
    close: bool
    target: Optional[str]
    statement: str


TARGET = re.compile(r"\s*([^\W\d]\w*)\s*<<(?!<)\s*")
WORD = re.compile(r"\s*(\S+)")
DSN = re.compile(r"^scratchbird(\+\w+)?://\S*$")


def parse(line: str, cell: Optional[str] = None) -> Arguments:
    """The parts of a line; options come first, the rest is the statement."""
    options: Any = {"connection": None, "kind": "table", "limit": 20, "timeout": None, "progress": True, "close": False}
    rest = line
    while True:
        match = WORD.match(rest)
        if match is None or not match[1].startswith("-") or match[1] == "--":
            break
        name, rest = match[1], rest[match.end() :]
        if name in ("-c", "--connection", "-n", "--limit", "-t", "--timeout"):
            value = WORD.match(rest)
            if value is None:
                raise UsageError(f"{name} needs a value")
            rest = rest[value.end() :]
            set_option(options, name, value[1])
        elif name == "--close":
            options["close"] = True
        elif name == "--no-progress":
            options["progress"] = False
        elif name.startswith("--") and name[2:] in KINDS:
            options["kind"] = name[2:]
        else:
            raise UsageError(f"there is no option {name}\n\n{USAGE}")
    target = TARGET.match(rest)
    if target is not None:
        rest = rest[target.end() :]
    word = WORD.match(rest)
    if options["connection"] is None and word is not None and DSN.match(word[1]):
        options["connection"], rest = word[1], rest[word.end() :]
    statement = "\n".join(part for part in (rest.strip(), (cell or "").strip()) if part)
    return Arguments(target=None if target is None else target[1], statement=statement, **options)


def set_option(options: Any, name: str, value: str) -> None:
    """An option with a value."""
    if name in ("-c", "--connection"):
        options["connection"] = value
        return
    try:
        if name in ("-n", "--limit"):
            options["limit"] = int(value)
        else:
            options["timeout"] = float(value)
    except ValueError:
        raise UsageError(f"{name} is a number, not {value!r}") from None
    if options["limit"] < 1:
        raise UsageError(f"{name} is at least 1")


def named_parameters(statement: str) -> List[str]:
    """The names of `:name` in a statement, outside of its texts and comments."""
    found = []
    for match in _TOKENS.finditer(statement):
        text = match.group()
        is_name = match.lastgroup == "marker" and text[0] == ":" and not text[1].isdigit()
        if is_name and not statement[: match.start()].endswith((":", "[")) and text[1:] not in found:
            found.append(text[1:])
    return found


def statements(text: str) -> List[str]:
    """The statements of a cell, apart: what stands between the semicolons outside of texts and comments."""
    # Of what is no token itself, only semicolons matter.
    covered = [match.span() for match in _TOKENS.finditer(text)]
    ends, at = [], 0
    for begin, end in [*covered, (len(text), len(text))]:
        ends += [place for place in range(at, begin) if text[place] == ";"]
        at = end
    pieces = [text[begin:end].strip() for begin, end in zip([0, *(end + 1 for end in ends)], [*ends, len(text)])]
    comments = ("line", "block")
    return [piece for piece in pieces if any(match.lastgroup not in comments for match in _TOKENS.finditer(piece))]


def parameters(statement: str, variables: Mapping[str, Any]) -> Optional[Mapping[str, Any]]:
    """The variables that a statement names; None where it names none.

    Raises:
        NameError: there is no such variable.
    """
    names = named_parameters(statement)
    for name in names:
        if name not in variables:
            raise NameError(f"the statement has the parameter :{name}, and there is no variable of this name")
    return {name: variables[name] for name in names} or None
