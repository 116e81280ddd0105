"""What is known of a connection without asking the server."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Dict, Optional


@dataclass(frozen=True)
class ConnectionInfo:
    """A snapshot of a connection's state.

    Attributes:
        session_id: the server's id of the session (SBWP 3.1.5).
        product: what the server calls itself (SBWP 3.1.6).
        server_version: the server's version.
        dialect: the server's SQL dialect.
        features: the negotiated features, a bitmap (SBWP 3.1.1).
        parameters: what the server reported, by name (SBWP 3.1.7).
        transaction_status: `"idle"`, `"active"` or `"failed"`, as the last READY said (SBWP 3.1.8).
        transaction_id: the id of the current transaction.
        tls_version: `"TLSv1.3"`, or `None` without TLS.
        server_profile: the profile in force: `"standard"`, or `"beta"` for servers with the beta's known defects.
        failover_hint: the content of the server's announcement of a failover, at most 4096 bytes; `None` where it made
            none. The protocol gives it no layout (SBWP 3.10).
    """

    session_id: uuid.UUID
    product: str
    server_version: str
    dialect: str
    features: int
    transaction_status: str
    transaction_id: int
    tls_version: Optional[str]
    server_profile: str
    failover_hint: Optional[bytes]
    parameters: Dict[str, str] = field(repr=False)
