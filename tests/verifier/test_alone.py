"""The verifier as a stranger has it: its own folder, PyNaCl and the standard library. Nothing of kemiao can be imported."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chain.proving import files, told

SOURCE = Path(__file__).parents[2] / "verifier" / "src"
_OF_PYNACL = ("nacl", "_cffi_backend", "cffi", "pycparser")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A folder of packages with PyNaCl and what it needs, and the verifier."""
    folder = tmp_path_factory.mktemp("packages")
    for name in _OF_PYNACL:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            there = Path(found.origin).parent if found.submodule_search_locations else Path(found.origin)
            (folder / there.name).symlink_to(there)
    (folder / "kemiao_verify").symlink_to(SOURCE / "kemiao_verify")
    return folder


def run(path, *arguments, code=None, **environment):
    """-S: no site-packages, so that the editable kemiao of this environment is out of reach."""
    begin = ["-c", code] if code else ["-m", "kemiao_verify"]
    return subprocess.run(
        [sys.executable, "-S", *begin, *map(str, arguments)], cwd=path, check=False, capture_output=True, timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(path), "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


def written(tmp_path, content):
    file = tmp_path / "proof.json"
    file.write_bytes(content)
    return file


def test_nothing_of_kemiao_is_there(path):
    assert run(path, code="import kemiao").returncode == 1
    assert run(path, code="import nacl, kemiao_verify").returncode == 0


def test_it_imports_only_the_standard_library_and_pynacl():
    seen = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                seen |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                seen.add((node.module or "").split(".")[0])
    assert seen - set(sys.stdlib_module_names) == {"nacl", "kemiao_verify"}


@pytest.mark.parametrize("suite", ["ed25519", "sm2"])
@pytest.mark.parametrize("name", sorted(files()))
def test_every_kind_of_file_is_proved_alone(path, tmp_path, name, suite):
    done = run(path, written(tmp_path, files(suite)[name]), "--json", "--chain", told(suite).node.chain)
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)
    assert (said["proved"], said["chain_compared"]) == (True, True)


def test_words_and_exit_codes(path, tmp_path):
    file = written(tmp_path, files()["row"])
    head = tmp_path / "head.txt"
    head.write_text(told().older, "utf-8")
    shown = run(path, file, "--head", head, "--lang", "en")
    assert shown.returncode == 0
    for piece in ("PROVED: this row", "Bank A [bank-a; bank]", "+08:00 (UTC 2026-01-01T00:00:02", "8 entries stood there", "agrees with the head", "NOT proved:", "amount_fen = 800"):  # fmt: skip
        assert piece in shown.stdout.decode()
    wrong = run(path, file, "--chain", "ab" * 32, "--lang", "en", "--json")
    assert (wrong.returncode, json.loads(wrong.stdout)["refused"]["code"]) == (3, "OTHER_CHAIN")
    assert wrong.stderr.decode().startswith("OTHER_CHAIN  NOT PROVED: the proof is about another chain")
    refused = run(path, written(tmp_path, b"{"))
    assert (refused.returncode, refused.stdout) == (3, b"") and "证明不成立" in refused.stderr.decode()
    for arguments in ((), (tmp_path / "nothing",), (file, "--chain", "AB" * 32), (file, "--lang", "fr"), (tmp_path,)):
        assert run(path, *arguments).returncode == 2


def test_a_file_that_is_not_there_or_is_another_kind_is_told_in_both_languages(path, tmp_path):
    for arguments in ((tmp_path / "nothing",), (written(tmp_path, files()["row"]), "--head", tmp_path / "nothing")):
        missing = run(path, *arguments)
        said = missing.stderr.decode()
        assert (missing.returncode, missing.stdout) == (2, b"")
        assert "没有这个文件 / there is no such file: " in said and "Errno" not in said
    assert "读不出文件 / the file can't be read" in run(path, tmp_path).stderr.decode()
    credential = written(tmp_path, json.dumps({"type": ["VerifiableCredential"], "issuer": "did:key:z"}, indent=1).encode())  # fmt: skip
    for lang, words in (("zh", "这是凭证,不是证明文件:用 kemiao chain verify 核验"), ("en", "this is a credential, not a proof file: check it with kemiao chain verify")):  # fmt: skip
        done = run(path, credential, "--lang", lang)
        assert (done.returncode, words in done.stderr.decode()) == (3, True)
    assert json.loads(run(path, credential, "--json").stdout)["refused"]["code"] == "A_CREDENTIAL"


def test_an_sm2_signature_that_this_machine_cannot_check_is_an_outage_and_not_a_no(path, tmp_path):
    file = written(tmp_path, files("sm2")["entry"])
    code = (
        "import ctypes, sys\n"
        "def none(*given): raise OSError\n"
        "ctypes.CDLL = none\n"
        "from kemiao_verify.command import main\n"
        f"sys.exit(main([{str(file)!r}, '--lang', 'en', '--json']))"
    )
    done = run(path, code=code)
    assert (done.returncode, json.loads(done.stdout)["outage"]["code"]) == (4, "NO_LIBCRYPTO")
    assert b"libcrypto" in done.stderr
    ed25519 = written(tmp_path, files()["entry"])  # never looks for libcrypto
    assert run(path, code=code.replace(str(file), str(ed25519))).returncode == 0
