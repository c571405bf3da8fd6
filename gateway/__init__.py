"""SMS command gateway emulator: an SMSC on a laptop or in CI that answers wallet commands by SMS.

The map (import directions are enforced by ``tests/test_layers.py``)::

    cli, __main__      argv -> Settings -> run
    settings           every option with its default and unit
    wiring             the composition root: reactor, randomness and storage are chosen here and only here
    wiring_console     its part that puts the console together, when somebody first connects to it
    emulator           the running program as one object
    smpp/              SMPP 3.4 as values and functions: octets and `now` in, events and octets out
    sms/               text inside short messages: GSM 03.38, UCS-2, UDH, segments, reassembly
    clients/           who may bind, who is bound, how fast each may send
    messages/          the way of a message: intake, routing, answering, outbox, delivery
    storage/           one contract for everything that must outlive a function call
    clock, draws       emulated time and keyed randomness
    network/           Twisted meets SMPP here
    console/           the HTTP port
    testing/           what tests of other projects may use
    fixtures           the default set-up, read through importlib.resources

``commands/`` stands beside this package: text in, Reply out; it knows nothing of SMPP or Twisted.
"""

__version__ = "0.1.0"
