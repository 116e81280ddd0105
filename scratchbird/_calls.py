"""Calls of procedures and functions, once for both faces: their statements, and the values that come back."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird._steps import Steps
from scratchbird.callable import Var

Arguments = Union[Sequence[Any], Mapping[str, Any]]


def procedure(
    cursor: Any, name: str, parameters: Arguments, keywords: Optional[Mapping[str, Any]], timeout: Optional[float]
) -> Steps[Any]:
    """Calls a procedure; gives the arguments, a list or a dict, with the values that came back in their places."""
    if name.lstrip().startswith("{"):
        if keywords:
            raise errors.ProgrammingError("keyword_parameters: write the names into the {call ...} itself")
        yield lambda: cursor._call(name, parameters, timeout=timeout)
        filled = _held(parameters)
        for key, value in cursor._outputs():
            filled[key] = value
        return filled
    positional, named = _split(parameters, keywords)
    sql = f"EXECUTE PROCEDURE {_path(name)}({_placeholders(positional, named)})"
    yield lambda: cursor._call(sql, (*positional, *named.values()), timeout=timeout)
    filled = _held((*positional, *named.values()))
    for index, value in cursor._outputs():
        filled[index] = value
    if named and not positional:
        return dict(zip(named, filled))
    return filled[: len(positional)]


def _held(parameters: Arguments) -> Any:
    """A copy of the arguments with the values of variables in their places."""

    def held(value: Any) -> Any:
        return value.value if isinstance(value, Var) else value

    if isinstance(parameters, Mapping):
        return {name: held(value) for name, value in parameters.items()}
    return [held(value) for value in parameters]


def function(
    cursor: Any,
    name: str,
    return_type: Any,
    parameters: Arguments,
    keywords: Optional[Mapping[str, Any]],
    timeout: Optional[float],
) -> Steps[Any]:
    """Calls a function; gives its result."""
    positional, named = _split(parameters, keywords)
    result: Var[Any] = return_type if isinstance(return_type, Var) else Var(return_type)
    sql = f"{{? = call {_path(name)}({_placeholders(positional, named)})}}"
    yield lambda: cursor._call(sql, (result, *positional, *named.values()), timeout=timeout)
    return result.value


def _split(parameters: Arguments, keywords: Optional[Mapping[str, Any]]) -> Tuple[Sequence[Any], Mapping[str, Any]]:
    if isinstance(parameters, Mapping):
        if keywords:
            raise errors.ProgrammingError("the arguments are given by name twice")
        return (), parameters
    if isinstance(parameters, (str, bytes, bytearray)):
        raise errors.ProgrammingError(f"parameters must be a sequence or a mapping, not {type(parameters).__name__}")
    return parameters, keywords or {}


def _placeholders(positional: Sequence[Any], named: Mapping[str, Any]) -> str:
    return ", ".join(["?"] * len(positional) + [f"{_identifier(name, 'parameter')} => ?" for name in named])


# ---- Names -----------------------------------------------------------------------------------------------------------


def _parts(path: str) -> List[str]:
    """The parts of a dotted path; a dot inside of quotes is a part of the name."""
    parts, quoted = [""], False
    for character in path:
        if character == '"':
            quoted = not quoted
        if character == "." and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _path(name: str) -> str:
    return ".".join(_identifier(part, "procedure or function") for part in _parts(name))


def _identifier(name: str, what: str) -> str:
    """The name as it may stand in a statement: an identifier, or quoted."""
    inner = name[1:-1]
    quoted = len(name) > 2 and name[0] == name[-1] == '"' and '"' not in inner.replace('""', "") and "\0" not in inner
    if not (quoted or name.isidentifier()):
        raise errors.ProgrammingError(f"not the name of a {what}: {name!r}")
    return name
