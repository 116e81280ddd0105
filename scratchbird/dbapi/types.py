"""Types of the server for classes of the program, of connections."""

from __future__ import annotations

from enum import Enum
from typing import Any, Mapping, Optional, Type

from scratchbird import typeinfo
from scratchbird._steps import blocking
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.rows import Row


class TypeMethods(StatementMethods[Row]):
    """What a connection offers for enumerations and composite types."""

    def register_enum(
        self,
        name: str,
        cls: Type[Enum],
        mapping: Optional[Mapping[Any, str]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> typeinfo.EnumInfo:
        """Read values of an enumeration of the server as members of a class, and send members as their labels.

        Args:
            name: the enumeration, `schema.name` outside of the default schema.
            cls: the class. The label of a member is its value, or its name where the values are no labels.
            mapping: the labels of members, where they are neither.
            timeout: the most seconds that each look into the catalogue may take; the connection's `statement_timeout`
                if not given.

        Returns:
            What the catalogue says of it.

        Raises:
            ProgrammingError: there is no such enumeration, a label has no member, or a member no label.
            NotSupportedError: the server has no catalogue of types.

        Example:
            >>> connection.register_enum("app.mood", Mood)  # doctest: +SKIP
            EnumInfo(name='mood', schema='app', labels=('sad', 'ok'))
        """
        return blocking(typeinfo.register_enum(self, name, cls, mapping, timeout))

    def register_composite(self, name: str, factory: Any = None, *, timeout: Optional[float] = None) -> Any:
        """Read values of a composite type of the server, or of a table, as instances of a class, and send instances.

        Args:
            name: the type, `schema.name` outside of the default schema.
            factory: a class that takes the fields as arguments and can be iterated for them, or a dataclass; a new
                named tuple if not given.
            timeout: the most seconds that each look into the catalogue may take; the connection's `statement_timeout`
                if not given.

        Returns:
            The class.

        Raises:
            ProgrammingError: there is no such type.
            NotSupportedError: the server has no catalogue of types.

        Example:
            >>> Address = connection.register_composite("app.address")  # doctest: +SKIP
            >>> connection.fetchval("select home from people")  # doctest: +SKIP
            address(street='Main St', number=5)
        """
        return blocking(typeinfo.register_composite(self, name, factory, timeout))
