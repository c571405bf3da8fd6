"""The composition root: settings in, a whole emulator out. Only here are the reactor's clock, the source of
randomness and the storage chosen."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs
from twisted.internet.base import ReactorBase
from twisted.logger import Logger
from twisted.python.failure import Failure

from commands.dispatcher import Dispatcher, ReplyLimits
from commands.parsing import Parser
from commands.parsing.lexicon import LexiconError
from commands.parsing.results import Understood
from commands.registry import COMMANDS
from commands.replies.catalogue import Catalogue, CatalogueError
from commands.request import Request
from commands.support.desk import SupportDesk
from commands.wallet.accounts import Account
from commands.wallet.errors import WalletUnavailable
from commands.wallet.service import Wallet
from gateway.clients.bindings import Bindings
from gateway.clients.directory import Client, Directory
from gateway.clock import SECOND, EmulatorClock
from gateway.console.late_site import LateSite
from gateway.draws import Draws
from gateway.emulator import Emulator, Endpoint
from gateway.faults.plan import FaultsInvalid, Plan
from gateway.faults.rules import Rule
from gateway.faults.sets import load_sets
from gateway.messages.agenda import Agenda
from gateway.messages.answering import Answering
from gateway.messages.attempts import RetryRules
from gateway.messages.availability import PendingFlags
from gateway.messages.delivery import Delivery
from gateway.messages.dialects import Dialects, MatchedRule
from gateway.messages.drafting import DefaultMessage, Drafting
from gateway.messages.drafts import House
from gateway.messages.faulty_answers import FaultyAnswers
from gateway.messages.faulty_intake import FaultyIntake, receipt_faults
from gateway.messages.intake import Intake
from gateway.messages.kept_faults import FAULTS, KeptFaults
from gateway.messages.operations import Operations
from gateway.messages.paying import Paying
from gateway.messages.reading import text_of
from gateway.messages.receipt_rules import ReceiptRule
from gateway.messages.resumption import CLOCK, KeepClock, resume, resumed_time
from gateway.messages.routing import LoopbackRoute, Routing
from gateway.messages.settlement import Terms
from gateway.messages.sharing import SharedDelivery, Sharing
from gateway.messages.starting_anew import StartAnew
from gateway.messages.texting import Texting
from gateway.messages.timetable import Timetable
from gateway.metrics import Metrics, Reading
from gateway.network.capture import CaptureFile, Masked, revealed
from gateway.network.masking import Masking
from gateway.network.outbind import OutbindTarget
from gateway.network.smpp_listener import Exchange, ListenerLimits
from gateway.network.wire_log import WireLog
from gateway.settings import ClientSettings, Settings
from gateway.smpp.statuses import CommandStatus
from gateway.sms import alphabets, segments
from gateway.storage.base import Books, Claims, Keys, Storage, StorageDown, StorageFull, StorageUnusable, TextOf
from gateway.storage.faulty import FaultyStorage
from gateway.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from gateway.console.site import ConsoleSite
    from gateway.network.wakeups import Wakeups

_log = Logger(namespace="gateway")

GSM_DATA_CODING: Final = 0xF1
"""GSM alphabet, message class 1 (3GPP TS 23.038 §4): the way to say "GSM" to a client whose default is another."""


class CannotBuild(Exception):
    """Files that the settings name cannot be used; ``faults`` has one line for each thing that is wrong."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def use_monotonic_clock(reactor: Any) -> None:
    """Make a real reactor count monotonic seconds: Twisted's own clock is wall time and its timers jump with it.

    Must run before anything is scheduled. A ``task.Clock`` is left as it is.
    """
    if isinstance(reactor, ReactorBase):
        reactor.seconds = time.monotonic


def build_emulator(
    settings: Settings, reactor: Any, *, storage: Storage | None = None, claims: Claims | None = None
) -> Emulator:
    """Everything, put together and not yet listening.

    ``reactor`` is Twisted's, or one of its testing doubles; ``storage`` stands in for the one that settings name,
    and ``claims`` says what is this gateway's in a storage that is shared.

    Raises CannotBuild for files of the settings that cannot be used.
    """
    use_monotonic_clock(reactor)
    monotonic: Callable[[], float] = reactor.seconds
    report = _Reports(monotonic)
    draws = Draws(settings.seed)
    directory = _directory(settings)
    kept: Mapping[str, str] = {}
    listen = None
    pepper = _pepper(settings)
    if storage is None:
        storage, pepper, kept, claims, listen = _storage(settings, reactor, directory)
    elif isinstance(storage, MemoryStorage):
        storage.read_texts_with(_text_reader(directory))
    clock = EmulatorClock(_start_of_time(settings, kept.get(CLOCK, "")), monotonic, frozen=settings.clock.frozen)
    # Gateways that share a storage share their rules, so none may give an id that another has given.
    plan = Plan(draws.draw, monotonic, receipt_faults, "" if claims is None else f"{secrets.token_hex(3)}-")
    kept_faults = KeptFaults(plan, storage, time.time, report)
    kept_faults.told(kept.get(FAULTS, ""))
    configured_faults = _configured_faults(settings)
    if configured_faults:
        plan.add_all(configured_faults)
        _log.info(
            "{count} fault rules are in force, from {sets}",
            count=len(configured_faults),
            sets=", ".join(settings.faults),
        )
    bindings = Bindings()
    flags = PendingFlags(bindings)
    agenda = Agenda()
    dialects = _dialects(settings, directory, pepper)
    terms = Terms(
        dialects=dialects,
        receipt_delay=int(settings.messages.receipt_delay * SECOND),
        validity=int(settings.messages.validity * SECOND),
        parts_wait=int(settings.messages.parts_wait * SECOND),
    )
    default_messages = _default_messages(settings)
    wallet = Wallet(settings.wallet, draws.draw, pepper, alert=_alert)

    def wallet_gate(request: Request) -> None:
        if faulty_answers.wallet_is_down:
            raise WalletUnavailable

    parser, dispatcher = _dispatcher(settings, wallet, wallet_gate)
    faulty_answers = FaultyAnswers(
        plan,
        partial(_command_of, parser),
        frozenset(spec.name for spec in COMMANDS if spec.uses_wallet),
    )
    faulty_intake = FaultyIntake(plan, storage, FaultyStorage(storage, plan, reactor.callLater))
    short_codes = frozenset({str(settings.wallet.short_code)})
    house = House(
        answering=Answering(dispatcher, terms.validity),
        short_codes=short_codes,
        default_alphabet_of=partial(_alphabet, directory),
        terms=terms,
        faults=faulty_answers,
        is_in_flight=lambda message_id: delivery.is_in_flight(message_id),
    )
    make_delivery = Delivery if claims is None else partial(SharedDelivery, claims=claims)
    delivery = make_delivery(
        storage=storage,
        bindings=bindings,
        client_of=directory.find,
        agenda=agenda,
        now=clock.now,
        terms=terms,
        rules=RetryRules(attempts=settings.messages.attempts),
        report=report,
    )
    timetable = Timetable(storage=storage, agenda=agenda, delivery=delivery, house=house, now=clock.now, report=report)
    routing = Routing(
        short_codes,
        [LoopbackRoute(route.destination) for route in settings.routes],
        directory,
        loopback_all=settings.loopback,
        serving=bindings.serving,
    )
    drafting = Drafting(
        routing=routing,
        refusal_of=dialects.refusal_of,
        validity=terms.validity,
        now=clock.now,
        can_receive=bindings.can_receive,
        flags=flags,
        default_messages=default_messages,
    )
    intake = Intake(
        storage=storage,
        drafting=drafting,
        house=house,
        follow=timetable,
        monotonic=monotonic,
        report=report,
        faults=faulty_intake,
    )
    operations = Operations(
        faults=faulty_intake,
        delivery=delivery,
        follow=timetable,
        terms=terms,
        now=clock.now,
        default_messages=default_messages,
        report=report,
    )
    wire_log = WireLog(settings.smpp.wire_log)
    masking = Masking(short_codes, lambda system_id: _alphabet(directory, system_id))
    masked = revealed if settings.http.reveal_secrets else masking.masked
    capture = _capture(settings, wire_log, masked, reactor)
    exchange = Exchange(
        system_id=settings.smpp.system_id,
        session_limits=settings.smpp.session,
        limits=ListenerLimits(connections=settings.smpp.max_connections),
        directory=directory,
        bindings=bindings,
        intake=intake,
        operations=operations,
        delivery=delivery,
        flags=flags,
        reactor=reactor,
        monotonic=monotonic,
        wire_log=wire_log,
        plan=plan,
    )
    sharing = None
    if claims is not None:
        assert isinstance(delivery, SharedDelivery)
        sharing = Sharing(
            storage=storage,
            claims=claims,
            delivery=delivery,
            timetable=timetable,
            bindings=bindings,
            terms=terms,
            now=clock.now,
            call_later=reactor.callLater,
            report=report,
        )
    storage.submit(_OpenAccounts(settings.opening_accounts()), _ignore, _raise)
    texting = Texting(
        storage=storage,
        routing=routing,
        house=house,
        follow=timetable,
        client_of=directory.find,
        now=clock.now,
        validity=terms.validity,
    )
    paying = Paying(
        storage=storage,
        wallet=wallet,
        house=house,
        routing=routing,
        follow=timetable,
        agenda=agenda,
        client_of=directory.find,
        short_code=str(settings.wallet.short_code),
        now=clock.now,
        report=report,
    )
    metrics = Metrics(_readings(exchange, intake, delivery))

    run_key = secrets.token_bytes(32)
    started_at = monotonic()

    def site(emulator: Emulator) -> LateSite:
        def console() -> ConsoleSite:
            from gateway.wiring_console import console_site

            return console_site(
                emulator,
                settings,
                reactor=reactor,
                wallet=wallet,
                parser=parser,
                metrics=metrics,
                run_key=run_key,
                started_at=started_at,
                alphabet_of=partial(_alphabet, directory),
            )

        return LateSite(console)

    def _resume() -> None:
        if sharing is None:
            resume(storage, timetable, terms, report)
        paying.resume()

    emulator = Emulator(
        plan=plan,
        configured_faults=configured_faults,
        texting=texting,
        paying=paying,
        reactor=reactor,
        clock=clock,
        agenda=agenda,
        storage=storage,
        exchange=exchange,
        delivery=delivery,
        site=site,
        smpp=Endpoint("SMPP", "--smpp-port", settings.smpp.host, settings.smpp.port),
        http=Endpoint("HTTP", "--http-port", settings.http.host, settings.http.port),
        smpp_tls=_tls(settings, exchange, reactor),
        outbind_targets=_outbind_targets(settings),
        resume=_resume,
        start_anew=lambda what: StartAnew(
            what & {"messages", "accounts"},
            settings.opening_accounts(),
            numbers_too=sharing is None and what >= {"messages", "accounts"},
        ),
        first_time=lambda: _start_of_time(settings, ""),
        starts_frozen=settings.clock.frozen,
        keep_clock=lambda: storage.submit(
            KeepClock(clock.now(), _wall(), shared=sharing is not None),
            _ignore,
            lambda error: report("clock", error),
        ),
        sharing=sharing,
        wakeups=_wakeups(reactor, listen, sharing),
        masked=masked,
        capture=capture,
    )
    if sharing is not None:
        sharing.faults_told = kept_faults.told
        sharing.on_sweep = paying.sweep
        sharing.clock_told = lambda kept: emulator.catch_up(resumed_time(kept, _wall(), frozen=clock.frozen))
    return emulator


def _dialects(settings: Settings, directory: Directory, pepper: bytes) -> Dialects:
    # Drawn again after a start, or by another gateway, the same message comes to the same end: without a seed the
    # pepper, which they share, is one.
    seed = int.from_bytes(pepper, "big") if settings.seed is None else settings.seed

    def of_client(system_id: str) -> ReceiptRule | None:
        client = directory.find(system_id)
        return None if client is None else client.receipts

    return Dialects(
        Draws(seed).draw,
        of_client=of_client,
        matched=[MatchedRule(row.rule, row.client, row.source, row.destination) for row in settings.receipts],
        magic_numbers=settings.messages.magic_numbers,
    )


def _capture(settings: Settings, wire_log: WireLog, masked: Masked, reactor: Any) -> CaptureFile | None:
    path = settings.smpp.capture
    if path is None:
        return None
    try:
        capture = CaptureFile(path, masked, settings.smpp.capture_limit, reactor.callLater)
    except OSError as error:
        raise CannotBuild(f"--capture: {path} cannot be written: {error.strerror}") from None
    wire_log.tell(capture.add)
    return capture


def _wakeups(reactor: Any, listen: Callable[[], Any] | None, sharing: Sharing | None) -> Wakeups | None:
    if listen is None or sharing is None or not isinstance(reactor, ReactorBase):
        return None
    # Imported here: it needs psycopg, which not everybody has.
    from gateway.network.wakeups import Wakeups

    return Wakeups(reactor, listen, sharing.told)


def _configured_faults(settings: Settings) -> list[Rule]:
    try:
        return load_sets(settings.faults, receipt_rule=ReceiptRule.of)
    except FaultsInvalid as invalid:
        raise CannotBuild(*(f"--faults: {fault}" for fault in invalid.faults)) from None


def _wall() -> int:
    """The time of day, µs UTC."""
    return int(time.time() * SECOND)


def _lease_clock() -> float:
    """Seconds that run on while the machine sleeps, where it can tell (Linux): a lease does not sleep."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _storage(
    settings: Settings, reactor: Any, directory: Directory
) -> tuple[Storage, bytes, Mapping[str, str], Claims | None, Callable[[], Any] | None]:
    """The storage that the settings name, the pepper that belongs to it, the facts that it keeps, and for one that may
    be shared this gateway's claims and what makes a connection that listens."""
    url = settings.storage.database

    text = _text_reader(directory)
    if url == "memory:":
        reveal = settings.http.reveal_secrets
        storage = MemoryStorage(finished_kept=settings.messages.history, text_of=text, reveal=reveal)
        return storage, _pepper(settings), {}, None, None
    # Imported here: whoever keeps everything in memory need not wait for SQLAlchemy.
    from gateway.storage.sql.opening import open_storage

    try:
        opened = open_storage(
            url,
            text_of=text,
            reveal=settings.http.reveal_secrets,
            pepper_file=settings.storage.pepper_file,
            # A testing double of a reactor has no thread that another one could call: everything happens at once then.
            call_in_reactor=reactor.callFromThread if isinstance(reactor, ReactorBase) else None,
            report=_report,
            lease_clock=_lease_clock,
            history=settings.storage.history,
        )
    except StorageUnusable as error:
        raise CannotBuild(str(error)) from error
    return opened.storage, opened.pepper, opened.meta, opened.claims, opened.listen


def _text_reader(directory: Directory) -> TextOf:
    """Reads texts in the default alphabet of the client that they come from or go to."""
    return lambda message: text_of(message, _alphabet(directory, message.client or message.recipient))


def _start_of_time(settings: Settings, kept: str) -> int:
    """Where emulated time begins: a storage with a past goes on from there, whatever the settings say of a start."""
    wall = _wall()
    if kept:
        return resumed_time(kept, wall, frozen=settings.clock.frozen)
    return wall if settings.clock.start is None else settings.clock.start


class _OpenAccounts:
    """The work that puts the configured accounts into a storage that does not have them."""

    def __init__(self, accounts: tuple[Account, ...]) -> None:
        self.accounts = accounts
        self.keys = Keys(accounts=tuple(account.number for account in accounts))

    def __call__(self, books: Books) -> None:
        for account in self.accounts:
            if books.accounts.get(account.number) is None:
                books.accounts.put(account)


def _command_of(parser: Parser, text: str) -> str:
    """The name of the command that a text is understood as, else empty."""
    outcome = parser.classify(text)
    return outcome.command if isinstance(outcome, Understood) else ""


def _dispatcher(
    settings: Settings, wallet: Wallet, wallet_gate: Callable[[Request], None]
) -> tuple[Parser, Dispatcher]:
    """The commands with the words and texts of the settings' own files; raises CannotBuild with all their faults."""
    faults: list[str] = []
    parser, catalogue = None, None
    try:
        parser = Parser.load(settings.commands)
    except LexiconError as error:
        faults += (f"--commands: {fault}" for fault in error.faults)
    try:
        catalogue = Catalogue.load(segments.count, settings.replies)
    except CatalogueError as error:
        faults += (f"--replies: {fault}" for fault in error.faults)
    if parser is None or catalogue is None:
        raise CannotBuild(*faults)
    limits = ReplyLimits(**attrs.asdict(settings.reply_limits))
    return parser, Dispatcher(parser, catalogue, wallet, SupportDesk.load(), limits=limits, wallet_gate=wallet_gate)


def _default_messages(settings: Settings) -> dict[int, DefaultMessage]:
    kept: dict[int, DefaultMessage] = {}
    for number, text in settings.smpp.default_messages.items():
        data_coding, alphabet = alphabets.cheapest(text, alphabets.Alphabet.GSM0338)
        # Not data_coding 0: what that means is each client's own affair.
        kept[int(number)] = DefaultMessage(data_coding or GSM_DATA_CODING, alphabets.encode(text, alphabet))
    return kept


def _tls(settings: Settings, exchange: Exchange, reactor: Any) -> tuple[Endpoint, Any] | None:
    smpp = settings.smpp
    if smpp.tls_port is None:
        return None
    # Imported here: TLS brings cryptography with it, which takes longer to load than the rest of the gateway.
    from gateway.network.tls import TlsError, tls_factory, tls_options

    try:
        options = tls_options(smpp.tls_certificate, smpp.tls_key, smpp.tls_client_ca, smpp.host)
    except TlsError as error:
        raise CannotBuild(str(error)) from error
    endpoint = Endpoint("SMPP over TLS", "--smpp-tls-port", smpp.host, smpp.tls_port)
    return endpoint, tls_factory(options, exchange, reactor)


def _outbind_targets(settings: Settings) -> dict[str, OutbindTarget]:
    return {
        name: OutbindTarget(name, target.host, target.port, target.system_id, target.password)
        for name, target in settings.outbind.items()
    }


def _directory(settings: Settings) -> Directory:
    return Directory(
        [_client(system_id, client) for system_id, client in settings.clients.items()],
        any_client=Client("", "") if settings.any_client else None,
        bind_refusal=settings.smpp.bind_refusal,
    )


def _client(system_id: str, settings: ClientSettings) -> Client:
    values = attrs.asdict(settings, recurse=False)
    values["refuse_beyond_window"] = values.pop("beyond_window") == "refuse"
    return Client(system_id, **values)


def _alphabet(directory: Directory, system_id: str) -> str:
    client = directory.find(system_id)
    return client.default_alphabet if client else "gsm0338"


def _pepper(settings: Settings) -> bytes:
    """The key of PIN and code digests: drawn afresh in each run, or from the seed for runs that must repeat."""
    return secrets.token_bytes(32) if settings.seed is None else b"seed %d" % settings.seed


def _readings(exchange: Exchange, intake: Intake, delivery: Delivery) -> list[Reading]:
    return [
        Reading("smsgw_connections", "SMPP connections", "gauge", lambda: len(exchange.connections)),
        Reading("smsgw_bindings", "Bound SMPP sessions", "gauge", lambda: len(exchange.bindings)),
        Reading("smsgw_connections_opened", "SMPP connections", "counter", lambda: exchange.counters.connections),
        Reading("smsgw_binds", "Accepted binds", "counter", lambda: exchange.counters.binds),
        Reading("smsgw_binds_refused", "Refused binds", "counter", lambda: exchange.counters.binds_refused),
        Reading("smsgw_pdus_refused", "PDUs refused as malformed", "counter", lambda: exchange.counters.pdus_refused),
        Reading("smsgw_submits_accepted", "Submits accepted", "counter", lambda: intake.counters.accepted),
        Reading(
            "smsgw_submits_refused",
            "Submits refused, by command_status",
            "counter",
            lambda: {_status_name(status): count for status, count in intake.counters.refused.items()},
            label="command_status",
        ),
        Reading("smsgw_segments_sent", "deliver_sm and data_sm sent", "counter", lambda: delivery.counters.sent),
        Reading("smsgw_deliveries", "Messages acknowledged", "counter", lambda: delivery.counters.delivered),
        Reading("smsgw_deliveries_retried", "Attempts repeated", "counter", lambda: delivery.counters.retried),
        Reading("smsgw_deliveries_failed", "Messages given up", "counter", lambda: delivery.counters.failed),
        Reading("smsgw_deliveries_expired", "Messages expired", "counter", lambda: delivery.counters.expired),
        Reading("smsgw_deliveries_waiting", "Messages on their way", "gauge", lambda: len(delivery)),
    ]


def _status_name(status: int) -> str:
    """A fault may answer with a status that has no name."""
    return CommandStatus(status).name if status in CommandStatus._value2member_map_ else f"0x{status:08X}"


def _report(where: str, error: BaseException) -> None:
    _log.error(
        "{where} failed: {error_type}: {error}",
        where=where,
        error_type=type(error).__name__,
        error=str(error),
        log_failure=Failure(error),
    )


class _Reports:
    """Failures become lines of the log. While the storage cannot be used every request of every client fails, which is
    no bug of anybody's: of these there is one line a second, and no traceback."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._quiet_until = 0.0
        self._untold = 0

    def __call__(self, where: str, error: BaseException) -> None:
        if not isinstance(error, (StorageDown, StorageFull)):
            _report(where, error)
        elif self._monotonic() < self._quiet_until:
            self._untold += 1
        else:
            more = f" (and {self._untold} times before)" if self._untold else ""
            _log.error("{where} failed: {error}{more}", where=where, error=str(error), more=more)
            self._quiet_until, self._untold = self._monotonic() + 1.0, 0


def _alert(spent: str) -> None:
    _log.warn("too many {spent}: for the rest of their time none is looked at", spent=spent)


def _ignore(_: object) -> None:
    """The accounts are there; nobody waits for it."""


def _raise(error: Exception) -> None:
    raise error
