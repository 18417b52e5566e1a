"""A node over HTTP: the suite of all nodes through a real server; then strangers, replays, slow and oversized callers, TLS."""

from __future__ import annotations

import http.client
import json
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from chain.actors import cast, chain, genesis, seeded
from chain.node_suite import NodeSuite, Start, codes, model
from chain.plain_node import PlainNode
from chain.served import Machine, client, close_clients, served
from chain.test_following import LATER, grown
from kemiao.base.refusal import BrokenInvariant, Outage, Refused
from kemiao.chain import listening, requests, serving, wire
from kemiao.chain.following import Replica, Synced
from kemiao.chain.listening import Listening
from kemiao.chain.node import Node
from kemiao.chain.sqlite_node import SqliteNode

NODE_KEY = cast()["bank-a"].signers["node"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as open_:

        def make() -> Node:
            node = SqliteNode.create(tmp_path / "node.db", genesis(), Machine(), NODE_KEY)
            open_.callback(node.close)
            made = client(open_.enter_context(served(node)).address)
            open_.callback(made.close)
            return made

        yield make


class TestHttpNode(NodeSuite):
    pass


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def address() -> Iterator[str]:
    with served(grown(5)) as server:
        yield server.address


def refusal(call, *arguments) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.refusal.code


def outage(call, *arguments) -> str:
    with pytest.raises(Outage) as caught:
        call(*arguments)
    return caught.value.code


def soon(call):
    """Its answer, when the node has room again."""
    end = time.monotonic() + 20
    while True:
        try:
            return call()
        except Outage:
            assert time.monotonic() < end
            time.sleep(0.1)


def ask(address: str, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def signature(target: str, *, at: int | None = None, method: str = "GET", chain_id: str | None = None, nonce: str = "ab" * 16) -> dict[str, str]:  # fmt: skip
    now = time.time_ns() // 1_000_000
    key = cast()["bank-b"].signers["entries"]
    return requests.headers(key, chain_id or chain(), "bank-b", method, target, now if at is None else at, nonce)


# -- who may ask


def test_a_follower_copies_a_node_through_the_server(tmp_path):
    node = grown(30)
    with served(node) as server:
        own = SqliteNode.create(tmp_path / "own.db", genesis(), LATER)
        assert Replica(tmp_path, own, client(server.address, "acme")).sync() == Synced(1, 31, node.checkpoint())
        assert own.scan("") == node.scan("")
        own.close()


def test_a_participant_with_a_key_of_the_other_suite_asks_alike():
    node = PlainNode(suite="sm2")
    with served(node) as server:
        assert client(server.address, "acme", suite="sm2").size() == 1


def test_a_stranger_reads_nothing(address):
    for target in ("/genesis", "/checkpoint", "/records?from=0", "/state?key=participant%2Facme", "/scan?prefix=", "/inclusion?index=0&size=1", "/consistency?old=1&new=2", f"/find/{'0' * 64}", "/sequence/bank-a/1"):  # fmt: skip
        status, answer = ask(address, "GET", target)
        assert (status, answer["refused"]["code"]) == (403, "NOT_SIGNED")
    assert refusal(client(address, "nobody", seeded("a stranger")).size) == "NO_SUCH_PARTICIPANT"
    assert refusal(client(address, "bank-b", seeded("a stranger")).size) == "FOREIGN_KEY"
    assert refusal(client(address, "bank-b", cast()["acme"].signers["entries"]).size) == "FOREIGN_KEY"


def test_a_retired_key_reads_nothing_and_a_suspended_participant_still_does():
    node = grown(1)
    with served(node) as server:
        asks = client(server.address)
        assert asks.size() == 2
        record = dict(node.get("participant/bank-b"))
        key = cast()["bank-b"].signers["entries"].key_id
        for change, code in (
            ({"keys": {key: {**record["keys"][key], "until": 1}}}, "KEY_RETIRED"),
            ({"keys": {key: {**record["keys"][key], "distrusted_from": 1}}}, "KEY_RETIRED"),
        ):
            node.stage.state.values["participant/bank-b"] = {**record, **change}
            assert refusal(asks.size) == code
        node.stage.state.values["participant/bank-b"] = {**record, "suspended": 1}
        assert asks.size() == 2  # it must see the chain to change its keys and to come back


def test_a_request_is_good_once(address):
    said = signature("/checkpoint")
    assert ask(address, "GET", "/checkpoint", **said)[0] == 200
    status, answer = ask(address, "GET", "/checkpoint", **said)
    assert (status, answer["refused"]["code"]) == (403, "REQUEST_USED")


def test_a_request_is_good_for_what_it_says(address):
    said = signature("/state?key=chain")
    for method, target in (("GET", "/state?key=genesis"), ("GET", "/checkpoint"), ("GET", "/state?key=chain&")):
        assert ask(address, method, target, **said)[1]["refused"]["code"] == "BAD_SIGNATURE"
    other_chain = signature("/checkpoint", chain_id="0" * 64)
    assert ask(address, "GET", "/checkpoint", **other_chain)[1]["refused"]["code"] == "BAD_SIGNATURE"
    other_nonce = signature("/checkpoint") | {"kemiao-nonce": "cd" * 16}
    assert ask(address, "GET", "/checkpoint", **other_nonce)[1]["refused"]["code"] == "BAD_SIGNATURE"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_request_is_refused_with_the_nodes_time(address, minutes):
    at = time.time_ns() // 1_000_000 + minutes * 60_000
    status, answer = ask(address, "GET", "/checkpoint", **signature("/checkpoint", at=at))
    assert (status, answer["refused"]["code"]) == (403, "REQUEST_EXPIRED")
    assert abs(int(answer["refused"]["where"]["time"]) - time.time() * 1000) < 60_000


def test_a_client_whose_clock_is_wrong_takes_the_nodes(address):
    assert client(address, clock=Machine(-3 * 86_400)).size() == 6
    assert client(address, clock=Machine(3 * 86_400)).size() == 6


def test_one_participant_asks_so_often_and_no_more(address, monkeypatch):
    monkeypatch.setattr(requests, "REQUESTS", 3)
    asks = client(address)
    for _ in range(3):
        asks.size()
    assert outage(asks.size) == "NODE_BUSY"
    assert client(address, "acme").size() == 6  # the others aren't held up


# -- what is asked


@pytest.mark.parametrize("target", ["/records?from=-1", "/records?from=x", "/records", "/records?from=99999999999999999999", "/find/xyz", "/sequence/bank-a/x", "/sequence/NO BODY/1".replace(" ", "%20"), "/state", "/state?key=" + "x" * 600, "/inclusion?index=1"])  # fmt: skip
def test_a_malformed_question_is_refused(address, target):
    status, answer = ask(address, "GET", target, **signature(target))
    assert (status, answer["refused"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("target", ["/inclusion?index=6&size=6", "/inclusion?index=0&size=0", "/inclusion?index=0&size=7", "/consistency?old=3&new=7", "/consistency?old=4&new=3"])  # fmt: skip
def test_a_place_beyond_the_tree_is_refused_and_breaks_nothing(address, target):
    status, answer = ask(address, "GET", target, **signature(target))
    assert (status, answer["refused"]["code"]) == (409, "BEYOND_THE_TREE")
    assert client(address).size() == 6


def test_other_paths_and_methods_are_not_there(address):
    assert ask(address, "GET", "/", **signature("/"))[0] == 404
    assert ask(address, "DELETE", "/records?from=0")[0] == 404
    assert ask(address, "GET", "/../../etc/passwd")[0] == 404


def test_health_says_which_chain_and_no_more(address):
    status, answer = ask(address, "GET", "/healthz")
    assert status == 200
    assert answer.keys() == {"chain", "time"}


def test_many_rows_come_in_several_answers(monkeypatch):
    monkeypatch.setattr(serving, "ANSWER_BYTES", 2000)
    node = grown(25)
    with served(node) as server:
        asks = client(server.address)
        assert asks.records(0, 100) == node.records(0)
        assert asks.records(3, 9) == node.records(3, 9)
        assert asks.scan("participant/") == node.scan("participant/")
        assert len(asks.scan("", limit=5)) == 5


def test_envelopes_as_a_json_list(address):
    envelopes = [model("bank-b", 1).decode(), "{}"]
    body = json.dumps(envelopes).encode()
    status, answer = ask(address, "POST", "/entries", body, **{"Content-Type": "application/json"})
    assert status == 200
    assert [next(iter(result)) for result in answer["results"]] == ["accepted", "refused"]
    for bad in (b"{}", b"[1]", b"[", b"[]", b"\xff", b"[" * 100_000):
        assert ask(address, "POST", "/entries", bad, **{"Content-Type": "application/json"})[0] == 400
    assert ask(address, "POST", "/entries")[0] == 400


# -- how much, how long


def test_an_oversized_body_is_refused_before_it_is_there(address):
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/entries")
    connection.putheader("Content-Length", str(10 * wire.BODY_BYTES))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["refused"]["code"]) == (413, "BODY_TOO_LARGE")
    connection.close()


def test_an_oversized_body_without_a_length_is_cut_off(address, monkeypatch):
    monkeypatch.setattr(serving, "BODY_BYTES", 10_000)
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("POST", "/entries", iter([b"x" * 4000] * 5), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert connection.getresponse().status == 413
    connection.close()


def test_too_many_entries_at_once_are_refused(address, monkeypatch):
    monkeypatch.setattr(serving, "ENTRIES", 2)
    assert refusal(client(address).submit, [model("bank-b", 1)] * 3) == "TOO_MANY_ENTRIES"


def test_who_sends_the_head_byte_by_byte_is_dropped(address, monkeypatch):
    monkeypatch.setattr(listening, "HEAD_SECONDS", 0.5)
    lorises = [socket.create_connection(_place(address)) for _ in range(20)]
    began = time.monotonic()
    for one in lorises:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
    assert client(address).size() == 6  # the others are served meanwhile
    for one in lorises:
        one.settimeout(10)
        with pytest.raises((ConnectionError, TimeoutError)):
            while True:
                one.sendall(b"x")
                if one.recv(1) == b"":
                    raise ConnectionResetError
        one.close()
    assert time.monotonic() - began < 30


def test_who_does_not_send_the_body_is_dropped(address, monkeypatch):
    monkeypatch.setattr(serving, "BODY_SECONDS", 0.3)
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.putrequest("POST", "/entries")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    assert connection.getresponse().status == 408
    connection.close()


def test_one_address_holds_so_many_connections_and_no_more(address, monkeypatch):
    monkeypatch.setattr(listening, "CONNECTIONS_OF_ONE", 5)
    held = [socket.create_connection(_place(address)) for _ in range(12)]
    dropped: set[socket.socket] = set()
    end = time.monotonic() + 20
    while len(dropped) < 7 and time.monotonic() < end:
        dropped |= {*select.select([one for one in held if one not in dropped], [], [], 0.2)[0]}
    more = select.select([one for one in held if one not in dropped], [], [], 0.3)[0]
    for one in held:
        one.close()
    assert (len(dropped), more) == (7, [])
    assert soon(client(address).size) == 6  # when the node has seen that they are gone


def test_garbage_is_answered_and_harms_nobody(address):
    for garbage in (b"\0" * 200, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /entries HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"A" * 100_000):  # fmt: skip
        with socket.create_connection(_place(address)) as one:
            one.settimeout(10)
            try:
                one.sendall(garbage)
                one.recv(1000)
            except ConnectionError:
                pass
    assert client(address).size() == 6


def test_a_broken_invariant_ends_the_server():
    node = grown(1)

    def broken(_: str) -> object:
        raise BrokenInvariant("it can't be")

    with served(node, expected=BrokenInvariant) as server:
        node.scan = lambda *_: broken("")
        assert outage(client(server.address).scan, "x") == "NODE_BUSY"
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                client(server.address).size()
            except Outage:
                break
            time.sleep(0.1)
        else:
            pytest.fail("it still answers")


# -- a node that misbehaves towards its clients


def _place(address: str) -> tuple[str, int]:
    host, port = address.rpartition("//")[2].split(":")
    return host, int(port)


class Fake:
    """Answers every connection with the same bytes, then with `drip` one at a time."""

    def __init__(self, answer: bytes, drip: bytes = b"") -> None:
        self._answer, self._drip = answer, drip
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._stop = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                taken, _ = self._socket.accept()
                with taken:
                    asked = taken.recv(65536)
                    while b"\r\n\r\n" not in asked and (more := taken.recv(65536)):
                        asked += more
                    taken.sendall(self._answer)
                    for letter in self._drip:
                        if self._stop.wait(0.05):
                            break
                        taken.sendall(bytes([letter]))
            except OSError:
                pass

    def __enter__(self) -> str:
        return self.address

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def plain(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b"{}", b'{"records":{}}', b'{"records":[{"index":"0","at":0,"id":"","envelope":""}]}', b"[" * 100_000, b'{"records":null}', b'{"records":[{"index":5,"at":1,"id":"' + b"0" * 64 + b'","envelope":"{}"}]}'],
)  # fmt: skip
def test_nonsense_from_a_node_is_an_outage_and_no_crash(body):
    with Fake(plain(body)) as address:
        assert outage(client(address).records, 0) == "NODE_NONSENSE"


def test_a_nodes_words_reach_the_terminal_without_escapes():
    said = {
        "refused": {"code": "SOME_CODE", "zh": "\x1b[2J坏", "en": "\x1b[2Jbad\n" + "x" * 5000, "where": {"a": "\x07"}}
    }
    with Fake(plain(json.dumps(said).encode(), "409 Conflict")) as address, pytest.raises(Refused) as caught:
        client(address).size()
    assert caught.value.refusal.en.startswith("[2Jbad")
    assert len(caught.value.refusal.en) < 600
    assert "\x1b" not in caught.value.refusal.zh


@pytest.mark.parametrize("drip", [b"", b"x" * 1000])
def test_a_node_that_answers_slowly_is_an_outage_after_its_time(drip, monkeypatch):
    monkeypatch.setattr("kemiao.chain.http_node.ANSWER_SECONDS", 0.5)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" if drip else b"HTTP/1.1 200 OK\r\n"
    with Fake(head, drip or b"X-A: " + b"y" * 1000) as address:
        began = time.monotonic()
        assert outage(client(address).size) == "NODE_UNREACHABLE"
        assert time.monotonic() - began < 5


def test_an_endless_answer_is_not_read(monkeypatch):
    monkeypatch.setattr("kemiao.chain.http_node.ANSWER_BYTES", 1000)
    with Fake(plain(b"x" * 5000)) as address:
        assert outage(client(address).size) == "NODE_NONSENSE"


def test_nobody_there_is_an_outage():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert outage(client(f"http://127.0.0.1:{port}").size) == "NODE_UNREACHABLE"


def test_a_server_that_came_back_is_reached_again_by_the_same_client():
    node = grown(3)
    with served(node) as server:
        asks = client(server.address)
        assert asks.size() == 4
    port = int(server.address.rsplit(":", 1)[1])
    assert outage(asks.size) == "NODE_UNREACHABLE"
    again = Listening(serving.application(node, lambda: time.time_ns() // 1_000_000), "127.0.0.1", port)
    ready = threading.Event()
    thread = threading.Thread(target=again.run, args=(ready.set,))
    thread.start()
    ready.wait(10)
    assert asks.size() == 4
    again.stop()
    thread.join(10)


# -- TLS


@pytest.fixture(scope="module")
def pki(tmp_path_factory) -> Path:
    """A certificate authority of our own, and a node's certificate from it."""
    folder = tmp_path_factory.mktemp("pki")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    for name in ("ca", "other"):
        openssl(
            "req", "-x509", *ec, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "2"
        )
    openssl("req", *ec, "-keyout", "node.key", "-out", "node.csr", "-subj", "/CN=node")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "node.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "node.pem", "-days", "2", "-extfile", "names")  # fmt: skip
    return folder


def test_tls_with_a_certificate_of_our_own(pki):
    with served(grown(2), pki / "node.pem", pki / "node.key") as server:
        assert server.address.startswith("https://")
        trusting = client(server.address, ca=pki / "ca.pem")
        assert trusting.size() == 3
        assert codes(trusting, model("bank-b", 1)) == ["ok"]
        assert refusal(client(server.address, ca=pki / "other.pem").size) == "NODE_NOT_TRUSTED"
        assert refusal(client(server.address).size) == "NODE_NOT_TRUSTED"  # the machine's own list does not have it
        by_name = server.address.replace("127.0.0.1", "localhost")
        assert (
            refusal(client(by_name, ca=pki / "ca.pem").size) == "NODE_NOT_TRUSTED"
        )  # the certificate is for the number


def test_who_never_ends_the_handshake_is_dropped(pki, monkeypatch):
    monkeypatch.setattr(listening, "HANDSHAKE_SECONDS", 0.5)
    with served(grown(2), pki / "node.pem", pki / "node.key") as server:
        silent = [socket.create_connection(_place(server.address)) for _ in range(100)]
        assert client(server.address, ca=pki / "ca.pem").size() == 3
        for one in silent:
            one.settimeout(10)
            with suppress(ConnectionError):
                assert one.recv(1) == b""
            one.close()


def test_other_addresses_than_this_machines_need_tls(pki):
    app = serving.application(grown(0), lambda: 0)
    for host in ("0.0.0.0", "192.0.2.1", "::", "node.bank.example"):  # noqa: S104 - that it is refused is the point
        assert refusal(Listening, app, host, 0) == "NEEDS_TLS"
        assert refusal(Listening, app, host, 0, pki / "node.pem") == "NEEDS_TLS"
    assert refusal(client, "http://192.0.2.1:8421") == "NEEDS_TLS"
    assert refusal(Listening, app, "127.0.0.1", 0, pki / "node.pem", pki / "ca.key") == "BAD_CERTIFICATE"
    assert refusal(Listening, app, "127.0.0.1", 0, pki / "nothing.pem", pki / "ca.key") == "BAD_CERTIFICATE"
    assert refusal(client, "https://127.0.0.1:1", "bank-b", None, None, pki / "nothing.pem") == "BAD_CERTIFICATE"


def test_an_address_that_is_taken_is_an_outage():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = serving.application(grown(0), lambda: 0)
        assert outage(Listening, app, "127.0.0.1", taken.getsockname()[1]) == "ADDRESS_TAKEN"


@pytest.mark.parametrize("address", ["", "node", "ftp://127.0.0.1", "http://", "http://127.0.0.1:x", "http://127.0.0.1:99999", "http://user@127.0.0.1", "http://127.0.0.1/?a=b", 'http://127.0.0.1/"', "http://127.0.0.1/\n", "http://127.0.0.1/ x"])  # fmt: skip
def test_what_is_no_address_is_refused(address):
    assert refusal(client, address) in ("BAD_ADDRESS", "NEEDS_TLS")
