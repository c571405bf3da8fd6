"""The two windows of a session: our requests that the peer has not answered, and the peer's that we have not.

Neither merges nor orders by sequence_number: a peer may use one number twice (both are answered), and
may answer out of order (SMPP 3.4 §2.6.2).
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import attrs

from gateway.smpp.constants import MAX_SEQUENCE_NUMBER, CommandId
from gateway.smpp.events import OperationReceived, SubmitReceived
from gateway.smpp.pdus import RESPONSE_OF, Pdu
from gateway.smpp.timers import NEVER

ANSWER_TO: Final = {request: int(response.command_id) for request, response in RESPONSE_OF.items()}
"""The command_id of the response to each request."""

_GENERIC_NACK: Final = int(CommandId.GENERIC_NACK)

PARKED_PER_PLACE: Final = 4
"""How many requests may wait for each place in the window: enough that none stands empty while reading resumes."""

Unanswered = tuple[Pdu, object, float]
"""A request of ours, its owner's context, and when its response timer runs out. A tuple: one is made per message."""


class WindowFull(Exception):
    """As many requests as the window holds are unanswered."""


@attrs.define
class OutgoingWindow:
    """Our unanswered requests by sequence number, in sending order.

    ``size`` is the number of places and ``response`` the seconds that an answer may take, NEVER for any time. All
    requests of a session wait equally long, so the oldest runs out first, and nothing else is looked at.
    """

    size: int
    response: float
    next_number: int = 1
    not_before: float = -NEVER
    """Nothing times out before this: its answer may be among what we have not read."""
    requests: dict[int, Unanswered] = attrs.field(factory=dict)
    own: dict[int, int] = attrs.field(factory=dict)
    """Numbers of the enquire_link and unbind that the session itself sent, and the command_id of each answer."""

    def draw(self) -> int:
        """A sequence number that is not in use: from 1 upwards, 1 again after 0x7FFFFFFF (SMPP 3.4 §5.1.4)."""
        number = self.next_number
        # Nearly always free: the numbers in use are those just drawn.
        while number in self.requests or number in self.own:
            number = number % MAX_SEQUENCE_NUMBER + 1
        self.next_number = number % MAX_SEQUENCE_NUMBER + 1
        return number

    def add(self, request: Pdu, context: object, now: float) -> float:
        """Remember ``request`` as sent, under its sequence_number. Returns when its response timer runs out."""
        runs_out = now + self.response
        self.requests[request.sequence_number] = (request, context, runs_out)
        return runs_out

    def match(self, command_id: int, sequence_number: int) -> Unanswered | None:
        """Take out the request that such a response answers: of its type, or any type for a generic_nack."""
        found = self.requests.get(sequence_number)
        if found is None or (command_id != ANSWER_TO[type(found[0])] and command_id != _GENERIC_NACK):
            return None
        del self.requests[sequence_number]
        return found

    def match_own(self, command_id: int, sequence_number: int) -> int | None:
        """As ``match`` for what the session itself sent: the command_id that a proper answer has."""
        expected = self.own.get(sequence_number)
        if expected is None or command_id not in (expected, _GENERIC_NACK):
            return None
        del self.own[sequence_number]
        return expected

    def spare(self, now: float) -> None:
        """Let no request run out before an answer that comes from now on could be read."""
        self.not_before = now + self.response

    def earliest(self) -> float:
        """When the oldest request runs out."""
        for _, _, runs_out in self.requests.values():
            return max(runs_out, self.not_before)
        return NEVER

    def expired(self, now: float) -> Iterator[Unanswered]:
        """Take out the requests whose time has run out, oldest first."""
        while self.requests and now >= self.earliest():
            yield self.requests.pop(next(iter(self.requests)))

    def clear(self) -> Iterator[Unanswered]:
        """Take out all requests, oldest first."""
        while self.requests:
            yield self.requests.pop(next(iter(self.requests)))


@attrs.define
class IncomingWindow:
    """The peer's requests that the owner works on, and those that wait for a place.

    Requests are known by identity, because two of them may have the same sequence number; the dictionary
    keeps each one alive, so that its ``id`` stays its own.
    """

    size: int
    park_octets: int
    unanswered: dict[int, Pdu] = attrs.field(factory=dict)
    links: dict[int, Pdu] = attrs.field(factory=dict)
    """Each enquire_link that the owner answers. They take no place: a full window must not look like a dead link."""
    parked: deque[tuple[SubmitReceived | OperationReceived, int]] = attrs.field(factory=deque)
    parked_octets: int = 0

    @property
    def full(self) -> bool:
        return len(self.unanswered) >= self.size

    @property
    def park_full(self) -> bool:
        """Whether nothing more can be kept. An empty park takes any one request, whatever its length."""
        parked = len(self.parked)
        return parked > 0 and (parked >= PARKED_PER_PLACE * self.size or self.parked_octets >= self.park_octets)

    @property
    def busy(self) -> bool:
        """Whether something is still to be answered."""
        return bool(self.unanswered or self.links or self.parked)

    def park(self, event: SubmitReceived | OperationReceived, octets: int) -> None:
        """Keep a request, ``octets`` long on the wire, until there is a place for it."""
        self.parked.append((event, octets))
        self.parked_octets += octets

    def unpark(self) -> SubmitReceived | OperationReceived:
        """Give the request that waits longest its place."""
        event, octets = self.parked.popleft()
        self.parked_octets -= octets
        self.unanswered[id(event.request)] = event.request
        return event

    def holding(self, request: Pdu) -> dict[int, Pdu] | None:
        """The dictionary, by ``id``, in which this very request waits for the owner's answer; None when it does not."""
        if id(request) in self.unanswered:
            return self.unanswered
        return self.links if id(request) in self.links else None

    def clear(self) -> None:
        self.unanswered.clear()
        self.links.clear()
        self.parked.clear()
        self.parked_octets = 0
