"""What goes wrong below the portal loses nothing that was acknowledged, doubles nothing, and answers nothing without its entry."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kemiao.app.door import Door
from kemiao.app.portal_serving import portal_of
from kemiao.bank.access_log import FILE
from little_bank import ME, at
from portal.running import running, until
from portal.served import Served, little_home, served

pytestmark = pytest.mark.slow
WISH = {"product": "tech_credit", "months": 12, "purpose": "raw_materials"}


def test_a_writer_that_is_killed_loses_nothing_acknowledged_and_doubles_nothing_when_asked_again(tmp_path: Path) -> None:  # fmt: skip
    home = little_home(tmp_path / "home")
    wishes = {f"the-wish-number-{number}": {**WISH, "amount_fen": 1_000_000 * (number + 10)} for number in range(6)}
    acknowledged: dict[str, str] = {}
    with running(home, "--workers", "2", "--no-log") as found:
        found.sent_by("mine")

        def ask(key: str) -> None:
            """As a page does: the same key until there is an answer."""

            def once() -> bool:
                try:
                    answer = found.post("mine", f"/companies/{ME}/applications", wishes[key], key)
                except httpx.TransportError:
                    return False
                if answer.status_code == 201:
                    acknowledged[key] = answer.json()["application"]
                return answer.status_code == 201

            until(once, 120)

        people = [threading.Thread(target=ask, args=(key,)) for key in wishes]
        for each in people:
            each.start()
        with at(home) as world:
            until(lambda: world.log.last("application"), 120)  # some are kept, and none is decided yet
        (number,) = found.children("writer")
        os.kill(number, signal.SIGKILL)
        for each in people:
            each.join()
    with at(home) as world:
        made = [event.ref for event in world.log.events("application") if event.public["step"] == "applied"]
        assert sorted(acknowledged.values()) == sorted(str(each) for each in made)  # each wish once, and finished
        decided = [event.ref for event in world.log.events("application") if event.public["step"] != "applied"]
        waits = [event.ref for event in world.log.events("application_waits")]
        assert sorted(decided + waits) == sorted(made)
        assert len({event.ref for event in world.log.events("caused")}) == len(
            wishes
        )  # a cause for each transaction of a request
        assert world.log.broken_link() is None
    with portal_of(Door(home, "zh", False)) as portal:
        assert portal.access_log.broken_link() is None


def test_a_request_that_timed_out_and_is_repeated_has_one_effect(portal: Served) -> None:
    """The first is still under way when the second comes; a third finds the answer."""
    answers: list[int] = []
    path, wish = f"/companies/{ME}/applications", {**WISH, "amount_fen": 30_000_000}
    portal.get("mine", "/session")

    def ask() -> None:
        answers.append(portal.post("mine", path, wish, "asked-twice-over").status_code)

    both = [threading.Thread(target=ask) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert set(answers) <= {201, 409}
    assert portal.post("mine", path, wish, "asked-twice-over").status_code == 201
    with portal.portal.worlds.world() as world:
        assert len({event.ref for event in world.log.events("application")}) == 1
        assert len({event.ref for event in world.log.events("caused")}) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("may not mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_no_answer_without_its_entry_where_the_access_logs_disk_is_full(tmp_path: Path, small_disk: Path) -> None:
    home = little_home(tmp_path / "home")
    (home / FILE).symlink_to(small_disk / FILE)
    with served(home) as portal:
        assert portal.get("li", f"/companies/{ME}").status_code == 200
        rest = small_disk / "rest"
        with rest.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        tried = [
            portal.get("li", f"/companies/{ME}") for _ in range(40)
        ]  # some find room in pages that are there already
        refused = [each for each in tried if each.status_code != 200]
        assert {each.status_code for each in refused} == {503}
        assert len(portal.portal.access_log.entries()) == 1 + len(tried) - len(refused)
        assert refused[0].json()["code"] == "ACCESS_LOG_AWAY"
        assert "decision_id" not in refused[0].text
        assert portal.client.get("/readyz").json()["access_log"] is (tried[-1].status_code == 200)
        assert portal.get("li", "/session").status_code == 200  # nobody's data
        rest.unlink()
        assert portal.get("li", f"/companies/{ME}").status_code == 200
        assert portal.portal.access_log.broken_link() is None
