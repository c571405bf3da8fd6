"""Every setting of the gateway: its default, its unit, and where its value may come from.

The map::

    model       Settings, the frozen tree that the rest of the program reads; defaults and meanings stand here
    keys        the tree as a flat list of keys: TOML path, option, environment variable, default, meaning
    sources     what option, environment, file and default set-up say, layer upon layer, and who said it
    structure   raw values -> Settings, strict, every fault gathered
    loading     load_settings: the three above in order, and the rules that hold between keys

Precedence is option, environment, file, default. A fault never hides another: SettingsError lists them all, each with
the option, variable or file and key that it came from.
"""

from gateway.settings.loading import SettingsError, load_settings
from gateway.settings.model import (
    AccountSettings,
    ClientSettings,
    ClockSettings,
    HttpSettings,
    LogSettings,
    Settings,
    SmppSettings,
    StorageSettings,
    WalletSettings,
)

__all__ = [
    "AccountSettings",
    "ClientSettings",
    "ClockSettings",
    "HttpSettings",
    "LogSettings",
    "Settings",
    "SettingsError",
    "SmppSettings",
    "StorageSettings",
    "WalletSettings",
    "load_settings",
]
