"""The other side: an SMPP client on smpplib, as ``send``, ``chat`` and ``demo`` use it.

How this works: one transceiver binding, one thread, no callbacks. Every PDU goes through :meth:`SmsClient._take`, which
answers what wants an answer (deliver_sm, enquire_link, unbind) and keeps the rest. smpplib's own read loop is not used:
its read timeout throws away the octets that it has read so far, so that a slow PDU would desynchronise the stream. Here
``select`` waits for a PDU to begin, and the timeout bounds only a PDU that has begun.
"""

from __future__ import annotations

import logging
import random
import select
import socket
import struct
import time
from collections import deque
from typing import Any

import attrs
from smpplib import consts, exceptions, smpp
from smpplib.client import Client

from gateway.smpp.statuses import describe
from gateway.sms import alphabets, reassembly, segments
from gateway.sms.alphabets import Alphabet

_PDU_TIMEOUT = 10.0
"""Seconds for a PDU that has begun: the gateway's own read_deadline."""
_GOODBYE = 2.0
"""Seconds to wait for an unbind_resp: whoever leaves does not want to wait for it long."""
_RECEIPT_TYPES = 0x3C
"""esm_class bits of a receipt or another notice that is no message (SMPP 3.4 §5.2.12)."""

_INTERNATIONAL, _ISDN = 1, 1


class ClientFault(Exception):
    """The exchange failed; the text tells a person what happened and what to try."""


class NoAnswer(ClientFault):
    """Nothing came in time."""


@attrs.frozen
class Sms:
    """One whole text as it came from the gateway. ``data_coding`` and ``segments`` say how it travelled."""

    source: str
    destination: str
    text: str
    data_coding: int
    segments: int


@attrs.frozen
class Submitted:
    """How a text of ours travelled."""

    data_coding: int
    segments: int


class SmsClient:
    """A client bound as transceiver. Raises ClientFault from every method; use it as a context manager."""

    def __init__(self, host: str, port: int, system_id: str, password: str, timeout: float) -> None:
        """``timeout`` is the seconds for each answer of the gateway."""
        self._where = f"{host}:{port}"
        self._system_id = system_id
        self._password = password
        self._timeout = timeout
        # smpplib logs the octets of every PDU at DEBUG, the password of the bind among them.
        quiet = logging.getLogger("gateway.commandline.smpplib")
        quiet.setLevel(logging.CRITICAL)
        self._client = Client(host, port, timeout=_PDU_TIMEOUT, logger_name=quiet.name, allow_unknown_opt_params=True)
        self._inbox: deque[Sms] = deque()
        self._responses: dict[int, Any] = {}
        self._sets: dict[reassembly.SetKey, reassembly.PartSet] = {}
        self._reference = random.randrange(0x10000)

    def __enter__(self) -> SmsClient:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """The socket, for ``select``."""
        return int(self._client._socket.fileno())

    def open(self) -> None:
        """Connect and bind."""
        try:
            self._client.connect()
        except exceptions.ConnectionError as error:
            self._drop()
            if isinstance(error.__context__, socket.gaierror):
                raise ClientFault(f"{self._where}: no such host") from None
            raise ClientFault(f"cannot connect to {self._where}: is `sms-gateway serve` running there?") from None
        # A deliver_sm_resp and the next submit_sm are two small writes: without this the second waits for the gateway's
        # delayed acknowledgement of the first, 40 ms.
        self._client._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            response = self._ask("bind_transceiver", system_id=self._system_id, password=self._password)
            if response.is_error():
                raise ClientFault(
                    f"the gateway refused client {self._system_id!r}: {describe(response.status)}\n"
                    "Its log says why. Who binds here is said with --client ID:PASSWORD."
                )
        except ClientFault:
            self._drop()
            raise

    def close(self) -> None:
        """Unbind and hang up; a gateway that does not answer is not waited for."""
        if self._client._socket is None:
            return
        try:
            self._ask("unbind", timeout=_GOODBYE)
        except ClientFault:
            pass  # it is gone, or going: hanging up is all that is left to do
        finally:
            self._drop()

    def submit(
        self,
        source: str,
        destination: str,
        text: str,
        *,
        data_coding: int | None = None,
        method: segments.Method = "udh8",
    ) -> Submitted:
        """Send a text and wait until all its segments are accepted.

        The coding is the cheapest that holds the text unless ``data_coding`` says which.
        """
        if data_coding is None:
            data_coding, alphabet = alphabets.cheapest(text)
        else:
            alphabet = alphabets.alphabet_of(data_coding, Alphabet.GSM0338) or Alphabet.OCTETS
        self._reference += 1
        try:
            pieces = segments.split(alphabets.encode(text, alphabet), alphabet, method, self._reference)
        except UnicodeEncodeError as error:
            raise ClientFault(f"data_coding {data_coding} cannot spell {text[error.start : error.end]!r}") from None
        except segments.TooLong as error:
            raise ClientFault(str(error)) from None
        waiting = [self._submit_segment(source, destination, piece, data_coding) for piece in pieces]
        for sequence in waiting:
            response = self._response(sequence, self._timeout)
            if response.is_error():
                raise ClientFault(f"the gateway refused the message: {describe(response.status)}")
        return Submitted(data_coding, len(pieces))

    def receive(self, timeout: float | None = None) -> Sms:
        """The next whole text, oldest first; waits for it."""
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        while not self._inbox:
            self._take(deadline)
        return self._inbox.popleft()

    def received(self) -> list[Sms]:
        """What has come already, without waiting."""
        while select.select([self], [], [], 0)[0]:
            self._take(time.monotonic() + _PDU_TIMEOUT)
        whole = list(self._inbox)
        self._inbox.clear()
        return whole

    def _submit_segment(self, source: str, destination: str, piece: segments.Segment, data_coding: int) -> int:
        fields: dict[str, Any] = {"message_payload" if piece.payload else "short_message": piece.user_data}
        if piece.sar is not None:
            fields["sar_msg_ref_num"], fields["sar_total_segments"], fields["sar_segment_seqnum"] = piece.sar
        return self._send(
            "submit_sm",
            source_addr_ton=_INTERNATIONAL,
            source_addr_npi=_ISDN,
            source_addr=source,
            dest_addr_npi=_ISDN,
            destination_addr=destination,
            esm_class=consts.SMPP_GSMFEAT_UDHI if piece.udhi else 0,
            data_coding=data_coding,
            **fields,
        )

    def _ask(self, command: str, timeout: float | None = None, **fields: Any) -> Any:
        return self._response(self._send(command, **fields), self._timeout if timeout is None else timeout)

    def _send(self, command: str, **fields: Any) -> int:
        pdu = smpp.make_pdu(command, client=self._client, **fields)
        self._write(pdu)
        return int(pdu.sequence)

    def _write(self, pdu: Any) -> None:
        try:
            self._client.send_pdu(pdu)
        except (exceptions.ConnectionError, exceptions.PDUError):
            raise ClientFault(f"the gateway at {self._where} closed the connection") from None

    def _response(self, sequence: int, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        while sequence not in self._responses:
            self._take(deadline)
        return self._responses.pop(sequence)

    def _take(self, deadline: float) -> None:
        """Read one PDU, answer what wants an answer, keep the rest."""
        pdu = self._read(deadline)
        if pdu.command == "deliver_sm":
            self._answer("deliver_sm_resp", pdu)
            self._keep(pdu)
        elif pdu.command == "enquire_link":
            self._answer("enquire_link_resp", pdu)
        elif pdu.command == "unbind":
            self._answer("unbind_resp", pdu)
            self._drop()
            raise ClientFault(f"the gateway at {self._where} ended the session (unbind)")
        elif pdu.is_response():
            self._responses[pdu.sequence] = pdu

    def _read(self, deadline: float) -> Any:
        try:
            readable, _, _ = select.select([self], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise NoAnswer(f"no answer from {self._where} in time")
            return self._client.read_pdu()
        except exceptions.ConnectionError:
            raise ClientFault(f"the gateway at {self._where} closed the connection") from None
        except TimeoutError:
            raise ClientFault(f"a PDU from {self._where} broke off in the middle") from None
        except (exceptions.UnknownCommandError, exceptions.PDUError, struct.error, KeyError):
            # What smpplib raises for PDUs that it does not know; a fault rule can send anything.
            raise ClientFault(f"what {self._where} sent is no SMPP that smpplib reads") from None

    def _answer(self, command: str, request: Any) -> None:
        pdu = smpp.make_pdu(command, client=self._client)
        pdu.sequence = request.sequence  # smpplib ignores a sequence given to make_pdu
        self._write(pdu)

    def _keep(self, pdu: Any) -> None:
        if (pdu.esm_class or 0) & _RECEIPT_TYPES:
            return
        source, destination = _text(pdu.source_addr), _text(pdu.destination_addr)
        data_coding = pdu.data_coding or 0
        sar = (pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum)
        udhi = bool((pdu.esm_class or 0) & consts.SMPP_GSMFEAT_UDHI)
        data = reassembly.concatenation_of(udhi, pdu.message_payload or pdu.short_message or b"", sar)
        whole, count = data.body, 1
        if data.concatenation is not None:
            found = data.concatenation
            key = reassembly.SetKey(self._system_id, source, destination, found.reference, found.total)
            part = reassembly.Part(key, found.number, data.body, data_coding, found.method, 0)
            added = reassembly.add(self._sets.pop(key, None), part, 0)
            if added.joined is None:
                if added.part_set is not None:
                    self._sets[key] = added.part_set
                return
            whole, count = added.joined, found.total
        alphabet = alphabets.alphabet_of(data_coding, Alphabet.GSM0338) or Alphabet.OCTETS
        try:
            text = alphabets.decode(whole, alphabet)
        except alphabets.UndecodableText:
            text = f"(octets) {whole.hex(' ')}"
        self._inbox.append(Sms(source, destination, text, data_coding, count))

    def _drop(self) -> None:
        # Not Client.disconnect(): that complains when the session was bound.
        if self._client._socket is not None:
            self._client._socket.close()
            self._client._socket = None


def _text(octets: bytes | None) -> str:
    return (octets or b"").decode("latin-1")
