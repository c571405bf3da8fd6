"""What can be wrong with octets from a peer, each with the command_status that answers it.

Two kinds of bad input have two fates: when the frame boundary is lost (`FrameError`) nothing after it can be
trusted, so the answer is generic_nack and the end of the connection; one bad PDU (`PduError`) is answered and
the session goes on.
"""

from __future__ import annotations


class SmppError(Exception):
    """Octets that are not SMPP as we accept it.

    `command_status` is the status to answer with. `reason` is one line for logs: it names fields, sizes and
    numbers, never the text of a field, which may be a secret or hostile to a terminal.
    """

    def __init__(self, command_status: int, reason: str) -> None:
        super().__init__(reason)
        self.command_status = command_status
        self.reason = reason


class FrameError(SmppError):
    """The PDU boundary is lost: answer generic_nack and close (§3.2, §4.3).

    `sequence_number` is the original one where the whole header was there to be read, else 0.
    """

    def __init__(self, command_status: int, reason: str, sequence_number: int = 0) -> None:
        super().__init__(command_status, reason)
        self.sequence_number = sequence_number


class PduError(SmppError):
    """One PDU is bad, the stream is intact: answer it with its own response, or with generic_nack if it has none.

    `command_id` and `sequence_number` are those of the bad PDU. A bad *response* raises this too (`command_id` has
    its response bit set); there is nothing to answer then.
    """

    def __init__(self, command_status: int, reason: str, command_id: int = 0, sequence_number: int = 0) -> None:
        super().__init__(command_status, reason)
        self.command_id = command_id
        self.sequence_number = sequence_number
