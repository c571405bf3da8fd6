"""The settings as one frozen tree. A class is a TOML table, an attribute is a key; units are in the help texts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NewType

import attrs

from commands.wallet.accounts import Account
from commands.wallet.money import Money
from commands.wallet.rules import WalletRules
from gateway.clients.patterns import AddressPattern
from gateway.messages.receipt_rules import ReceiptRule
from gateway.smpp.limits import SessionLimits

Port = NewType("Port", int)
"""0 to 65535; 0 takes a free port."""
Positive = NewType("Positive", int)
"""1 or more."""
Instant = NewType("Instant", int)
"""Microseconds UTC since the epoch; spelled as an ISO 8601 time with a zone."""
Password = NewType("Password", str)
"""In clear (at most 8 characters, as SMPP has it) or a ``scrypt$`` hash; never shown."""
SystemId = NewType("SystemId", str)
"""1 to 15 printable ASCII characters."""
Msisdn = NewType("Msisdn", str)
"""A phone number: 5 to 15 digits, no plus sign."""
ShortCode = NewType("ShortCode", str)
"""3 to 8 digits."""
Token = NewType("Token", str)
"""At least 16 printable ASCII characters without a space; never shown."""
HostName = NewType("HostName", str)
"""A DNS name, without a port."""
Database = NewType("Database", str)
"""The URL of a storage that exists."""
DefaultMessageId = NewType("DefaultMessageId", str)
"""1 to 254, as a TOML key."""
FaultSets = NewType("FaultSets", tuple[str, ...])
"""Names of sets of fault rules, or files of them: a list, or one text with commas between them."""
Balances = NewType("Balances", tuple[Money, ...])
"""Spelled as a table, amounts as text by currency: ``{ RUB = "1234.50" }``."""

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def _means(meaning: str, option: str | None = None) -> dict[str, Any]:
    return {"meaning": meaning, "option": option}


_TABLE = {"table": True}


@attrs.frozen(kw_only=True)
class SmppSettings:
    """``[smpp]``: the port that SMPP clients bind to."""

    host: str = attrs.field(default="127.0.0.1", metadata=_means("address to listen on", "--smpp-host"))
    port: Port = attrs.field(default=Port(2775), metadata=_means("port; 0 takes a free one", "--smpp-port"))
    system_id: SystemId = attrs.field(
        default=SystemId("GATEWAY"), metadata=_means("what the gateway calls itself in bind responses")
    )
    max_connections: Positive = attrs.field(
        default=Positive(10_000), metadata=_means("connections at a time; one more is closed at once")
    )
    bind_refusal: Literal["specific", "uniform"] = attrs.field(
        default="specific",
        metadata=_means(
            "`specific` tells an unknown system_id (0x0F) from a wrong password (0x0E); `uniform` answers 0x0D to both"
        ),
    )
    tls_port: Port | None = attrs.field(
        default=None,
        metadata=_means("SMPP over TLS on this port too, customarily 8775; 0 takes a free one", "--smpp-tls-port"),
    )
    tls_certificate: Path | None = attrs.field(
        default=None, metadata=_means("PEM file with the certificate; without it one is made for this run")
    )
    tls_key: Path | None = attrs.field(
        default=None, metadata=_means("PEM file with its key, when that is not in the certificate's file")
    )
    tls_client_ca: Path | None = attrs.field(
        default=None, metadata=_means("PEM file with authorities; clients must then show a certificate of one of them")
    )
    wire_log: int = attrs.field(
        default=4 * 1024 * 1024,
        metadata=_means("octets of memory for what went over the connections lately; 0 keeps nothing"),
    )
    capture: Path | None = attrs.field(
        default=None,
        metadata=_means("pcapng file to which everything on the connections is written, secrets masked", "--capture"),
    )
    capture_limit: int = attrs.field(
        default=1024**3, metadata=_means("octets of that file, then the capture ends; 0 = no limit")
    )
    default_messages: Mapping[DefaultMessageId, str] = attrs.field(
        factory=dict,
        metadata=_means('texts that sm_default_msg_id names: `{ 1 = "Call us back" }`') | {"file_only": True},
    )
    session: SessionLimits = attrs.field(factory=SessionLimits, metadata=_TABLE)


@attrs.frozen(kw_only=True)
class HttpSettings:
    """``[http]``: the port of the API, the console, `/livez`, `/readyz` and `/metrics`."""

    host: str = attrs.field(default="127.0.0.1", metadata=_means("address to listen on", "--http-host"))
    port: Port = attrs.field(default=Port(8025), metadata=_means("port; 0 takes a free one", "--http-port"))
    token: Token | None = attrs.field(
        default=None,
        repr=False,
        metadata=_means(
            "what requests have to bring as `Authorization: Bearer …`, at least 16 characters;"
            " needed unless `http.host` is a loopback address",
            "--http-token",
        ),
    )
    names: tuple[HostName, ...] = attrs.field(
        default=(),
        metadata=_means("names besides localhost that browsers may call this port by") | {"file_only": True},
    )
    reveal_secrets: bool = attrs.field(
        default=False,
        metadata=_means("show PINs and codes wherever messages are shown, with a banner", "--reveal-secrets"),
    )


@attrs.frozen(kw_only=True)
class StorageSettings:
    """``[storage]``: where messages and accounts live."""

    database: Database = attrs.field(
        default=Database("memory:"),
        repr=False,  # a URL may hold a password
        metadata=_means(
            "`memory:` keeps everything in memory, gone at the end; `sqlite:///FILE`; `postgresql://USER@HOST/NAME`",
            "--database",
        ),
    )
    pepper_file: Path | None = attrs.field(
        default=None,
        metadata=_means(
            "file with the key of PIN digests and sealed texts; made beside a SQLite file, needed for PostgreSQL",
            "--pepper-file",
        ),
    )
    history: int = attrs.field(
        default=0, metadata=_means("finished messages kept in a database, about; the oldest go first; 0 = all")
    )
    allow_reset: bool = attrs.field(
        default=False,
        metadata=_means("whether the API may empty a PostgreSQL database; others it always may", "--allow-reset"),
    )


@attrs.frozen(kw_only=True)
class ClockSettings:
    """``[clock]``: emulated time."""

    start: Instant | None = attrs.field(
        default=None,
        metadata=_means(
            "where emulated time starts, ISO 8601 with a zone; without it the time of day", "--clock-start"
        ),
    )
    frozen: bool = attrs.field(default=False, metadata=_means("whether emulated time stands still", "--clock-frozen"))


@attrs.frozen(kw_only=True)
class LogSettings:
    """``[log]``: what is said on standard error."""

    format: Literal["text", "json"] = attrs.field(
        default="text", metadata=_means("`text` for people, `json` for programs (one object a line)", "--log-format")
    )
    level: Literal["debug", "info", "warn", "error", "critical"] = attrs.field(
        default="info", metadata=_means("the least level that is logged", "--log-level")
    )


@attrs.frozen(kw_only=True)
class MessageSettings:
    """``[messages]``: how long things take, in seconds of emulated time."""

    receipt_delay: float = attrs.field(
        default=0.1, metadata=_means("seconds of emulated time from a final state to its delivery receipt")
    )
    validity: float = attrs.field(
        default=3 * 24 * 3600.0,
        metadata=_means("seconds that a message waits for its recipient when it has no validity_period"),
    )
    parts_wait: float = attrs.field(
        default=300.0, metadata=_means("seconds that parts of a long text wait for the missing ones")
    )
    attempts: Positive = attrs.field(
        default=Positive(8), metadata=_means("deliveries of one message before it is undeliverable")
    )
    history: Positive = attrs.field(
        default=Positive(100_000), metadata=_means("finished messages kept in memory; the oldest go first")
    )
    magic_numbers: bool = attrs.field(
        default=True, metadata=_means("whether destinations that begin with 9990000 have fixed outcomes")
    )


@attrs.frozen(kw_only=True)
class RouteSettings:
    """``[[routes]]``: what becomes of messages to some destinations."""

    destination: AddressPattern
    action: Literal["loopback"]


@attrs.frozen(kw_only=True)
class ReceiptSettings:
    """``[[receipts]]``: what becomes of some messages, and how it is told; a row has the keys of the rule itself."""

    rule: ReceiptRule
    client: str = ""
    source: AddressPattern | None = None
    destination: AddressPattern | None = None


@attrs.frozen(kw_only=True)
class OutbindSettings:
    """``[outbind.NAME]``: an ESME that the gateway can ask to bind."""

    host: str = attrs.field(metadata=_means("where the ESME listens; required"))
    port: Port = attrs.field(metadata=_means("its port; required"))
    system_id: SystemId = attrs.field(
        default=SystemId("GATEWAY"), metadata=_means("what the gateway calls itself in the outbind")
    )
    password: Password = attrs.field(
        default=Password(""), repr=False, metadata=_means("what it shows the ESME, at most 8 characters")
    )


@attrs.frozen(kw_only=True)
class ReplyLimitSettings:
    """``[reply_limits]``: how many automatic replies a subscriber gets before silence; off by default."""

    replies: int = attrs.field(
        default=0, metadata=_means("replies to one subscriber within the window, then silence; 0 = no limit")
    )
    replies_window: Positive = attrs.field(default=Positive(600), metadata=_means("that window, seconds"))
    not_understood: int = attrs.field(
        default=0, metadata=_means("replies to texts that are no command within their window; 0 = no limit")
    )
    not_understood_window: Positive = attrs.field(default=Positive(3600), metadata=_means("that window, seconds"))


@attrs.frozen(kw_only=True)
class WalletSettings(WalletRules):
    """``[wallet]``: the short code that is answered, and the rules of the mock wallet by their own names."""

    short_code: ShortCode = attrs.field(default=ShortCode("7494"), metadata=_means("the number that subscribers text"))


@attrs.frozen(kw_only=True)
class ClientSettings:
    """``[clients.ID]``: one ESME account that may bind."""

    password: Password = attrs.field(
        repr=False,
        metadata=_means('at most 8 characters in clear, a `scrypt$…` hash, or `{ env = "NAME" }`; required'),
    )
    window_in: Positive = attrs.field(
        default=Positive(10), metadata=_means("unanswered submits at a time that are worked on")
    )
    window_out: Positive = attrs.field(default=Positive(10), metadata=_means("unanswered deliver_sm at a time"))
    beyond_window: Literal["park", "refuse"] = attrs.field(
        default="park", metadata=_means("a submit beyond `window_in` waits (`park`) or is answered 0x58 (`refuse`)")
    )
    rate: float = attrs.field(default=0.0, metadata=_means("messages a second, answered 0x58 above it; 0 = unlimited"))
    sessions: int = attrs.field(default=0, metadata=_means("bindings at a time; 0 = unlimited"))
    bind_types: frozenset[Literal["transmitter", "receiver", "transceiver"]] = attrs.field(
        default=frozenset({"transmitter", "receiver", "transceiver"}), metadata=_means("how it may bind")
    )
    allowed_sources: tuple[AddressPattern, ...] = attrs.field(
        default=(), metadata=_means("source addresses that it may use: `7999*`, `79[0-5]???????`; empty = all")
    )
    allowed_destinations: tuple[AddressPattern, ...] = attrs.field(
        default=(), metadata=_means("destinations that it may use; empty = all")
    )
    allowed_ips: tuple[IpNetwork, ...] = attrs.field(
        default=(), metadata=_means("networks it may connect from, as `10.0.0.0/8`; empty = all")
    )
    addresses: tuple[AddressPattern, ...] = attrs.field(
        default=(), metadata=_means("numbers that are this client's own: messages to them are delivered to it")
    )
    system_types: frozenset[str] = attrs.field(
        default=frozenset(), metadata=_means("system_types that it may bind with; empty = all")
    )
    deliver_with: Literal["deliver_sm", "data_sm"] = attrs.field(
        default="deliver_sm", metadata=_means("the PDU that messages to it travel in")
    )
    message_id_format: Literal["decimal", "hex"] = attrs.field(
        default="decimal", metadata=_means("message ids as 10 decimal or 8 hexadecimal digits (always so below 3.4)")
    )
    default_alphabet: Literal["gsm0338", "gsm0338-packed", "latin1", "ascii"] = attrs.field(
        default="gsm0338", metadata=_means("what data_coding 0 means")
    )
    segmentation: Literal["udh8", "udh16", "sar", "payload"] = attrs.field(
        default="udh8",
        metadata=_means(
            "how a long text to it is cut: 8- or 16-bit reference in a header, sar_* TLVs, or message_payload"
        ),
    )
    receipts: ReceiptRule | None = attrs.field(
        default=None,
        metadata=_means('a table: what its receipts look like, `{ id_format = "hex", form = "text" }`; see Receipts'),
    )


@attrs.frozen(kw_only=True)
class AccountSettings:
    """``[accounts.NUMBER]``: one wallet account that is there at the start."""

    language: Literal["en", "ru"] = attrs.field(
        default="ru", metadata=_means("language of replies where the text does not show one")
    )
    balances: Balances = attrs.field(
        default=Balances(()), metadata=_means('money as text, by currency: `{ RUB = "1234.50" }`')
    )
    confirmation: bool = attrs.field(default=False, metadata=_means("whether payments are confirmed by an SMS code"))
    blocked: bool = attrs.field(default=False, metadata=_means("whether the wallet is blocked"))


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that was decided before the start."""

    seed: int | None = attrs.field(
        default=None, metadata=_means("makes PINs, codes and balances the same in every run", "--seed")
    )
    any_client: bool = attrs.field(
        default=False,
        metadata=_means("accept every well-formed bind; only while `smpp.host` is a loopback address", "--any-client"),
    )
    loopback: bool = attrs.field(
        default=False,
        metadata=_means("send every message back to its sender with swapped addresses; no wallet", "--loopback"),
    )
    commands: Path | None = attrs.field(
        default=None,
        metadata=_means("TOML file with synonyms and commands of your own that have a fixed reply", "--commands"),
    )
    replies: Path | None = attrs.field(
        default=None, metadata=_means("TOML file with reply texts of your own", "--replies")
    )
    faults: FaultSets = attrs.field(
        default=FaultSets(()),
        metadata=_means(
            "faults on demand: ready-made sets (`congested`, `flaky-link`, `maintenance`, `receipts-late`) and TOML"
            " files of your own; a list, or text with commas",
            "--faults",
        ),
    )
    ready_file: Path | None = attrs.field(
        default=None, metadata=_means("written once everything listens, removed at the end", "--ready-file")
    )
    smpp: SmppSettings = attrs.field(factory=SmppSettings, metadata=_TABLE)
    http: HttpSettings = attrs.field(factory=HttpSettings, metadata=_TABLE)
    storage: StorageSettings = attrs.field(factory=StorageSettings, metadata=_TABLE)
    clock: ClockSettings = attrs.field(factory=ClockSettings, metadata=_TABLE)
    messages: MessageSettings = attrs.field(factory=MessageSettings, metadata=_TABLE)
    log: LogSettings = attrs.field(factory=LogSettings, metadata=_TABLE)
    wallet: WalletSettings = attrs.field(factory=WalletSettings, metadata=_TABLE)
    reply_limits: ReplyLimitSettings = attrs.field(factory=ReplyLimitSettings, metadata=_TABLE)
    routes: tuple[RouteSettings, ...] = attrs.field(
        default=(),
        metadata=_means('a list of `[[routes]]`: `destination` (pattern) and `action = "loopback"`')
        | {"file_only": True},
    )
    receipts: tuple[ReceiptSettings, ...] = attrs.field(
        default=(),
        metadata=_means(
            "a list of `[[receipts]]`: `client`, `source` and `destination` say which messages, the other keys what"
            " becomes of them; see Receipts"
        )
        | {"file_only": True},
    )
    outbind: Mapping[str, OutbindSettings] = attrs.field(factory=dict, metadata={"rows": OutbindSettings})
    clients: Mapping[SystemId, ClientSettings] = attrs.field(factory=dict, metadata={"rows": ClientSettings})
    accounts: Mapping[Msisdn, AccountSettings] = attrs.field(factory=dict, metadata={"rows": AccountSettings})

    def opening_accounts(self) -> tuple[Account, ...]:
        """The configured accounts as the wallet's own values, to be put into an empty storage."""
        return tuple(
            Account(number, row.language, row.balances, row.blocked, row.confirmation)
            for number, row in self.accounts.items()
        )


PER_CLIENT_LIMITS = ("window_in", "window_out", "refuse_beyond_window")
"""What SessionLimits has and ``[smpp.session]`` has not: each client has its own, in ``[clients.ID]``."""

SESSION_MEANINGS: Mapping[str, str] = {
    "frame_before_bind": "largest PDU before a bind, octets",
    "frame": "largest PDU after it, octets",
    "park_octets": "submits parked beyond a client's window, octets; then reading pauses",
    "session_init": "seconds from connection to an accepted bind",
    "read_deadline": "seconds for the whole of a PDU from its first octet",
    "enquire_link": "seconds of silence before an enquire_link",
    "response": "seconds to wait for a response",
    "inactivity": "seconds without a message before the session is closed; 0 = never",
    "bind_failures": "refused binds before the connection is closed",
    "stray_responses": "responses to nothing before the session is closed",
}
"""The meanings of SessionLimits' own fields, in its order."""

WALLET_MEANINGS: Mapping[str, str] = {
    "unknown_subscribers": '`refuse` answers an unknown number with "no wallet"; `create` opens an account for it',
    "language": "language of an account that was created",
    "currency": "its currency",
    "created_balance": "its balance is drawn below this, minor units",
    "allow_confirm_off": "whether CONFIRM 0 runs by SMS (it lowers protection)",
    "pin_digits": "length of a PIN",
    "pin_reset_gap": "seconds between two new PINs",
    "pin_resets": "new PINs within the window, then the lock",
    "pin_resets_window": "the window, seconds",
    "pin_reset_lock": "the lock, seconds",
    "pin_temporary": "seconds that a new PIN opens anything",
    "pin_wrong_checks": "wrong PINs at one terminal before it is locked out",
    "pin_wrong_checks_of_all": "wrong PINs at all terminals together before all are locked out",
    "pin_budget_of_terminal": "wrong PINs at one terminal, for whatever accounts, before it is refused; 0: no limit",
    "pin_budget": "wrong PINs everywhere, for whatever accounts, before all are refused; 0: no limit",
    "pin_budget_window": "seconds in which they are counted",
    "pin_check_lock": "that lock, seconds; it doubles each time",
    "pin_check_lock_longest": "where the doubling ends, seconds",
    "code_valid": "seconds that a payment code is good",
    "code_tries": "wrong codes before the payment is refused",
    "payments_held": "payments of an account that may wait for their code",
    "payment_limit": "the largest payment, minor units; 0 = none",
}
"""The meanings of WalletRules' own fields."""
