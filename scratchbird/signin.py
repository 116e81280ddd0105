"""How clients sign in at a server, asked before anybody does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional

from scratchbird import _core, _providers

__all__ = ["AuthSurface", "probe_auth_surface", "probe_auth_surface_async"]


@dataclass(frozen=True)
class AuthSurface:
    """What a server asks for before anybody has signed in.

    Attributes:
        address: the host that answered, `host:port` or the path of a socket.
        method: the login method: `"password_compat"`, `"scram_sha_256"`, `"scram_sha_512"`, `"authkey_token"`, or
            another's name; `"none"` where no login is asked for.
        code: the method's code (SBWP 3.1.2).
        is_supported: whether this driver can sign in so.
        is_permitted: whether `auth_required_methods` and `auth_forbidden_methods` let it.
        is_manager: whether a manager answered, in front of the database.
        tls_version: `"TLSv1.3"`, or `None` without TLS.
        details: what a manager says of itself, by name (SBWP 1.3.2); empty otherwise.
    """

    address: str
    method: str
    code: int
    is_supported: bool
    is_permitted: bool
    is_manager: bool
    tls_version: Optional[str]
    details: Dict[str, str] = field(default_factory=dict)

    @property
    def method_id(self) -> str:
        """The id by which `auth_required_methods` names the method."""
        return f"scratchbird.auth.{self.method}"


def probe_auth_surface(dsn: Optional[str] = None, **options: Any) -> AuthSurface:
    """Ask a server how clients sign in, without signing in.

    The session is started up and left where the server asks for a login: nothing secret is sent. Of several hosts the
    first one that answers is asked. Through a manager (`front_door_mode=manager_proxy`) only the manager is asked.

    Args:
        dsn: as for [`connect`][scratchbird.connect].
        **options: as for `connect`. Passwords and tokens are not needed, `user` is.

    Raises:
        InterfaceError: an option is unknown or malformed.
        OperationalError: no host can be reached, TLS failed, or the server refuses to start up.
        NotSupportedError: the server asks nobody to log in, because it executes no SQL.

    Contract: SBWP 3.1.2, 1.3.2.

    Example:
        >>> import scratchbird
        >>> surface = scratchbird.probe_auth_surface(dsn)
        >>> surface.method, surface.is_supported
        ('scram_sha_256', True)
    """
    try:
        return AuthSurface(**_core.probe(dsn, _providers.wrapped(options)))
    finally:
        # A traceback that shows variables shows no secrets of this frame.
        del dsn, options


async def probe_auth_surface_async(dsn: Optional[str] = None, **options: Any) -> AuthSurface:
    """Ask a server how clients sign in. As [`probe_auth_surface`][scratchbird.probe_auth_surface], awaited."""
    try:
        return AuthSurface(**await _core.probe_async(dsn, _providers.wrapped(options)))
    finally:
        del dsn, options
