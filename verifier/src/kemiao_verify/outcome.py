"""The two ways in which a check does not end with a proof."""

from __future__ import annotations


class NotProved(Exception):
    """The file proves nothing. code is stable; the words are for people."""

    def __init__(self, code: str, zh: str, en: str, **where: object) -> None:
        super().__init__(f"{code}: {en}")
        self.code, self.zh, self.en = code, zh, en
        self.where = {name: str(value) for name, value in where.items()}

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "zh": self.zh, "en": self.en, "where": self.where}


class SuiteMissing(Exception):
    """An SM2 signature has to be checked and no libcrypto that can is on this machine: nothing is known either way."""

    zh = "文件中有 SM2 签名,而本机没有支持 SM2 的 libcrypto(OpenSSL 3 或更新),无法核验"
    en = "the file has an SM2 signature, and this machine has no libcrypto (OpenSSL 3 or later) that can check it"


def malformed(part: str) -> NotProved:
    return NotProved("MALFORMED_PROOF", "证明文件的格式不对", "the proof file is malformed", part=part)
