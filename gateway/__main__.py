"""``python -m gateway`` is ``sms-gateway``."""

from gateway.cli import main

main(prog_name="python -m gateway")
