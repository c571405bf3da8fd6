"""The schema: what each storage keeps of every value. Times are emulated microseconds UTC, 0 for "none".

``messages`` has its columns in the order of :class:`gateway.messages.message.Message`, so that a row is made and read
without naming them. Octets and data_coding are the truth; ``text`` and ``folded`` are made from them for searches.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION: Final = 2
APPLICATION: Final = "sms-gateway"

metadata: Final = MetaData()

_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite's own row number is an INTEGER PRIMARY KEY, nothing else

schema_version = Table(
    "schema_version",
    metadata,
    Column("application", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
)
"""The next number of each kind that nobody has reserved."""

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

messages = Table(
    "messages",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("fate", SmallInteger, nullable=False),
    Column("spelled_id", Text, nullable=False),
    Column("whole", BigInteger, nullable=False),
    Column("source_addr_ton", SmallInteger, nullable=False),
    Column("source_addr_npi", SmallInteger, nullable=False),
    Column("source_addr", Text, nullable=False),
    Column("dest_addr_ton", SmallInteger, nullable=False),
    Column("dest_addr_npi", SmallInteger, nullable=False),
    Column("destination_addr", Text, nullable=False),
    Column("data_coding", SmallInteger, nullable=False),
    Column("user_data", LargeBinary, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("accepted_at", BigInteger, nullable=False),
    Column("esm_class", SmallInteger, nullable=False),
    Column("service_type", Text, nullable=False),
    Column("protocol_id", SmallInteger, nullable=False),
    Column("priority_flag", SmallInteger, nullable=False),
    Column("registered_delivery", SmallInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("scheduled_at", BigInteger, nullable=False),
    Column("final_at", BigInteger, nullable=False),
    Column("error", BigInteger, nullable=False),
    Column("tlvs", LargeBinary, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("sealed", Boolean(create_constraint=False), nullable=False),
    Column("command", Text, nullable=False),
    Column("match", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("folded", Text, nullable=False),
)
# States 0 and 1 are those that are not final: one small index serves a start, cancel_sm and replace_sm.
_unfinished = messages.c.state <= 1
Index(
    "messages_unfinished",
    messages.c.client,
    messages.c.source_addr,
    messages.c.destination_addr,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)
_shared = messages.c.whole != messages.c.id
Index("messages_whole", messages.c.whole, sqlite_where=_shared, postgresql_where=_shared)

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", _ID, primary_key=True, autoincrement=False),
    Column("not_before", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("acknowledged", LargeBinary, nullable=False),
    # The lane, and the gateway that has claimed it, while its lease holds.
    Column("client", Text, nullable=False),
    Column("subscriber", Text, nullable=False),
    Column("short_code", Text, nullable=False),
    Column("claimed_by", Text, nullable=True),
)
Index("outbox_lane", outbox.c.client, outbox.c.subscriber, outbox.c.short_code)
# A row that is born claimed, as nearly all are, costs this index nothing.
Index("outbox_free", outbox.c.client, postgresql_where=outbox.c.claimed_by.is_(None)).ddl_if(dialect="postgresql")

gateways = Table(
    "gateways",
    metadata,
    Column("id", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
)
"""The leases: ``until`` is µs UTC of the database's own clock."""

parts = Table(
    "parts",
    metadata,
    Column("message_id", _ID, primary_key=True, autoincrement=False),
    Column("client", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("reference", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("data_coding", SmallInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("octets", LargeBinary, nullable=False),
)
"""One row a part; ``ordinal`` counts the parts of a set in the order in which they came, from 0."""
Index("parts_set", parts.c.client, parts.c.source, parts.c.destination, parts.c.reference, parts.c.total)

accounts = Table(
    "accounts",
    metadata,
    Column("number", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("balances", Text, nullable=False),
    Column("blocked", Boolean(create_constraint=False), nullable=False),
    Column("confirmation", Boolean(create_constraint=False), nullable=False),
    Column("pin", Text, nullable=False),
)
"""``balances`` is JSON, ``[["RUB", minor units], …]`` in the order of the account; ``pin`` is a JSON object."""

entries = Table(
    "entries",
    metadata,
    Column("id", _ID, Identity(always=False), primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("payment", BigInteger, nullable=True),
    UniqueConstraint("cause", "kind", name="entries_cause"),
)
Index("entries_account", entries.c.account, entries.c.id)

payments = Table(
    "payments",
    metadata,
    Column("number", _ID, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("merchant", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code_digest", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("payments_account", payments.c.account, payments.c.number)
_held = payments.c.state == "held"
Index("payments_held", payments.c.expires_at, sqlite_where=_held, postgresql_where=_held)

limits = Table(
    "limits",
    metadata,
    Column("subscriber", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("times", Text, nullable=False),
    PrimaryKeyConstraint("subscriber", "name"),
)
"""``times`` is a JSON list."""
