"""The kinds of fields that PDU bodies are made of: each reads, judges and writes itself (SMPP 3.4 §3.1, §5.2).

Requests are judged strictly. Responses are not: what they carry cannot be refused to anybody, so their texts are
taken as they come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import attrs

from gateway.smpp import checks, tlvs
from gateway.smpp.errors import PduError
from gateway.smpp.pdus import DestAddress, DistributionList, UnsuccessSme
from gateway.smpp.statuses import CommandStatus

Values = dict[str, Any]


@attrs.define
class Cursor:
    """A place in a frame. Every read raises PduError (ESME_RINVCMDLEN) where the frame ends too early."""

    frame: bytes
    at: int

    def octet(self) -> int:
        if self.at >= len(self.frame):
            raise PduError(CommandStatus.ESME_RINVCMDLEN, f"the body ends at octet {self.at}, inside its fields")
        self.at += 1
        return self.frame[self.at - 1]

    def octets(self, count: int, status: CommandStatus = CommandStatus.ESME_RINVCMDLEN) -> bytes:
        left = len(self.frame) - self.at
        if count > left:
            raise PduError(status, f"{count} octets announced, {left} left")
        self.at += count
        return self.frame[self.at - count : self.at]

    def c_string(self) -> bytes:
        """The octets up to the next NUL, which is passed over."""
        nul = self.frame.find(0, self.at)
        if nul < 0:
            raise PduError(CommandStatus.ESME_RINVCMDLEN, f"no NUL ends the string at octet {self.at}")
        octets = self.frame[self.at : nul]
        self.at = nul + 1
        return octets


def write_c_string(text: str) -> bytes:
    """ASCII and a NUL. Raises ValueError for a text that cannot be written so."""
    octets = text.encode("ascii")
    if 0 in octets:
        raise ValueError("a C-Octet String cannot hold a NUL")
    return octets + b"\0"


class Field(Protocol):
    """One field of a body, or several that are judged together."""

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        """Put attribute values into `values`. Raises PduError. `version` is the interface_version of the bind."""

    def write(self, pdu: Any) -> bytes:
        """The octets of this field of a PDU. Raises ValueError or OverflowError for what cannot be written."""


@attrs.frozen
class Octet:
    """A one-octet integer; `refusals` has the status of each value that is refused."""

    name: str
    refusals: checks.Refusals = checks.ANY_VALUE

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        value = cursor.octet()
        if value in self.refusals:
            raise PduError(self.refusals[value], f"{self.name}: {value} is not allowed here")
        values[self.name] = value

    def write(self, pdu: Any) -> bytes:
        return bytes((getattr(pdu, self.name),))


@attrs.frozen
class Text:
    """A C-Octet String of at most `size` octets with its NUL; `judge` raises ValueError for a text that it refuses."""

    name: str
    size: int
    status: CommandStatus
    may_be_empty: bool = True
    judge: Callable[[str], object] | None = None

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        octets = cursor.c_string()
        if len(octets) >= self.size:
            raise PduError(self.status, f"{self.name}: {len(octets)} characters, at most {self.size - 1}")
        if not octets and not self.may_be_empty:
            raise PduError(self.status, f"{self.name}: empty")
        if octets.translate(None, checks.PRINTABLE):
            raise PduError(self.status, f"{self.name}: characters that are not printable ASCII")
        text = octets.decode("ascii")
        if self.judge is not None:
            try:
                self.judge(text)
            except ValueError as error:
                raise PduError(self.status, f"{self.name}: {error}") from error
        values[self.name] = text

    def write(self, pdu: Any) -> bytes:
        return write_c_string(getattr(pdu, self.name))


@attrs.frozen
class ResponseText:
    """A C-Octet String of a response: of any length, octets that are not ASCII are escaped."""

    name: str

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        values[self.name] = cursor.c_string().decode("ascii", "backslashreplace")

    def write(self, pdu: Any) -> bytes:
        return write_c_string(getattr(pdu, self.name))


@attrs.frozen
class AddressFields:
    """Type of number, numbering plan and address, the last at most `size` octets with its NUL (§5.2.5-§5.2.9)."""

    ton: str
    npi: str
    addr: str
    size: int
    ton_refusals: checks.Refusals
    npi_refusals: checks.Refusals
    status: CommandStatus
    may_be_empty: bool = True

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        Octet(self.ton, self.ton_refusals).read(cursor, values, version)
        Octet(self.npi, self.npi_refusals).read(cursor, values, version)
        octets = cursor.c_string()
        fault = checks.address_fault(octets, values[self.ton], self.size - 1)
        if fault is None and not octets and not self.may_be_empty:
            fault = "empty"
        if fault is not None:
            raise PduError(self.status, f"{self.addr}: {fault}")
        values[self.addr] = octets.decode("ascii")

    def write(self, pdu: Any) -> bytes:
        return bytes((getattr(pdu, self.ton), getattr(pdu, self.npi))) + write_c_string(getattr(pdu, self.addr))


@attrs.frozen
class MessageText:
    """sm_length and short_message (§5.2.21-22)."""

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        length = cursor.octet()
        if length > checks.longest_short_message(version):
            raise PduError(CommandStatus.ESME_RINVMSGLEN, f"sm_length: {length} is not allowed here")
        values["short_message"] = cursor.octets(length, CommandStatus.ESME_RINVMSGLEN)

    def write(self, pdu: Any) -> bytes:
        octets: bytes = pdu.short_message
        return bytes((len(octets),)) + octets


DESTINATION = AddressFields(
    "dest_addr_ton",
    "dest_addr_npi",
    "destination_addr",
    21,
    checks.DEST_TON,
    checks.DEST_NPI,
    CommandStatus.ESME_RINVDSTADR,
    may_be_empty=False,
)
_DL_NAME = Text("dl_name", 21, CommandStatus.ESME_RINVDLNAME, may_be_empty=False)
_SME_ADDRESS = 1
_DISTRIBUTION_LIST = 2


@attrs.frozen
class Destinations:
    """number_of_dests and its destinations (§4.5.1); `rest` are the fields of the body behind them.

    When the count does not fit what is there, the octets behind the last counted destination are misread. So a fault
    from here to the end of the body is first checked for that: if another count makes the whole body right, the
    count is the fault (ESME_RINVNUMDESTS).
    """

    rest: tuple[Field, ...]

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        count = cursor.octet()
        if not 1 <= count <= checks.most_destinations(version):
            raise PduError(CommandStatus.ESME_RINVNUMDESTS, f"number_of_dests: {count} is not allowed here")
        start = cursor.at
        try:
            values["dest_addresses"] = tuple([_read_destination(cursor, version) for _ in range(count)])
            self._read_rest(Cursor(cursor.frame, cursor.at), version)
        except PduError as error:
            there = self._count_that_fits(Cursor(cursor.frame, start), version)
            if there is None:
                raise
            reason = f"number_of_dests: {count}, but there are {there}"
            raise PduError(CommandStatus.ESME_RINVNUMDESTS, reason) from error

    def write(self, pdu: Any) -> bytes:
        destinations: tuple[DestAddress | DistributionList, ...] = pdu.dest_addresses
        return bytes((len(destinations),)) + b"".join(map(_write_destination, destinations))

    def _read_rest(self, cursor: Cursor, version: int) -> None:
        scratch: Values = {}
        for field in self.rest:
            field.read(cursor, scratch, version)
        tlvs.read(cursor.frame, cursor.at, tlvs.NONE_EXPECTED)

    def _count_that_fits(self, cursor: Cursor, version: int) -> int | None:
        for count in range(1, checks.most_destinations(version) + 1):
            try:
                _read_destination(cursor, version)
            except PduError:
                return None
            try:
                self._read_rest(Cursor(cursor.frame, cursor.at), version)
            except PduError:
                continue
            return count
        return None


def _read_destination(cursor: Cursor, version: int) -> DestAddress | DistributionList:
    values: Values = {}
    flag = cursor.octet()
    if flag == _SME_ADDRESS:
        DESTINATION.read(cursor, values, version)
        return DestAddress(**values)
    if flag == _DISTRIBUTION_LIST:
        _DL_NAME.read(cursor, values, version)
        return DistributionList(**values)
    raise PduError(CommandStatus.ESME_RINVDESTFLAG, f"dest_flag: {flag} is not allowed here")


def _write_destination(destination: DestAddress | DistributionList) -> bytes:
    if isinstance(destination, DistributionList):
        return bytes((_DISTRIBUTION_LIST,)) + _DL_NAME.write(destination)
    return bytes((_SME_ADDRESS,)) + DESTINATION.write(destination)


@attrs.frozen
class Unsuccessful:
    """no_unsuccess and its destinations with the status of each (§4.5.2)."""

    def read(self, cursor: Cursor, values: Values, version: int) -> None:
        values["unsuccess"] = tuple(
            [
                UnsuccessSme(
                    cursor.octet(),
                    cursor.octet(),
                    cursor.c_string().decode("ascii", "backslashreplace"),
                    int.from_bytes(cursor.octets(4)),
                )
                for _ in range(cursor.octet())
            ]
        )

    def write(self, pdu: Any) -> bytes:
        failed: tuple[UnsuccessSme, ...] = pdu.unsuccess
        return bytes((len(failed),)) + b"".join(
            [DESTINATION.write(sme) + sme.error_status_code.to_bytes(4) for sme in failed]
        )
