"""The portal under load, as `kemiao serve` serves it: readings beside a bare route, people at a page, applications at once, listeners."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

INVOICES, COMPANIES = 400_000, 20_000
_DAY = date(2024, 7, 1)
_STAFF, _APPLICANTS, _LISTENERS, _USERS = 20, 20, 1000, 200
_CHANGES = 10
_PART_SECONDS, _WARM_SECONDS = 30, 60
_READ = "/api/v1/companies/{}"


def bench_portal(folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """folder: scratch on the disk that is measured. Each part ends within its time; what does not is told as not measured."""
    from kemiao.app.bench_portal_first import first_view
    from kemiao.app.bench_portal_view import bench_company_view

    root, companies = portal_home(folder, INVOICES // divided_by, COMPANIES // divided_by)
    seconds = max(2, 6 // divided_by)
    with serving(root, 1) as port:
        yield _part("list", lambda: _listing(root, port, companies))
        yield _part("reading", lambda: _reading(root, port, companies, seconds))
        yield _part("users", lambda: _people(root, port, companies, seconds))
        yield _part("first view", lambda: first_view(root, port, "company0"))
    with serving(root, 2) as port:
        yield _part("applications", lambda: _applying(root, port, companies))
        yield _part("listeners", lambda: _listening(root, port, companies))
    yield _part("view", lambda: bench_company_view(10_000, 100_000 // divided_by, max(10, 40 // divided_by), folder / "view"))  # fmt: skip


def _part(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What one part failed of is told, and the others go on."""
    began = time.perf_counter()
    try:
        row = measure()
    except (TimeoutError, subprocess.TimeoutExpired, OSError, ValueError, KeyError, http.client.HTTPException) as error:
        row = {"not_measured": f"{type(error).__name__}: {error}"[:200]}
    return {"part": name, **row, "took_s": round(time.perf_counter() - began, 1)}


def portal_home(folder: Path, invoices: int, companies: int) -> tuple[Path, list[str]]:
    """A home of so many companies, each with a decision, and accounts."""
    from kemiao.bank.commands.assess import Request, assess
    from kemiao.bank.home import create_home
    from kemiao.bank.lending.people import ADDED
    from kemiao.bank.portal_accounts import USER_ADDED
    from kemiao.base.refusal import Refusal
    from kemiao.twin.population.bulk import bench_companies, bench_lake

    root, keys = folder / "portal", bench_companies(companies)
    create_home(root, os.urandom, _DAY)
    with _world(root) as world:
        with world.log.write() as tx:
            world.lake.append("invoice", bench_lake(invoices, companies))
            tx.append("import", ref="1", public={
                "batch": 1, "map": "bench", "basis": "anonymised", "tables": {"invoice": invoices}, "historical": False, "absence": "unknown",
                "assumed": True, "known_from_import": [], "newest_on": None, "companies": keys, "files": [],
            })  # fmt: skip
            tx.append("snapshot", public={"tables": world.lake.versions(), "cause": "bench"})
            for number in range(_STAFF):
                tx.append(ADDED, None, f"staff{number}", {"person": f"staff{number}", "roles": ["customer_manager"], "unit": "technology_team", "bootstrap": False, "by": None})  # fmt: skip
            for number in range(_APPLICANTS):
                tx.append(USER_ADDED, None, f"company{number}", {"kind": "company", "person": f"company{number}", "company": keys[number]})  # fmt: skip
        answer = assess(world, Request(None))
        if isinstance(answer, Refusal):
            raise TypeError(answer.en)
    return root, keys


@contextmanager
def serving(root: Path, workers: int) -> Iterator[int]:
    program = "from kemiao.app.cli import main; main()"
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program, "serve", "--home", str(root), "--port", "0", "--workers", str(workers)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        port = int(process.stdout.readline().strip().rsplit(":", 1)[1])
        _until_warm(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(90)


def _until_warm(port: int) -> None:
    """Readings are answered before; what is measured is a server that has been up for a while."""
    until = time.monotonic() + _WARM_SECONDS
    good = 0
    while good < 4 and time.monotonic() < until:  # each of its workers, as well as can be told from outside
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PART_SECONDS)
        connection.request("GET", "/readyz")
        good = good + 1 if connection.getresponse().status == 200 else 0
        connection.close()
        time.sleep(0.1)


def signed_in(root: Path, *accounts: str) -> list[tuple[str, str]]:
    """A session of each: its cookie's header, and its page's token."""
    from kemiao.portal.door import PLAIN_COOKIE
    from kemiao.portal.sessions import FILE, Sessions

    sessions = Sessions(root / FILE, lambda: time.time_ns() // 1_000_000, os.urandom)
    begun = [sessions.begin(account) for account in accounts]
    sessions.close()
    return [(f"cookie: {PLAIN_COOKIE}={token}\r\n", session.csrf) for token, session in begun]


def _listing(root: Path, port: int, companies: list[str]) -> dict[str, Any]:
    """Pages of all companies as staff sees them: wall times of the first after the start, and medians of three; null where it took longer than a request may."""
    ((cookie, _),) = signed_in(root, "staff0")
    rows = {"first": "/api/v1/companies?limit=50", "page": "/api/v1/companies?limit=50", "search": f"/api/v1/companies?text={companies[-1][-6:]}", "by_limit": "/api/v1/companies?order=limit", "counts": "/api/v1/companies/counts", "worklist": "/api/v1/work", "calls": "/api/v1/calls"}  # fmt: skip
    found: dict[str, Any] = {}
    for name, path in rows.items():
        took = []
        try:
            for _ in range(1 if name == "first" else 3):
                began = time.perf_counter()
                _get(port, path, cookie)
                took.append(1000 * (time.perf_counter() - began))
        except (OSError, http.client.HTTPException):  # it took longer than a request may
            found[f"{name}_ms"] = None
            continue
        found[f"{name}_ms"] = round(statistics.median(took), 1)
        if name in ("worklist", "calls"):
            found[f"{name}_first_ms"] = round(took[0], 1)
    return {"what": "the bank's lists", "companies": len(companies), **found}


def _reading(root: Path, port: int, companies: list[str], seconds: int) -> dict[str, Any]:
    """Both under the same server, in turn; medians of three."""
    cookie = [header for header, _ in signed_in(root, *(f"staff{number}" for number in range(_STAFF)))]
    body = _get(port, _READ.format(companies[0]), cookie[0])
    bare = subprocess.Popen([sys.executable, "-m", "kemiao.app.bench_portal_bare"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        bare.stdin.write(base64.b64encode(body).decode() + "\n")
        bare.stdin.flush()
        beside = int(bare.stdout.readline().strip().rsplit(":", 1)[1])
        ours, theirs, slow = [], [], []
        cold = _load(port, [_READ.format(key) for key in companies], cookie, 16, seconds)
        some = [_READ.format(key) for key in companies[:500]]
        _load(port, some, cookie, 16, seconds)
        for _ in range(3):
            theirs.append(
                _load(beside, [path.removeprefix("/api/v1") for path in some], [""], 16, seconds)["per_second"]
            )
            warm = _load(port, some, cookie, 16, seconds)
            ours.append(warm["per_second"])
            slow.append(warm["p99_ms"])
    finally:
        bare.terminate()
        bare.wait(10)
    return {
        "what": "reading, one worker: session, row, entry committed before the reply", "companies": len(companies), "per_second": statistics.median(ours),
        "bare_per_second": statistics.median(theirs), "ratio": round(statistics.median(o / t for o, t in zip(ours, theirs, strict=True)), 2),
        "first_time_per_second": cold["per_second"], "first_time_ratio": round(cold["per_second"] / statistics.median(theirs), 2),
        "p99_ms": statistics.median(slow), "reach": "ratio >= 0.3",
    }  # fmt: skip


def _people(root: Path, port: int, companies: list[str], seconds: int) -> dict[str, Any]:
    cookie = [header for header, _ in signed_in(root, *(f"staff{number % _STAFF}" for number in range(_USERS)))]
    found = _load(port, [_READ.format(key) for key in companies], cookie, _USERS, 2 * seconds, 1)
    return {"what": f"{_USERS} users at one request a second, any company", **found, "reach": "p99 < 100 ms"}


def _applying(root: Path, port: int, companies: list[str]) -> dict[str, Any]:
    """All at the same moment, each its company's own; then each repeated under its key."""
    begun = signed_in(root, *(f"company{number}" for number in range(_APPLICANTS)))
    wish = json.dumps({"product": "tech_credit", "amount_fen": 30_000_000, "months": 12, "purpose": "raw_materials"})
    gate, took, answers = threading.Barrier(_APPLICANTS), [], []
    keys = [uuid.uuid4().hex for _ in begun]

    def ask(number: int, timed: bool) -> None:
        cookie, csrf = begun[number]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PART_SECONDS)
        headers = {
            "cookie": cookie.removeprefix("cookie: ").strip(),
            "x-csrf-token": csrf,
            "idempotency-key": keys[number],
            "content-type": "application/json",
        }
        gate.wait()
        start = time.perf_counter()
        try:
            connection.request("POST", f"/api/v1/companies/{companies[number]}/applications", wish, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            answers.append((answer.status, said.get("application", said.get("code"))))
        except (OSError, http.client.HTTPException):  # told as a status of its own
            answers.append((0, None))
        if timed:
            took.append(time.perf_counter() - start)

    for timed in (True, False):
        people = [threading.Thread(target=ask, args=(number, timed)) for number in range(_APPLICANTS)]
        for each in people:
            each.start()
        for each in people:
            each.join()
    with _world(root) as world:
        kept = {event.ref: event.subject for event in world.log.events("application")}
    took.sort()
    made = {own for status, own in answers if status == 201}
    return {
        "what": f"{_APPLICANTS} applications at once, assessment included, two workers", "p50_ms": round(1000 * took[len(took) // 2]), "p99_ms": round(1000 * took[-1]),
        "statuses": sorted({status for status, _ in answers}), "lost": len(made - kept.keys()) + _APPLICANTS - len(set(kept.values())), "doubled": len(kept) - len(set(kept.values())),
        "made": len(made), "reach": "p99 < 4 s, none lost, none doubled",
    }  # fmt: skip


def _listening(root: Path, port: int, companies: list[str]) -> dict[str, Any]:
    """While others read: the time from a commit, made as the command line makes it, to when the last listener has it."""
    cookie = [header for header, _ in signed_in(root, *(f"staff{number}" for number in range(_STAFF)))]
    listeners = _process("kemiao.app.bench_portal_listen", {"port": port, "headers": cookie, "listeners": _LISTENERS})
    ready = threading.Thread(target=listeners.stdout.readline, daemon=True)
    ready.start()
    ready.join(_PART_SECONDS)
    if ready.is_alive():
        listeners.kill()
        raise TimeoutError("not all of them could listen")
    readers = _process("kemiao.app.bench_portal_load", {"port": port, "paths": [_READ.format(key) for key in companies[:500]], "headers": cookie, "users": _USERS, "seconds": _CHANGES + 4, "every": 1})  # fmt: skip
    time.sleep(2)
    committed = {}
    with _world(root) as world:
        for number in range(_CHANGES):
            with world.log.write() as tx:
                seq = tx.append("market_bench", companies[number], f"bench-{number}", {})
            committed[seq] = time.monotonic()
            time.sleep(1)
    said, _ = listeners.communicate("", timeout=_PART_SECONDS)
    load = json.loads(readers.communicate("", timeout=_PART_SECONDS)[0])
    heard = {int(seq): found for seq, found in json.loads(said).items()}
    last = sorted((heard[seq][2] - at) * 1000 for seq, at in committed.items() if seq in heard)
    return {
        "what": f"{_LISTENERS} listeners, two workers, {_USERS} users reading", "changes": _CHANGES,
        "heard_by_all": sum(heard.get(seq, [0])[0] >= _LISTENERS for seq in committed), "last_hears_p50_ms": round(statistics.median(last)),
        "last_hears_max_ms": round(max(last)), "readers_p99_ms": load["p99_ms"], "reach": "all under 300 ms",
    }  # fmt: skip


def _load(
    port: int, paths: list[str], headers: list[str], users: int, seconds: float, every: float = 0
) -> dict[str, Any]:
    told = {"port": port, "paths": paths, "headers": headers, "users": users, "seconds": seconds, "every": every}
    process = _process("kemiao.app.bench_portal_load", told)
    try:
        return json.loads(process.communicate("", timeout=seconds + _PART_SECONDS)[0])
    finally:
        process.kill()


def _process(module: str, told: dict[str, Any]) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own modules
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()
    return process


def _get(port: int, path: str, header: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PART_SECONDS)
    connection.request("GET", path, headers={"cookie": header.removeprefix("cookie: ").strip()})
    return connection.getresponse().read()


@contextmanager
def _world(root: Path) -> Iterator[Any]:
    from kemiao.bank.world import open_world
    from kemiao.base.clock import FixedClock

    with open_world(root, FixedClock(datetime(_DAY.year, _DAY.month, _DAY.day, 9, tzinfo=UTC)), os.urandom) as world:
        yield world
