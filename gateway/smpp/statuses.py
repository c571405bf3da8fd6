"""command_status values by their SMPP names (SMPP 3.4 §5.1.3; 0x100 and above from SMPP 5.0 §4.7.6)."""

from __future__ import annotations

from enum import IntEnum

from smpplib import consts


class CommandStatus(IntEnum):
    """Every status that SMPP 3.4 defines, and those that 5.0 added.

    A status on the wire may be none of these: vendors own 0x400-0x4FF, the rest is reserved. Keep such values
    as plain integers.
    """

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RINVPRTFLG = 0x06
    ESME_RINVREGDLVFLG = 0x07
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RINVMSGID = 0x0C
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RCANCELFAIL = 0x11
    ESME_RREPLACEFAIL = 0x13
    ESME_RMSGQFUL = 0x14
    ESME_RINVSERTYP = 0x15
    ESME_RINVNUMDESTS = 0x33
    ESME_RINVDLNAME = 0x34
    ESME_RINVDESTFLAG = 0x40
    ESME_RINVSUBREP = 0x42
    ESME_RINVESMCLASS = 0x43
    ESME_RCNTSUBDL = 0x44
    ESME_RSUBMITFAIL = 0x45
    ESME_RINVSRCTON = 0x48
    ESME_RINVSRCNPI = 0x49
    ESME_RINVDSTTON = 0x50
    ESME_RINVDSTNPI = 0x51
    ESME_RINVSYSTYP = 0x53
    ESME_RINVREPFLAG = 0x54
    ESME_RINVNUMMSGS = 0x55
    ESME_RTHROTTLED = 0x58
    ESME_RINVSCHED = 0x61
    ESME_RINVEXPIRY = 0x62
    ESME_RINVDFTMSGID = 0x63
    ESME_RX_T_APPN = 0x64
    ESME_RX_P_APPN = 0x65
    ESME_RX_R_APPN = 0x66
    ESME_RQUERYFAIL = 0x67
    ESME_RINVOPTPARSTREAM = 0xC0
    ESME_ROPTPARNOTALLWD = 0xC1
    ESME_RINVPARLEN = 0xC2
    ESME_RMISSINGOPTPARAM = 0xC3
    ESME_RINVOPTPARAMVAL = 0xC4
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF
    ESME_RSERTYPUNAUTH = 0x100
    ESME_RPROHIBITED = 0x101
    ESME_RSERTYPUNAVAIL = 0x102
    ESME_RSERTYPDENIED = 0x103
    ESME_RINVDCS = 0x104
    ESME_RINVSRCADDRSUBUNIT = 0x105
    ESME_RINVDSTADDRSUBUNIT = 0x106
    ESME_RINVBCASTFREQINT = 0x107
    ESME_RINVBCASTALIAS_NAME = 0x108
    ESME_RINVBCASTAREAFMT = 0x109
    ESME_RINVNUMBCAST_AREAS = 0x10A
    ESME_RINVBCASTCNTTYPE = 0x10B
    ESME_RINVBCASTMSGCLASS = 0x10C
    ESME_RBCASTFAIL = 0x10D
    ESME_RBCASTQUERYFAIL = 0x10E
    ESME_RBCASTCANCELFAIL = 0x10F
    ESME_RINVBCAST_REP = 0x110
    ESME_RINVBCASTSRVGRP = 0x111
    ESME_RINVBCASTCHANIND = 0x112


# smpplib has the texts of 3.4 but for one status, and none of 5.0's.
_DESCRIPTIONS: dict[int, str] = {
    **consts.DESCRIPTIONS,
    CommandStatus.ESME_RINVREGDLVFLG: "Invalid Registered Delivery Flag",
    CommandStatus.ESME_RSERTYPUNAUTH: "Not authorised to use the specified service_type",
    CommandStatus.ESME_RPROHIBITED: "Prohibited from using the specified operation",
    CommandStatus.ESME_RSERTYPUNAVAIL: "Specified service_type is unavailable",
    CommandStatus.ESME_RSERTYPDENIED: "Specified service_type is denied",
    CommandStatus.ESME_RINVDCS: "Invalid Data Coding Scheme",
    CommandStatus.ESME_RINVSRCADDRSUBUNIT: "Source Address Sub unit is invalid",
    CommandStatus.ESME_RINVDSTADDRSUBUNIT: "Destination Address Sub unit is invalid",
    CommandStatus.ESME_RINVBCASTFREQINT: "Broadcast Frequency Interval is invalid",
    CommandStatus.ESME_RINVBCASTALIAS_NAME: "Broadcast Alias Name is invalid",
    CommandStatus.ESME_RINVBCASTAREAFMT: "Broadcast Area Format is invalid",
    CommandStatus.ESME_RINVNUMBCAST_AREAS: "Number of Broadcast Areas is invalid",
    CommandStatus.ESME_RINVBCASTCNTTYPE: "Broadcast Content Type is invalid",
    CommandStatus.ESME_RINVBCASTMSGCLASS: "Broadcast Message Class is invalid",
    CommandStatus.ESME_RBCASTFAIL: "broadcast_sm operation failed",
    CommandStatus.ESME_RBCASTQUERYFAIL: "query_broadcast_sm failed",
    CommandStatus.ESME_RBCASTCANCELFAIL: "cancel_broadcast_sm failed",
    CommandStatus.ESME_RINVBCAST_REP: "Number of Repeated Broadcasts is invalid",
    CommandStatus.ESME_RINVBCASTSRVGRP: "Broadcast Service Group is invalid",
    CommandStatus.ESME_RINVBCASTCHANIND: "Broadcast Channel Indicator is invalid",
}


def describe(status: int) -> str:
    """The name and meaning of a status in one line, such as ``ESME_RINVCMDLEN (0x00000002) Command Length is invalid``.

    Every 32-bit integer has a description; one that no specification defines is called vendor specific or reserved.
    """
    if status in _DESCRIPTIONS:
        return f"{CommandStatus(status).name} (0x{status:08X}) {_DESCRIPTIONS[status]}"
    owner = "vendor specific" if 0x400 <= status <= 0x4FF else "reserved"
    return f"0x{status:08X} {owner} status"
