"""Why the wallet says no by exception: before anything was written.

A refusal that is itself recorded (a wrong code, a refused payment) is a value of the method that records it.
"""


class WalletError(Exception):
    """The request cannot be carried out; nothing was written."""


class NoAccount(WalletError):
    """The number has no account."""


class AccountBlocked(WalletError):
    """The account exists and is blocked."""


class AmountInvalid(WalletError):
    """The amount or its currency is not spelled as `money.parse_amount` says."""


class MerchantInvalid(WalletError):
    """The merchant's name is not spelled as `payments.parse_merchant` says."""


class PinInvalid(WalletError):
    """A PIN that somebody chose has other characters than digits, the wrong length, or is weak."""


class WalletUnavailable(Exception):
    """The wallet cannot be asked now. Raised before anything is written; the same request may be tried
    again."""
