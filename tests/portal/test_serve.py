"""Several workers and one writer behind one address; health, figures and the log of the server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kemiao.bank.commands.backup import backup, restore
from kemiao.portal.published import PUBLISHED
from little_bank import ME, OTHER, at
from portal.running import Running, running, until
from portal.served import Served, little_home
from postgres import Postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(little_home(tmp_path_factory.mktemp("two") / "home"), "--workers", "2") as found:
        yield found


def test_it_lives_is_ready_and_answers_the_published_bytes(two: Running) -> None:
    assert two.get(None, f"{two.address}/healthz").json() == {"alive": True}
    ready = until(lambda: (said := two.get(None, f"{two.address}/readyz")).status_code == 200 and said)
    assert ready.json() == {"event_log": True, "access_log": True, "chain": True, "disk": True, "writer": True, "warm": True}  # fmt: skip
    assert two.get(None, "/openapi.json").content == PUBLISHED.read_bytes()


def test_a_session_that_is_ended_by_the_writer_opens_nothing_at_any_worker(two: Running) -> None:
    assert {two.get("wang", "/session").status_code for _ in range(8)} == {200}
    assert two.ask("DELETE", "wang", "/session", headers={"idempotency-key": "signing-out-1"}).status_code == 204
    assert {two.get("wang", "/session").status_code for _ in range(8)} == {401}


def test_an_account_that_is_closed_on_the_command_line_is_let_in_nowhere(two: Running) -> None:
    from kemiao.bank.portal_accounts import USER_CLOSED

    assert {two.get("theirs", "/session").status_code for _ in range(8)} == {200}
    with at(two.home) as world, world.log.write() as tx:
        tx.append(USER_CLOSED, None, "theirs", {"by": "chen"})
    assert {two.get("theirs", "/session").status_code for _ in range(8)} == {401}


def test_figures_are_added_up_over_workers_and_shown_to_this_machine_only(two: Running) -> None:
    for _ in range(10):
        two.get("li", f"/companies/{ME}")
    text = two.get(None, f"{two.address}/metrics").text
    (line,) = [each for each in text.splitlines() if each.startswith('kemiao_requests_total{method="GET",route="/api/v1/companies/{company}",status="200"}')]  # fmt: skip
    assert float(line.split()[-1]) >= 10
    assert ME not in text
    assert "li" not in {part for each in text.splitlines() for part in each.replace('"', " ").split()}
    passed_on = two.get(None, f"{two.address}/metrics", headers={"x-forwarded-for": "192.0.2.7"})
    assert passed_on.status_code == 404


def test_the_log_tells_route_and_time_and_nothing_of_people(two: Running) -> None:
    number = two.get("li", f"/companies/{OTHER}").headers["x-request-id"]
    line = until(lambda: next((each for each in two.lines() if each["request"] == number), None))
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/companies/{company}", 200)
    said = "".join(two.said)
    assert OTHER not in said
    assert OTHER.removeprefix("uscc:") not in said


def test_a_worker_that_is_killed_is_started_again(two: Running) -> None:
    first, second = two.children("worker")
    os.kill(first, signal.SIGKILL)
    assert two.get("li", f"/companies/{ME}").status_code == 200  # the other
    until(lambda: len(two.children("worker")) == 2 and first not in two.children("worker"))
    assert second in two.children("worker")
    assert "started again" in "".join(two.said) or "重新启动" in "".join(two.said)


def test_who_is_told_to_stop_stops_and_its_processes_with_it(tmp_path: Path) -> None:
    with running(little_home(tmp_path / "home"), "--workers", "2") as found:
        numbers = [*found.children("writer"), *found.children("worker")]
        assert len(numbers) == 3
        began = time.monotonic()
        assert found.stop() == 0
        assert time.monotonic() - began < 30
        assert not any(Path(f"/proc/{number}").exists() for number in numbers)


def test_processes_whose_parent_was_killed_stop_by_themselves(tmp_path: Path) -> None:
    with running(little_home(tmp_path / "home"), "--workers", "2") as found:
        numbers = [*found.children("writer"), *found.children("worker")]
        found.process.kill()
        until(lambda: not any(_lives(number) for number in numbers))


def _lives(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text("ascii").split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_two_workers_on_postgresql_take_an_application_once_and_a_server_that_is_away_is_said(postgres: Postgres, tmp_path: Path) -> None:  # fmt: skip
    little_home(tmp_path / "first")
    backup(tmp_path / "first", tmp_path / "b.tar.gz")
    home = tmp_path / "home"
    assert restore(tmp_path / "b.tar.gz", home, postgres.database()) is None
    wish = {"product": "tech_credit", "amount_fen": 30_000_000, "months": 12, "purpose": "raw_materials"}
    with running(home, "--workers", "2") as found:
        made = [found.post("mine", f"/companies/{ME}/applications", wish, "one-and-the-same") for _ in range(3)]
        assert {each.status_code for each in made} == {201}, made[0].text
        assert len({each.json()["application"] for each in made}) == 1
        own = made[0].json()["application"]
        found.sent_by("li")  # signed in before the server goes
        postgres.stop()
        try:
            away = found.get("li", f"/companies/{ME}")
            assert (away.status_code, away.json()["code"], away.headers["retry-after"]) == (503, "EVENT_LOG_UNAVAILABLE", "2")  # fmt: skip
            asked = found.post("mine", f"/applications/{own}/withdrawal", {"reason": "x"}, "while-away-1")
            assert asked.status_code == 503
            assert found.get(None, f"{found.address}/readyz").json()["event_log"] is False
            assert found.get(None, f"{found.address}/").status_code in (200, 503)  # the page itself, where it is built
        finally:
            postgres.start()
        assert until(lambda: found.get("li", f"/companies/{ME}").status_code == 200)
        with at(home) as world:
            assert {event.ref for event in world.log.events("application")} == {own}
            assert len({event.ref for event in world.log.events("caused")}) == 1
            assert world.log.broken_link() is None


def test_one_process_answers_the_same(portal: Served) -> None:
    assert portal.client.get("/healthz").status_code == 200
    assert portal.client.get("/readyz").json() == {"event_log": True, "access_log": True, "chain": True, "disk": True}
    assert portal.client.get("/metrics").status_code == 404  # no address of this machine asks here
