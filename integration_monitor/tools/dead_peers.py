"""How soon PostgreSQL notices that the machine of a connection is gone."""

from __future__ import annotations

#: Locks of a session end with its connection. A process that dies closes it; a machine that loses
#: power, or the network, does not, and PostgreSQL would notice that after hours. For connections
#: over TCP: the first probe after half a minute of silence, and after a minute it is closed. Until
#: the connection goes back to its pool, or the transaction that sets it is rolled back.
NOTICED_WITHIN_A_MINUTE = (
    "SET tcp_keepalives_idle TO 30; SET tcp_keepalives_interval TO 10; "
    "SET tcp_keepalives_count TO 3; SET tcp_user_timeout TO 60000;"
)
