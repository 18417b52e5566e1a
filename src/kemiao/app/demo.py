"""The demo types the commands that a user would type, one after another, and shows them. There is no other path."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import typer

from kemiao.app.demo_chain import Homes, granted, shared_chain, shown
from kemiao.app.demo_life import OPERATIONS, Life, lent, lived, staffed
from kemiao.app.demo_market import market
from kemiao.app.demo_portal import portal
from kemiao.app.door import Door
from kemiao.base.refusal import Refusal

DAY = "2024-07-01"
_MARK = ".kemiao-demo"
_REFUSED = 3
_CONSENT = "consent:KP-2024-001"  # the file number of the park's (invented) consent
_BUDGET = ("--budget", "1亿", "--min", "10万", "--max", "300万", "--rate", "3%..9%")


@dataclass(frozen=True, slots=True)
class Stage:
    out: Path
    companies: int
    seed: int

    @property
    def papers(self) -> Path:
        return self.out / "papers"

    @property
    def home(self) -> Path:
        return self.out / "home"

    @property
    def reports(self) -> Path:
        return self.out / "reports"


class CommandFailed(Exception):
    """A command of the demo that did not end well; its own message stands above."""


def run(
    cli: typer.Typer, door: Door, out: Path, companies: int, seed: int, months: int, port: int, *, stay: bool
) -> Refusal | None:
    """months: how long the loans are served after the day, on a virtual clock; 0 makes none. stay: the portal is served until Ctrl-C."""
    stage = Stage(out, companies, seed)
    refused = _clear(out)
    if refused is not None:
        return refused
    started = time.monotonic()
    typist = _Typist(cli, door)
    _say(
        door,
        "一个虚构的科技园,企业和数字都是生成的;不据此宣称任何准确率。",
        "An invented park: companies and figures are generated, and no accuracy is claimed on them.",
    )
    typist(
        "population", "make", "--companies", str(companies), "--seed", str(seed), "--day", DAY, "--out", stage.papers
    )
    typist("init", "--today", DAY, "--home", stage.home)
    apart = (stage.out / name for name in ("second-bank", "company", "auditor"))
    homes = Homes(stage.home, *apart, _company_on_chain(stage))
    life = Life(typist, out, stage.home, seed, date.fromisoformat(DAY))
    with shared_chain(typist, stage.out, homes, DAY) as served:
        staffed(life)
        consent = granted(typist, homes, DAY)
        first, decision = _worked(typist, stage, homes.company, consent)
        if months:
            lent(life, homes.acme, homes.company, typist.read("decisions", "--home", stage.home))
        market(life, served, stage.reports, typist.read("decisions", "--home", stage.home))
        shown(typist, stage.out, homes, consent)
    if months:
        lived(life, months, stage.papers)
    _where_to_look(door, stage, first, decision, time.monotonic() - started)
    owner = _can_borrow(typist, stage.home, homes.company) or first
    portal(door, typist, stage.home, owner, homes.company, out / "accounts.txt", port, stay=stay)
    return None


def _worked(typist: _Typist, stage: Stage, on_chain: str, consent: str) -> tuple[str, str]:
    """The bank's day, from the papers to the reports. Answers a company and its decision, to look at."""
    for name, *arguments in _imports(stage):
        basis = f"consent:{consent}" if on_chain in arguments else _CONSENT
        typist(
            "import",
            name,
            *arguments,
            *(("--basis", basis) if _by_consent(name) else ()),
            *_into_the_book(name),
            "--home",
            stage.home,
        )
    typist("quarantine", "list", "--home", stage.home)
    # Makes the reference that assess reads the technology grade against; a park of a few companies is refused one.
    graded = typist.tries("tech", "--all", "--home", stage.home)
    typist("assess", "--all", "--home", stage.home)
    typist("plan", *_BUDGET, "--home", stage.home, "--rows", "8")
    stage.reports.mkdir()
    typist("report", "--all", "--out", stage.reports / "all.pdf", "--home", stage.home)
    typist("report", "--all", "--out", stage.reports / "all.html", "--home", stage.home)
    decisions = typist.read("decisions", "--home", stage.home)
    examples = _examples(
        [row for row in decisions if row["company"] != on_chain]
    )  # which takes its consent back at the end
    for word, company in examples.items():
        typist("report", company, "--out", stage.reports / f"{word}.pdf", "--home", stage.home)
    first = next(iter(examples.values()))
    typist("report", first, "--lang", "en", "--out", stage.reports / "in-english.pdf", "--home", stage.home)
    typist("report", first, "--out", stage.reports / "report.html", "--home", stage.home)
    typist("company", "show", first, "--portrait", stage.reports / "portrait.svg", "--home", stage.home)
    if graded:
        typist("tech", first, "--home", stage.home)
    decision = next(row["decision_id"] for row in typist.read("decisions", first, "--home", stage.home))
    typist("replay", decision, "--home", stage.home)
    return first, decision


class _Typist:
    """Shows a command as it would be typed and runs it in this process, by the same command line."""

    def __init__(self, cli: typer.Typer, door: Door) -> None:
        self._command, self._lang = typer.main.get_command(cli), door.lang

    def __call__(self, *arguments: object) -> None:
        code = self._shown(*arguments)
        if code:
            raise CommandFailed(f"kemiao {' '.join(map(str, arguments))}: {code}")

    def tries(self, *arguments: object) -> bool:
        """Whether it was done; a refusal is shown as the user would see it, and the demo goes on."""
        code = self._shown(*arguments)
        if code not in (0, _REFUSED):
            raise CommandFailed(f"kemiao {' '.join(map(str, arguments))}: {code}")
        return code == 0

    def other(self, program: str, *arguments: object) -> None:
        """Another program that is installed beside this one."""
        words = [str(argument) for argument in arguments]
        sys.stdout.write(f"\n$ {program} {' '.join(words)}\n")
        sys.stdout.flush()
        beside = Path(sys.executable).with_name(program)
        if subprocess.run([str(beside), *words, "--lang", self._lang], check=False).returncode:  # noqa: S603 - our own program
            raise CommandFailed(f"{program} {' '.join(words)}")

    def _shown(self, *arguments: object) -> int:
        words = [str(argument) for argument in arguments]
        sys.stdout.write(f"\n$ kemiao {' '.join(words)}\n")
        sys.stdout.flush()
        return self._run([*words, *([] if "--lang" in words else ["--lang", self._lang])])

    def read(self, *arguments: object, refused: bool = False) -> list[dict[str, Any]]:
        """The JSON Lines of a command, unseen. refused: whether a refusal is an answer too."""
        with redirect_stdout(StringIO()) as said:
            code = self._run([*map(str, arguments), "--json"])
        if code and not (refused and code == _REFUSED):
            raise CommandFailed(f"kemiao {' '.join(map(str, arguments))}: {code}")
        return [json.loads(line) for line in said.getvalue().splitlines()]

    def _run(self, words: list[str]) -> int:
        return self._command.main(args=words, prog_name="kemiao", standalone_mode=False) or 0


def _imports(stage: Stage) -> Iterator[tuple[object, ...]]:
    """Each folder of papers through its map; a bank statement does not name its owner, so it is told whose it is."""
    manifest = json.loads((stage.papers / "manifest.json").read_text("utf-8"))
    by_map: dict[str, list[dict[str, Any]]] = {}
    for file in manifest["files"]:
        by_map.setdefault(file["map"], []).append(file)
    for name, papers in by_map.items():
        owned = [file for file in papers if "option" in file]
        for file in owned:
            yield name, stage.papers / file["path"], "--company", file["option"]["company"]
        folders = sorted({(stage.papers / file["path"]).parent for file in papers if "option" not in file})
        if folders:  # what happened after the day lies apart, in no map: it is not for the bank to see
            yield name, *folders


def _into_the_book(name: str) -> tuple[str, ...]:
    """The ledger of existing loans is brought into the book too, by an account."""
    return ("--as", OPERATIONS) if name == "own_loans" else ()


def _company_on_chain(stage: Stage) -> str:
    """One whose statement lies in a file of its own: a busy one, though not the busiest. What is decided of it is seen then."""
    manifest = json.loads((stage.papers / "manifest.json").read_text("utf-8"))
    own = [file for file in manifest["files"] if "company" in file.get("option", {})]
    busiest = sorted(own, key=lambda file: (-file["rows"], file["path"]))
    return str(busiest[min(1, len(busiest) - 1)]["option"]["company"])


def _by_consent(name: str) -> bool:
    """Whether a packaged map rests on a consent, whose file number the user has to give."""
    content = tomllib.loads(files("kemiao.data.maps").joinpath(f"{name}.toml").read_text("utf-8"))
    return str(content["basis"]).startswith("consent:")


def _can_borrow(typist: _Typist, home: Path, on_chain: str) -> str | None:
    """The approved company of the largest limit that can still ask for money today: whose owner has an account at the portal."""
    decisions = typist.read("decisions", "--home", home)
    approved = sorted((row for row in decisions if row["decision"] == "approve" and row["company"] != on_chain), key=lambda row: (-row["limit_fen"], row["company"]))  # fmt: skip
    wish = ("--product", "tech_credit", "--amount", "30万", "--months", "12", "--home", home)
    for row in approved:
        (tried,) = typist.read("product", "try", row["company"], *wish, refused=True)
        if tried.get("refused") is None:
            return str(row["company"])
    return None


def _examples(decisions: list[dict[str, Any]]) -> dict[str, str]:
    """One company of each outcome: the largest approval, the first referral, the first decline."""
    approved = sorted(
        (row for row in decisions if row["decision"] == "approve"), key=lambda row: (-row["limit_fen"], row["company"])
    )
    found = {"approve": approved[:1]} | {
        word: [row for row in decisions if row["decision"] == word][:1] for word in ("refer", "decline")
    }
    return {word: rows[0]["company"] for word, rows in found.items() if rows}


def _clear(out: Path) -> Refusal | None:
    """An earlier demo is removed, and only that."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / _MARK).is_file():
            return Refusal.at(
                "NOT_A_DEMO", "目录不为空,也不是上次的演示", "the folder is neither empty nor an earlier demo", out=out
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).touch()
    return None


def _say(door: Door, zh: str, en: str) -> None:
    sys.stdout.write(door.word(zh, en) + "\n")


def _where_to_look(door: Door, stage: Stage, company: str, decision: str, seconds: float) -> None:
    lines = [
        (f"用时 {seconds:.0f} 秒。看这里:", f"done in {seconds:.0f} s. Where to look:"),
        (f"  {stage.reports}/all.pdf        全部企业的汇总", f"  {stage.reports}/all.pdf        the summary of all companies"),
        (f"  {stage.reports}/approve.pdf    一份授信调查报告(网页版 report.html,英文版 in-english.pdf)", f"  {stage.reports}/approve.pdf    a credit investigation report (report.html as a page, in-english.pdf)"),
        (f"  {stage.reports}/portrait.svg   同一家企业与同业相比的 360° 画像", f"  {stage.reports}/portrait.svg   the same company's 360° portrait beside its peers"),
        (f"  {stage.reports}/market/page.html   密封撮合的结果:稳定匹配与最优配置", f"  {stage.reports}/market/page.html   the sealed call: the stable matching and the best allocation"),
        (f"  {stage.reports}/book.xlsx      贷款质量与监管报表;statement.pdf 客户对账单", f"  {stage.reports}/book.xlsx      quality of the book, for the regulator; statement.pdf a customer's"),
        ("  以下命令先 . .venv/bin/activate", "  for the commands below: . .venv/bin/activate"),
        (f"  kemiao assess {company} --home {stage.home}", f"  kemiao assess {company} --home {stage.home}"),
        (f"  kemiao trace {decision} --home {stage.home}", f"  kemiao trace {decision} --home {stage.home}"),
        (f"  kemiao loan list --home {stage.home}", f"  kemiao loan list --home {stage.home}"),
        (f"  kemiao chain log --last 20 --home {stage.home}", f"  kemiao chain log --last 20 --home {stage.home}"),
        (f"  {stage.reports}/decision-proof.json   给外人的证明:kemiao-verify 可独立核验", f"  {stage.reports}/decision-proof.json   a proof for strangers: kemiao-verify checks it alone"),
        (f"  kemiao quarantine list --home {stage.home}    被隔离的行及原因", f"  kemiao quarantine list --home {stage.home}    rows held back, and why"),
    ]  # fmt: skip
    sys.stdout.write("\n")
    for zh, en in lines:
        _say(door, zh, en)
