"""sign, at the company: a contract that a bank proposed on the chain. It is the very text of the file, or it is not signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kemiao.bank.chain_side import chain_of
from kemiao.bank.commands.consent import name_of, own_company
from kemiao.bank.lending import contract
from kemiao.bank.world import World
from kemiao.base.refusal import Outage, Refusal
from kemiao.chain.node import Accepted
from kemiao.chain.rules.contracts import seen

KIND = "contract_signed"


@dataclass(frozen=True, slots=True)
class ToSign:
    """file: as read and compared with the chain. bank: the name of who proposed it."""

    file: contract.ContractFile
    bank: str


def look(world: World, path: Path) -> ToSign | Refusal:
    """The contract of a file, once the chain has said that it is the one that was proposed to this company."""
    try:
        with path.open("rb") as file:
            read = contract.read_file(file.read(contract.FILE_BYTES + 1))
    except FileNotFoundError:
        return Refusal.at("NO_SUCH_FILE", "没有这个文件", "there is no such file", file=path)
    except OSError as error:
        raise Outage("CONTRACT_UNREADABLE", f"合同无法读取:{error.strerror}", f"the contract can't be read: {error.strerror}", {"file": path}) from error  # fmt: skip
    if isinstance(read, Refusal):
        return Refusal(read.code, read.zh, read.en, (("file", path.name), *read.where))
    chain = chain_of(world)
    chain.refresh()
    company = own_company(chain)
    if isinstance(company, Refusal):
        return company
    if read.chain != chain.chain:
        return Refusal.at("OTHER_CHAIN", "合同属于另一条链", "the contract belongs to another chain", file=path.name)
    found = seen(chain.node, read.entry, chain.today())
    if found is None:
        return Refusal.at("NO_SUCH_CONTRACT", "链上没有这份合同", "there is no such contract on the chain", contract=read.entry[:70])  # fmt: skip
    if found.value["company"] != company or read.document["company"] != company:
        return Refusal.at("OTHER_COMPANY", "合同写的是另一家企业", "the contract names another company", file=path.name)
    if found.value["commitment"] != contract.commitment(read.document) or read.document["bank"] != found.value["by"]:
        return Refusal.at("OTHER_TEXT", "文件与链上提出的合同不是同一份", "the file is not the contract that was proposed on the chain", file=path.name, contract=found.id)  # fmt: skip
    return ToSign(read, name_of(chain, found.value["by"]))


def sign(world: World, asked: ToSign) -> Accepted | Refusal:
    """The company's signature. The text is kept here first, sealed: what was signed can always be shown."""
    chain = chain_of(world)
    document, entry = asked.file.document, asked.file.entry
    mark = contract.commitment(document)
    if world.log.last(KIND, ref=entry) is None:
        with world.log.write() as tx:
            tx.append(KIND, str(document["company"]), entry, {"commitment": mark}, document)
    return chain.act("contract.sign", subject=str(document["company"]), body={"contract": entry}, commitment=mark)
