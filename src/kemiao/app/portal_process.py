"""A process of `kemiao serve --workers N`: the writer, or a worker. What it is to be comes on its standard input; see portal_workers."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from socket import socket
from typing import Any

from kemiao.app.door import OUTAGE, REFUSED, Door
from kemiao.base.refusal import Outage, Refused


def run(told: dict[str, Any]) -> None:
    from kemiao.app.outbox_pump import Pump
    from kemiao.app.portal_serving import LIMITS, line, more_files, portal_of, stop_on_signals
    from kemiao.app.portal_warming import Warming
    from kemiao.chain.listening import Limits, Listening
    from kemiao.portal.application import application
    from kemiao.portal.writing import FromWorkers, ToWriter

    more_files()
    door, writes = Door(Path(told["home"]), told["lang"], False), told["role"] == "writer"
    certificate, key = (Path(told[name]) if told[name] else None for name in ("certificate", "key"))
    with portal_of(door, tls=certificate is not None) as portal:
        portal.log = line if told["log"] else None
        app, limits = application(portal), Limits(**LIMITS)
        pump, warming = Pump(portal), Warming(portal, listing=not writes)
        if writes:
            app = FromWorkers(app, told["secret"])
            listening = Listening(app, "127.0.0.1", 0, limits=limits, opened=socket(fileno=told["opened"]))
            pump.start()
        else:
            app = ToWriter(app, told["writer"], told["secret"])
            portal.writer_there = app.there
            listening = Listening(app, told["host"], 0, certificate, key, limits, socket(fileno=told["opened"]))
        stop_on_signals(portal, listening)

        def orphaned() -> None:
            sys.stdin.read()
            portal.changes.stopping = True
            listening.stop()

        threading.Thread(target=orphaned, daemon=True).start()
        warming.start()
        try:
            listening.run(lambda: print("ready", flush=True))  # noqa: T201 - to who started us
        finally:
            pump.stop()  # the warming may go on: this process ends without waiting for its threads


def main() -> None:
    try:
        run(json.loads(sys.stdin.readline()))
    except (Refused, Outage) as error:
        said = error.refusal if isinstance(error, Refused) else error.as_refusal()
        sys.stderr.write(f"{said.code} {said.text('zh')}\n")
        sys.stderr.flush()
        os._exit(REFUSED if isinstance(error, Refused) else OUTAGE)
    sys.stderr.flush()
    os._exit(0)  # the thread that reads standard input would be waited for


if __name__ == "__main__":
    main()
