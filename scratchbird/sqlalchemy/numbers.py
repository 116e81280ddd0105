"""Numbers: decimals, floats, money, and the integers that only SBsql has."""

from __future__ import annotations

import decimal
import math
from typing import Any, Optional, Type

from sqlalchemy import types as sqltypes

_FLOATS = (700, 701)


def _decimal(value: Any) -> Any:
    return None if value is None else decimal.Decimal(str(value))


def _float(value: Any) -> Any:
    return None if value is None else float(value)


def _rounded(scale: int) -> Any:
    def convert(value: Any) -> Any:
        return None if value is None else decimal.Decimal(f"{value:.{scale}f}")

    return convert


class Numeric(sqltypes.Numeric):  # type: ignore[type-arg]
    """Decimals come as `Decimal` from the server; what an expression makes of them may be a float or an int."""

    def bind_processor(self, dialect: Any) -> Any:
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        if not self.asdecimal:
            return None if coltype in _FLOATS else _float
        if coltype == 1700:
            return None
        return _rounded(self._effective_decimal_return_scale) if coltype in _FLOATS else _decimal


class Float(sqltypes.Float):  # type: ignore[type-arg]
    """Floats; a whole number that comes where one was expected is made one."""

    def bind_processor(self, dialect: Any) -> Any:
        return None

    result_processor = Numeric.result_processor

    def literal_processor(self, dialect: Any) -> Any:
        # The words of infinity and NaN alone would be names.
        name = dialect.type_compiler.process(self)
        return lambda value: str(value) if math.isfinite(value) else f"CAST('{value}' AS {name})"


class DOUBLE(Float):
    """A float of 64 bits."""

    __visit_name__ = "DOUBLE"


class REAL16(Float):
    """A float of 16 bits."""

    __visit_name__ = "scratchbird"
    sql_name = "REAL16"


class BFLOAT16(REAL16):
    """A float of 16 bits, with the range of one of 32."""

    sql_name = "BFLOAT16"


class DECFLOAT(Numeric):
    """A decimal of up to 34 digits, whose point floats."""

    __visit_name__ = "scratchbird"
    sql_name = "DECFLOAT"

    def __init__(self) -> None:
        super().__init__(asdecimal=True)

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return _decimal

    def bind_processor(self, dialect: Any) -> Any:
        return None


class REAL128(DECFLOAT):
    """A float of 128 bits: `Decimal`, since Python's floats are of 64."""

    sql_name = "REAL128"


class MONEY(DECFLOAT):
    """An amount of money: `Decimal`."""

    sql_name = "MONEY"


class SMALLMONEY(MONEY):
    """MONEY of a smaller range."""

    sql_name = "SMALLMONEY"


class _Sized(sqltypes.Integer):
    """An integer of a size of its own; wide ones come as decimals without fraction."""

    __visit_name__ = "scratchbird"
    sql_name = ""

    @property
    def python_type(self) -> Type[int]:
        return int

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        def convert(value: Any) -> Optional[int]:
            return None if value is None else int(value)

        return convert

    def get_dbapi_type(self, dbapi: Any) -> Any:
        return None


class INT8(_Sized):
    """One byte, -128 to 127: not eight bytes, which are BIGINT."""

    sql_name = "INT8"


class UINT8(_Sized):
    """0 to 255."""

    sql_name = "UINT8"


class UINT16(_Sized):
    """0 to 2¹⁶ - 1."""

    sql_name = "UINT16"


class UINT32(_Sized):
    """0 to 2³² - 1."""

    sql_name = "UINT32"


class UINT64(_Sized):
    """0 to 2⁶⁴ - 1."""

    sql_name = "UINT64"


class INT128(_Sized):
    """-2¹²⁷ to 2¹²⁷ - 1."""

    sql_name = "INT128"


class UINT128(_Sized):
    """0 to 2¹²⁸ - 1."""

    sql_name = "UINT128"
