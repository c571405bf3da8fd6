"""A client made of aiosmpplib: JSON requests in, one a line; JSON events out, one a line. Ends with its input.

``{"source": …, "text": …}`` sends a text to 7494 (``destination``, ``registered_delivery``, ``esm_class`` and
``auto_message_payload`` are understood too). Responses and deliveries are printed as the library reads them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiosmpplib
from aiosmpplib.hook import AbstractHook


def say(kind: str, **fields: Any) -> None:
    """One event."""
    print(json.dumps({kind: fields}, default=str), flush=True)  # noqa: T201 - this is what it is for


class Ears(AbstractHook):
    """Hears everything that the library tells of."""

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        """It was us."""

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, aiosmpplib.DeliverSm):
            say(
                "delivery",
                source=smpp_message.source.number,
                destination=smpp_message.destination.number,
                text=smpp_message.short_message or smpp_message.message_payload,
                encoding=smpp_message.encoding,
                esm_class=smpp_message.esm_class,
                receipt=smpp_message.parse_receipt(),
                log_id=smpp_message.log_id,
            )
        elif isinstance(smpp_message, aiosmpplib.SubmitSmResp):
            say("response", status=int(smpp_message.command_status), message_id=smpp_message.message_id)
        elif isinstance(smpp_message, aiosmpplib.GenericNack):
            say("error", text="generic_nack")

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        say("error", text=repr(error))


def submit(request: dict[str, Any]) -> Any:
    """One text as the library's manual makes it."""
    text, aio = request["text"], aiosmpplib
    return aio.SubmitSm(
        short_message=text,
        source=aio.PhoneNumber(request["source"], aio.TON.INTERNATIONAL, aio.NPI.ISDN),
        destination=aio.PhoneNumber(request.get("destination", "7494")),
        encoding=None if text.isascii() else "ucs2",
        registered_delivery=request.get("registered_delivery", 0),
        esm_class=request.get("esm_class", 0),
        auto_message_payload=request.get("auto_message_payload", True),
        log_id=text,
    )


async def main(host: str, port: str, password: str) -> None:
    """Until the input ends."""
    esme = aiosmpplib.ESME(
        smsc_host=host, smsc_port=int(port), system_id="demo", password=password, hook=Ears(), log_level="CRITICAL"
    )
    running = asyncio.create_task(esme.start())
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await esme.broker.enqueue(submit(json.loads(line)))
    await esme.stop()
    await asyncio.wait_for(running, 10)
    say("ended")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
