"""kemiao participant …, kemiao chain start: three participants with homes and keys of their own, by the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kemiao.app.cli import cli
from kemiao.bank.chain_link import FollowedNode
from kemiao.bank.chain_side import SharedChain
from kemiao.base.keys import uscc_check_digit
from kemiao.base.refusal import Outage
from kemiao.chain import sealed
from kemiao.chain.keyring import KeyStore
from kemiao.chain.sealed import open_secret

PASSPHRASE = "correct horse 电池"  # noqa: S105
ACME = "uscc:91310000MA1FL0L95" + uscc_check_digit("91310000MA1FL0L95")
pytestmark = pytest.mark.slow
ROLES = {
    "bank-a": ("--role", "bank"),
    "acme": ("--role", "company", "--company", ACME, "--suite", "sm2"),
    "tax": ("--role", "government"),
}


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch):
    _set_passphrase(monkeypatch)


def _set_passphrase(monkeypatch):
    monkeypatch.setenv("KEMIAO_PASSPHRASE", PASSPHRASE)
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(sealed, "USUAL", sealed.Cost(1, 8192))  # the usual cost is tried in tests/chain/test_keyring


def call(home: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, [*words, "--home", str(home), "--json"])


def run(home: Path, *words: str) -> Any:
    done = call(home, *words)
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines if words[-1] == "list" else lines[0]


def refused(home: Path, *words: str, exit_code: int = 3) -> str:
    done = call(home, *words)
    assert done.exit_code == exit_code, done.output
    return json.loads(done.stdout)["refused"]["code"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Three homes with identities, and a fourth: that of bank-a after it has started the chain. Copied for each test."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        _set_passphrase(patched)
        for name, options in ROLES.items():
            run(root / name, "participant", "create", name, "--name", f"{name} 公司", *options)
        shutil.copytree(root / "bank-a", root / "node")
        run(root / "node", "chain", "start", *cards({name: root / name for name in ROLES}, "acme", "tax"))
    return root


@pytest.fixture
def homes(made: Path, tmp_path: Path) -> dict[str, Path]:
    return {name: Path(shutil.copytree(made / name, tmp_path / name)) for name in ROLES}


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Path:
    """The home of bank-a, which has started the chain."""
    return Path(shutil.copytree(made / "node", tmp_path / "node"))


def cards(homes: dict[str, Path], *names: str) -> list[str]:
    return [word for name in names for word in ("--participant", str(homes[name] / "keys" / f"{name}.card.json"))]


def me(home: Path) -> dict[str, Any]:
    return next(each for each in run(home, "participant", "list") if each["me"])


def in_use(home: Path, purpose: str) -> str:
    (key,) = [key for key, value in me(home)["keys"].items() if purpose in value["purposes"] and value["until"] is None]
    return key


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "keys").iterdir() if not path.name.startswith("."))


def test_three_participants_start_a_chain_together(homes):
    answer = run(homes["bank-a"], "chain", "start", *cards(homes, "tax", "acme", "bank-a"), "--name", "苏南")
    assert answer["participants"] == ["acme", "bank-a", "tax"]
    listed = {each["id"]: each for each in run(homes["bank-a"], "participant", "list")}
    assert listed["acme"]["company"] == ACME
    assert {key["suite"] for key in listed["acme"]["keys"].values()} == {"sm2"}
    assert [name for name, each in listed.items() if each["me"]] == ["bank-a"]
    genesis = json.loads((homes["bank-a"] / "chain" / "genesis.json").read_text("utf-8"))
    key, about = open_secret(homes["bank-a"] / "chain" / "blinding.key", PASSPHRASE)
    assert len(key) == 32
    assert about == {"what": "blinding key", "chain": answer["chain"]}
    assert key.hex() not in str(genesis)
    assert (homes["bank-a"] / "chain").stat().st_mode & 0o777 == 0o700
    for path in (homes["bank-a"] / "chain").iterdir():
        assert path.suffix == ".toml" or path.stat().st_mode & 0o777 == 0o600, path
    assert refused(homes["bank-a"], "chain", "start") == "CHAIN_EXISTS"


def test_an_identity_is_made_once_and_closed_to_others(homes):
    assert files(homes["acme"]) == ["acme.card.json", "acme.entries.key", "acme.keys.key", "acme.node.key"]
    for path in (homes["acme"] / "keys").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    create = ("participant", "create", "acme", "--name", "Acme", "--role", "company", "--company", ACME)
    assert refused(homes["acme"], *create) == "IDENTITY_EXISTS"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("Bank", "--name", "x", "--role", "bank"), "NOT_A_PARTICIPANT_ID"),
        (("../x", "--name", "x", "--role", "bank"), "NOT_A_PARTICIPANT_ID"),
        (("bank", "--name", " ", "--role", "bank"), "NOT_A_NAME"),
        (("bank", "--name", "x", "--role", "king"), "NO_SUCH_ROLE"),
        (("acme", "--name", "x", "--role", "company"), "COMPANY_MISSING"),
        (("bank", "--name", "x", "--role", "bank", "--suite", "rsa"), "NO_SUCH_SUITE"),
    ],
)
def test_what_makes_no_identity_is_refused_and_leaves_nothing(tmp_path, words, expected):
    assert refused(tmp_path / "home", "participant", "create", *words) == expected
    assert not (tmp_path / "home" / "keys").exists()


def test_a_failed_disk_leaves_no_half_of_an_identity(tmp_path, monkeypatch):
    def full(self, card):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(KeyStore, "write_card", full)
        words = ("participant", "create", "bank-a", "--name", "x", "--role", "bank")
        assert refused(tmp_path / "home", *words, exit_code=4) == "KEYS_UNWRITABLE"
    assert not (tmp_path / "home" / "keys").exists()
    run(tmp_path / "home", *words)


def test_a_chain_is_not_started_with_a_changed_card_or_without_an_identity(homes, tmp_path):
    card = homes["acme"] / "keys" / "acme.card.json"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps({**json.loads(card.read_text("utf-8")), "roles": ["bank"]}), "utf-8")
    start = ("chain", "start", "--participant")
    assert refused(homes["bank-a"], *start, str(changed)) == "KEY_NOT_PROVED"
    assert refused(homes["bank-a"], *start, str(tmp_path / "none.json")) == "NO_SUCH_FILE"
    assert refused(homes["bank-a"], *start, str(card), "--participant", str(card)) == "GIVEN_TWICE"
    assert not (homes["bank-a"] / "chain").exists()
    assert CliRunner().invoke(cli, ["init", "--home", str(tmp_path / "new")]).exit_code == 0
    assert refused(tmp_path / "new", *start, str(card)) == "NO_IDENTITY"


def test_what_a_crash_left_of_a_start_does_not_hinder_the_next(homes, monkeypatch):
    def full(*_):
        raise Outage("HOME_UNWRITABLE", "满", "full")

    with monkeypatch.context() as patched:
        patched.setattr("kemiao.bank.commands.start_chain.write_settings", full)
        assert refused(homes["bank-a"], "chain", "start", exit_code=4) == "HOME_UNWRITABLE"
    assert refused(homes["bank-a"], "participant", "list") == "NO_CHAIN"
    run(homes["bank-a"], "chain", "start", *cards(homes, "acme"))
    assert me(homes["bank-a"])["id"] == "bank-a"


def test_a_rotated_key_signs_on_and_the_old_file_is_gone(node):
    for purpose, options in (("entries", ()), ("keys", ("--suite", "sm2")), ("node", ()), ("consent", ())):
        before = in_use(node, purpose)
        answer = run(node, "participant", "rotate", "--purpose", purpose, *options)
        assert (answer["retired"], answer["added"]) == (before, in_use(node, purpose))
    assert files(node) == ["bank-a.card.json", "bank-a.entries.key", "bank-a.keys.key", "bank-a.node.key"]
    assert len(me(node)["keys"]) == 7
    run(node, "participant", "suspend")  # signed by the new key, answered by the new node key


def test_a_stolen_key_is_distrusted_from_the_time_that_was_given(node):
    old = in_use(node, "entries")
    assert refused(node, "participant", "rotate", "--compromised-since", "2999-01-01") == "DISTRUST_AHEAD"
    assert "bank-a.entries.next" not in files(node)  # what was refused is not kept
    assert call(node, "participant", "rotate", "--compromised-since", "yesterday").exit_code == 2
    run(node, "participant", "rotate", "--compromised-since", "2026-01-01T08:00")
    assert me(node)["keys"][old]["distrusted_from"] == 1_767_225_600_000  # 2026-01-01T00:00Z


def test_a_key_that_was_retired_is_disowned_later_and_no_other_is_touched(node):
    old = in_use(node, "entries")
    rotate = ("participant", "rotate")
    run(node, *rotate)
    before = me(node)["keys"]
    answer = run(node, *rotate, "--key", old[:8], "--compromised-since", "2026-01-02T08:00")
    assert (answer["retired"], answer["added"], answer["file"]) == (old, None, None)
    run(node, *rotate, "--key", old, "--compromised-since", "2026-01-01T08:00")  # it was even earlier
    assert me(node)["keys"] == {**before, old: {**before[old], "distrusted_from": 1_767_225_600_000}}
    assert refused(node, *rotate, "--key", old, "--compromised-since", "2026-01-02") == "KEY_RETIRED"
    assert refused(node, *rotate, "--key", old) == "KEY_RETIRED"
    assert refused(node, *rotate, "--key", old[:7]) == "NOT_AN_ID"
    assert refused(node, *rotate, "--key", "f" * 32) == "NO_SUCH_KEY"
    assert call(node, *rotate, "--key", old, "--purpose", "node").exit_code == 2
    current = in_use(node, "node")
    assert run(node, *rotate, "--key", current[:8])["added"] == in_use(node, "node")  # one in use is replaced


def test_suspension_and_its_end(node):
    assert run(node, "participant", "suspend")["suspended"] is True
    assert me(node)["suspended"] is not None
    assert refused(node, "participant", "suspend") == "NOTHING_TO_CHANGE"
    run(node, "participant", "rotate")  # keys change also then
    assert run(node, "participant", "suspend", "--resume")["suspended"] is False
    assert me(node)["suspended"] is None


@pytest.mark.parametrize("purpose", ["entries", "keys", "node"])
def test_a_crash_after_the_chain_accepted_loses_no_key(node, monkeypatch, purpose):
    settle, times = KeyStore.settle, []

    def killed(self, current):
        times.append(1)
        if len(times) == 2:  # the first one looks for leftovers; the second comes after the acceptance
            raise KeyboardInterrupt
        return settle(self, current)

    with monkeypatch.context() as patched:
        patched.setattr(KeyStore, "settle", killed)
        assert call(node, "participant", "rotate", "--purpose", purpose).exit_code != 0
    name = f"bank-a.{purpose}.next"
    assert name in files(node)
    run(node, "participant", "suspend")  # the new key is in use from beside the old one
    run(node, "participant", "suspend", "--resume")
    run(node, "participant", "rotate", "--purpose", purpose)
    assert name not in files(node)
    assert KeyStore(node / "keys").find([in_use(node, purpose)]) is not None


def test_a_crash_before_the_chain_was_asked_leaves_the_old_key_in_use(node, monkeypatch):
    old = in_use(node, "entries")

    def away(*_, **__):
        raise Outage("NODE_AWAY", "节点无应答", "the node does not answer")

    with monkeypatch.context() as patched:
        patched.setattr(SharedChain, "act", away)
        assert refused(node, "participant", "rotate", exit_code=4) == "NODE_AWAY"
    assert "bank-a.entries.next" in files(node)
    assert in_use(node, "entries") == old
    assert run(node, "participant", "rotate")["retired"] == old
    assert "bank-a.entries.next" not in files(node)


def test_a_passphrase_comes_from_a_closed_file_or_the_environment(node, tmp_path, monkeypatch):
    monkeypatch.setenv("KEMIAO_PASSPHRASE", "another one")
    assert refused(node, "participant", "suspend") == "WRONG_PASSPHRASE"
    assert refused(node, "participant", "rotate") == "WRONG_PASSPHRASE"
    assert "bank-a.entries.next" not in files(node)
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", "utf-8")
    file.chmod(0o640)
    monkeypatch.setenv("KEMIAO_PASSPHRASE_FILE", str(file))  # before the environment's own
    assert refused(node, "participant", "suspend") == "PASSPHRASE_FILE_OPEN_TO_OTHERS"
    file.chmod(0o600)
    run(node, "participant", "suspend")
    monkeypatch.setenv("KEMIAO_PASSPHRASE_FILE", str(tmp_path / "none"))
    assert refused(node, "participant", "suspend", "--resume") == "NO_PASSPHRASE_FILE"
    monkeypatch.delenv("KEMIAO_PASSPHRASE_FILE")
    monkeypatch.delenv("KEMIAO_PASSPHRASE")
    assert refused(node, "participant", "suspend", "--resume") == "PASSPHRASE_NEEDED"
    monkeypatch.setenv("KEMIAO_PASSPHRASE", "short")
    new = ("participant", "create", "tax", "--name", "税务", "--role", "government")
    assert refused(tmp_path / "new", *new) == "PASSPHRASE_TOO_SHORT"


def test_a_key_file_that_others_may_read_signs_nothing(node):
    (node / "keys" / "bank-a.keys.key").chmod(0o644)
    assert refused(node, "participant", "suspend") == "KEY_FILE_OPEN_TO_OTHERS"


def test_the_list_reads_well_for_people(node):
    done = CliRunner().invoke(cli, ["participant", "list", "--home", str(node), "--lang", "en"])
    assert done.exit_code == 0
    assert "bank-a (we)" in done.stdout
    assert ACME in done.stdout


def test_the_records_of_companies_are_written_for_a_rating_to_use(node, tmp_path):
    words = ["participant", "list", "--records", str(tmp_path / "records.csv"), "--home", str(node)]
    assert CliRunner().invoke(cli, words).exit_code == 0
    head, *rows = (tmp_path / "records.csv").read_text("utf-8").splitlines()
    assert head == "company,statements,statements_checked,statements_agreed,statements_contradicted,statements_upheld"
    assert rows == [f"{ACME},0,0,0,0,0"]
    assert CliRunner().invoke(cli, words).exit_code == 3  # what was written is not overwritten


def test_what_a_script_or_log_sees_holds_no_secret(node, tmp_path):
    seeds = []
    store = KeyStore(node / "keys")
    for file in store.files():
        seeds.append(open_secret(file.path, PASSPHRASE)[0])
    for path in node.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for seed in seeds:
                assert seed not in content, path
                assert seed.hex().encode() not in content, path
            assert PASSPHRASE.encode() not in content, path


@pytest.fixture
def followers(homes, node, tmp_path) -> Iterator[dict[str, Path]]:
    """acme and the tax office, following the node of bank-a over HTTP."""
    program = [str(Path(sys.executable).with_name("kemiao")), "chain", "serve", "--port", "0", "--home", str(node)]
    server = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        invitation = tmp_path / "invitation.json"
        run(node, "chain", "invite", "--out", str(invitation), "--address", address)
        for name in ("acme", "tax"):
            run(homes[name], "chain", "join", str(invitation), "--as", name)
        yield {name: homes[name] for name in ("acme", "tax")}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_followers_change_their_keys_suspend_themselves_and_come_back(followers):
    for purpose in ("entries", "keys"):
        old = in_use(followers["acme"], purpose)
        assert run(followers["acme"], "participant", "rotate", "--purpose", purpose)["retired"] == old
    run(followers["tax"], "participant", "suspend")
    run(followers["tax"], "participant", "rotate", "--compromised-since", "2026-01-01")
    run(followers["tax"], "participant", "suspend", "--resume")
    listed = {each["id"]: each for each in run(followers["acme"], "participant", "list")}
    assert len(listed["acme"]["keys"]) == 5
    assert listed["tax"]["suspended"] is None


@pytest.mark.parametrize("then", ["participant suspend", "participant rotate", "chain follow"])
def test_a_follower_that_was_cut_off_from_the_news_of_its_new_key_finds_its_way_back(followers, monkeypatch, then):
    home, refresh, times = followers["acme"], FollowedNode.refresh, []

    def cut_off(self):
        times.append(1)
        if len(times) > 2:  # before the submission all is well; what became of it is not heard
            raise Outage("NODE_UNREACHABLE", "节点无应答", "the node does not answer")
        refresh(self)

    with monkeypatch.context() as patched:
        patched.setattr(FollowedNode, "refresh", cut_off)
        assert refused(home, "participant", "rotate", exit_code=4) == "NODE_UNREACHABLE"
    assert "acme.entries.next" in files(home)
    run(home, *then.split())
    assert KeyStore(home / "keys").find([in_use(home, "entries")]) is not None


def test_a_sealing_key_is_registered_once_and_renewed_on_demand(node):
    first, again = (run(node, "participant", "sealing-key") for _ in range(2))
    assert (first["made"], again["made"], again["public"]) == (True, False, first["public"])
    assert run(node, "participant", "sealing-key", "--renew")["public"] != first["public"]
