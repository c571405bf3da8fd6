"""How much and how long a session bears with its peer."""

import attrs


@attrs.frozen
class SessionLimits:
    """Sizes in octets, windows in PDUs, times in monotonic seconds. A time of 0 switches its timer off.

    Defaults: 512 octets hold the largest legal bind (82) with room to spare; 128 KiB holds the largest
    message_payload and is what OpenSMPP takes; a window of 10 is what SMPP 3.4 §2.5.2 recommends and Kannel
    uses; 30 s enquire_link is the default of Kannel, Jasmin and smppex. The specification leaves all
    timers to the SMSC (SMPP 3.4 §7.2).
    """

    frame_before_bind: int = 512
    frame: int = 131072
    """The largest PDU taken, header included, before and after a bind."""

    window_in: int = 10
    """Requests of the peer that the owner works on at once."""
    window_out: int = 10
    """Requests of ours that the peer has not answered."""
    refuse_beyond_window: bool = False
    """Answer what exceeds ``window_in`` with ESME_RTHROTTLED instead of keeping it parked."""
    park_octets: int = 262144
    """Parked are at most 4 x ``window_in`` requests and about this many octets; then reading pauses."""

    session_init: float = 10
    """From the connection to an accepted bind."""
    read_deadline: float = 10
    """From the first octet of a PDU to its last."""
    enquire_link: float = 30
    """Silence of the peer before we ask whether it is there."""
    response: float = 30
    """For an answer to any request of ours, and for the end of an unbind."""
    inactivity: float = 0
    """Without a transaction (enquire_link is none); then we unbind."""

    bind_failures: int = 3
    """Binds that may fail on one connection; it is closed with the answer to the last."""
    stray_responses: int = 1000
    """Responses that answer nothing; at this number the session is closed."""
