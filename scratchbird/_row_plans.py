"""How `class_row` makes instances of a class: which road leads to the same instance as a call, and needs no call.

Knows classes and column names; nothing of cursors. What it returns is carried out in Rust.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from typing import Any, Collection, Dict, List, Optional, Sequence, Tuple

from scratchbird import _core, errors


def plan(cls: Any, columns: Tuple[str, ...]) -> _core.RowMaker:
    """What makes an instance of `cls` of a row of these columns.

    Raises:
        ProgrammingError: the columns are not those that the class needs.
    """
    double = sorted({name for name in columns if columns.count(name) > 1})
    if double:
        raise _misfit(cls, [f"several columns are named {', '.join(double)}"])
    if isinstance(cls, type):
        made = _pydantic(cls, columns) or _typed_dict(cls, columns)
        made = made or _named_tuple(cls, columns) or _dataclass(cls, columns)
        if made is not None:
            return made
    _check_call(cls, columns)
    return _core.RowMaker.keywords(columns, cls)


def _misfit(cls: Any, reasons: Sequence[str]) -> errors.ProgrammingError:
    return errors.ProgrammingError(f"class_row({getattr(cls, '__qualname__', cls)}): {'; '.join(reasons)}")


def _check_fields(cls: Any, columns: Collection[str], fields: Collection[str], required: Collection[str]) -> None:
    missing = [name for name in fields if name in required and name not in columns]
    surplus = [name for name in columns if name not in fields]
    reasons = []
    if missing:
        reasons.append(f"no column for the field {', '.join(missing)}")
    if surplus:
        reasons.append(f"no field for the column {', '.join(surplus)}")
    if reasons:
        raise _misfit(cls, reasons)


def _pydantic(cls: type, columns: Tuple[str, ...]) -> Optional[_core.RowMaker]:
    """Models of pydantic 2: by the validator that `model_validate` calls, where that is pydantic's own."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    if base is None or not issubclass(cls, base) or not hasattr(cls, "model_validate"):
        return None
    own = cls.model_validate.__func__ is not base.model_validate.__func__
    if own or not cls.__pydantic_complete__:  # type: ignore[attr-defined]
        return _core.RowMaker.mapping(columns, cls.model_validate)
    return _core.RowMaker.mapping(columns, cls.__pydantic_validator__.validate_python)  # type: ignore[attr-defined]


def _typed_dict(cls: type, columns: Tuple[str, ...]) -> Optional[_core.RowMaker]:
    # The class of a TypedDict says that it is a dict, and has its own metaclass.
    if not (issubclass(cls, dict) and hasattr(cls, "__total__") and hasattr(cls, "__annotations__")):
        return None
    fields = list(cls.__annotations__)
    # Python 3.8 does not tell which keys are required.
    required = set(getattr(cls, "__required_keys__", fields if cls.__total__ else ()))
    for name, annotation in cls.__annotations__.items():
        # Annotations that were left unevaluated hide these words from Python itself.
        word = re.match(r"(?:\w+\.)*(NotRequired|Required)\[", getattr(annotation, "__forward_arg__", ""))
        if word is not None:
            required -= {name} if word.group(1) == "NotRequired" else set()
            required |= {name} if word.group(1) == "Required" else set()
    _check_fields(cls, columns, fields, required)
    return _core.RowMaker.dict(columns)


def _named_tuple(cls: type, columns: Tuple[str, ...]) -> Optional[_core.RowMaker]:
    base: Any = next((base for base in cls.__mro__ if "_fields" in base.__dict__), None)
    if base is None or not issubclass(cls, tuple):
        return None
    if not _is_called_plainly(cls, base.__new__, object.__init__):
        return None
    fields: Tuple[str, ...] = base.__dict__["_fields"]
    defaults: Dict[str, Any] = getattr(cls, "_field_defaults", {})
    _check_fields(cls, columns, fields, [name for name in fields if name not in defaults])
    if fields == columns:
        return _core.RowMaker.tuples(columns, tuple.__new__, cls, None, ())
    fixed = [name for name in fields if name not in columns]
    places: List[str] = [*columns, *fixed]
    order = [places.index(name) for name in fields]
    return _core.RowMaker.tuples(columns, tuple.__new__, cls, order, tuple(defaults[name] for name in fixed))


def _is_called_plainly(cls: Any, new: Any, init: Any) -> bool:
    """Whether a call of the class is these two and nothing more."""
    return cls.__new__ is new and cls.__init__ is init and type(cls).__call__ is type.__call__


def _dataclass(cls: Any, columns: Tuple[str, ...]) -> Optional[_core.RowMaker]:
    """A dataclass whose `__init__` only sets attributes; None for others, which are called."""
    if "__dataclass_params__" not in cls.__dict__ or not _has_written_init(cls):
        return None
    fields = {field.name: field for field in dataclasses.fields(cls)}
    # InitVars are in `__dataclass_fields__` and not in `fields()`, as class variables are.
    pseudo = [field for name, field in cls.__dataclass_fields__.items() if name not in fields]
    if any("INITVAR" in str(field._field_type) for field in pseudo):
        return None
    attach = _dict_setter(cls)
    absent = [field for name, field in fields.items() if name not in columns]
    if (
        attach is None
        or hasattr(cls, "__post_init__")
        or not all(field.init for field in fields.values())
        or any(field.default_factory is not dataclasses.MISSING for field in absent)
        or any(hasattr(inspect.getattr_static(cls, name, None), "__set__") for name in fields)
    ):
        return None
    required = [name for name, field in fields.items() if field.default is dataclasses.MISSING]
    _check_fields(cls, columns, fields, required)
    fixed = {field.name: field.default for field in absent}
    if cls.__setattr__ is object.__setattr__:
        # One by one: the instances share the table of their names, as those that `__init__` makes do.
        attach = None
    return _core.RowMaker.attributes(columns, object.__new__, cls, attach, fixed)


def _has_written_init(cls: type) -> bool:
    """Whether `__init__` is the one that `dataclass` wrote, and nothing else has a part in a call of the class."""
    init = cls.__dict__.get("__init__")
    code = getattr(init, "__code__", None)
    # What `dataclass` writes has no file. Decorators and other libraries put functions of a file in its place.
    written = inspect.isfunction(init) and code is not None and code.co_filename == "<string>"
    return written and _is_called_plainly(cls, object.__new__, init)


def _dict_setter(cls: type) -> Any:
    """What sets the `__dict__` of an instance, whatever the class thinks of assignments; None where it has none."""
    for base in cls.__mro__:
        if "__dict__" in base.__dict__:
            return base.__dict__["__dict__"].__set__
    return None


def _check_call(cls: Any, columns: Tuple[str, ...]) -> None:
    """Whether the class takes these keyword arguments, as far as Python knows its signature."""
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**dict.fromkeys(columns))
    except TypeError as error:
        raise _misfit(cls, [f"the columns do not fit its arguments: {error}"]) from None
