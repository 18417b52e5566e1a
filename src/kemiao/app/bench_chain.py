"""The node's figures beside the machine's own: signatures that it can check, what a flush takes. Decision 020.

Both sides run one after the other in the same folder on the same cores; what disturbs one disturbs the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from kemiao.app.bench_chain_cast import Cast
from kemiao.base.refusal import BrokenInvariant

ENTRIES, ALONE, STATE, LEAVES, QUERIES, PROOFS = 100_000, 2_000, 5_000_000, 1_000_000, 50_000, 200_000
_GROUP = 500
_CALLERS = 8  # that submit at once, as a server's threads do


def bench_chain(data: Path | None, folder: Path, divided_by: int) -> Iterable[dict[str, Any]]:
    """Rows of {what, …}. folder: scratch on the disk that is measured. data: real data for the facts of batches, or None."""
    from kemiao.app.bench_chain_batches import bench_batches
    from kemiao.app.bench_chain_import import bench_import_on_chain
    from kemiao.app.bench_chain_reading import bench_reading

    raw = {}
    for suite, share in (("ed25519", 1), ("sm2", 5)):
        raw[suite] = _raw(suite, ENTRIES // divided_by // share)
        yield {"what": "signatures checked on all cores, raw", "suite": suite, **raw[suite]}
        made = _accepted(folder / f"{suite}.db", suite, ENTRIES // divided_by // share)
        yield {**made, "reach": 0.6, "of_raw": round(made["per_second"] / raw[suite]["per_second"], 2)}
        found = _audited(folder / f"{suite}.db")
        yield {
            "suite": suite,
            **found,
            "reach": 0.5,
            "of_raw": round(found["per_second"] / raw[suite]["per_second"], 2),
        }
    yield _alone(folder, ALONE // min(divided_by, 4))
    yield from _queries(folder, STATE // divided_by, QUERIES // divided_by)
    yield from _proofs(folder, LEAVES // divided_by, PROOFS // divided_by)
    yield from bench_batches(data, folder, divided_by)
    yield from bench_import_on_chain(data, folder, divided_by)
    yield from bench_reading(data, folder, divided_by)


def _pool() -> Any:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from kemiao.chain.checking import cores

    return ProcessPoolExecutor(cores(), get_context("spawn"))


def _raw(suite: str, count: int) -> dict[str, Any]:
    """The signature check alone, the same key and message again and again, in a process for each core."""
    from kemiao.chain.checking import cores

    share = max(500, count // cores())
    with _pool() as pool:
        list(pool.map(verified, [suite] * cores(), [50] * cores()))  # started and warm
        rates = list(pool.map(verified, [suite] * cores(), [share] * cores()))
    return {"count": share * cores(), "cores": cores(), "per_second": round(sum(rates))}


def verified(suite: str, count: int) -> float:
    """Checks a second, in this process."""
    from kemiao.base.signing import signer_from_seed, verify
    from kemiao.chain.entry import signed_bytes

    signer = signer_from_seed(suite, bytes(31) + b"\1")
    message = signed_bytes("0f" * 32)
    signature, public = signer.sign(message), signer.public
    start = perf_counter()
    good = sum(verify(suite, public, message, signature) for _ in range(count))
    if good != count:
        raise BrokenInvariant("a good signature did not hold")
    return count / (perf_counter() - start)


def _accepted(path: Path, suite: str, count: int) -> dict[str, Any]:
    """A signature each, in groups, by callers at once; each answer comes when its group is durable."""
    cast = Cast(suite)
    with _pool() as pool:
        per_author = max(1, count // len(cast.authors))
        entries = list(pool.map(cast.entries, cast.authors, [per_author] * len(cast.authors)))
    node = cast.node(path)
    warm = node.submit(cast.entries("warm-up", 300)).results  # the processes that check are started
    shares = [[content for author in entries[caller::_CALLERS] for content in author] for caller in range(_CALLERS)]
    refused: list[object] = [one for one in warm if not hasattr(one, "index")]

    def send(share: list[bytes]) -> None:
        for start in range(0, len(share), _GROUP):
            answers = node.submit(share[start : start + _GROUP]).results
            refused.extend(one for one in answers if not hasattr(one, "index"))

    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = perf_counter() - start
    sent = sum(map(len, shares))
    node.close()
    if refused:
        raise BrokenInvariant(f"{len(refused)} entries were refused: {refused[0]}")
    return {
        "what": "accepted and durable, a signature each", "suite": suite, "count": sent, "group": _GROUP, "callers": _CALLERS,
        "entries": "half attestations, half lineage", "bytes_each": len(shares[0][0]), "seconds": round(seconds, 2), "per_second": round(sent / seconds),
    }  # fmt: skip


def _audited(path: Path) -> dict[str, Any]:
    from kemiao.chain.audit import Audited, audit

    start = perf_counter()
    found = audit(path)
    seconds = perf_counter() - start
    if not isinstance(found, Audited):
        raise BrokenInvariant(f"the audit found {found.code}")
    return {"what": "audit", "count": found.size, "seconds": round(seconds, 2), "per_second": round(found.size / seconds)}  # fmt: skip


def _alone(folder: Path, count: int) -> dict[str, Any]:
    """One entry, then its durable receipt; a flush of 4 KiB in the same folder after each, by turns."""
    import os

    cast = Cast("ed25519")
    entries = cast.entries(cast.authors[0], count)
    node = cast.node(folder / "alone.db")
    file = os.open(folder / "flushed", os.O_CREAT | os.O_WRONLY, 0o600)
    took, flushed = [], []
    try:
        for content in entries:
            start = perf_counter()
            receipt = node.submit([content]).receipt
            took.append(perf_counter() - start)
            if receipt is None:
                raise BrokenInvariant("an entry was refused")
            os.write(file, bytes(4096))
            start = perf_counter()
            os.fsync(file)
            flushed.append(perf_counter() - start)
    finally:
        os.close(file)
        node.close()
    p50, p99, fsync_p50, fsync_p99 = (1000 * each for each in (*_percentiles(took), *_percentiles(flushed)))
    return {
        "what": "one entry, submitted → durable receipt", "count": count, "p50_ms": round(p50, 2), "p99_ms": round(p99, 2),
        "fsync_p50_ms": round(fsync_p50, 2), "fsync_p99_ms": round(fsync_p99, 2), "reach": "p99 under 3 × fsync + 2 ms",
        "reach_ms": round(3 * fsync_p50 + 2, 2),
    }  # fmt: skip


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def _queries(folder: Path, keys: int, queries: int) -> Iterable[dict[str, Any]]:
    """Is a consent good, is a thing encumbered: over so many consents and rights, in a process that does nothing else."""
    from kemiao.app.bench_chain_state import ask, load_state

    start = perf_counter()
    loaded = load_state(folder / "state.db", keys)
    seconds = perf_counter() - start
    size = (folder / "state.db").stat().st_size
    with _pool() as pool:
        for what in ("consent", "encumbered"):
            found = pool.submit(ask, folder / "state.db", what, loaded, queries).result()
            yield {
                "what": f"state query: {what}", "keys": keys, **found, "file_mb": size >> 20, "loaded_in_bulk_s": round(seconds, 1),
                "reach": "p99 under 1 ms, under 2 GB",
            }  # fmt: skip
    (folder / "state.db").unlink()


def _proofs(folder: Path, leaves: int, proofs: int) -> Iterable[dict[str, Any]]:
    from kemiao.app.bench_chain_state import check_proofs, grow_tree, make_proofs
    from kemiao.chain.checking import cores

    path = folder / "tree.db"
    root = grow_tree(path, leaves)
    share = proofs // cores()
    seeds = range(cores())
    with _pool() as pool:
        for what, function, reach in (("made", make_proofs, 30_000), ("checked", check_proofs, 60_000)):
            rates = list(pool.map(function, [path] * cores(), [root] * cores(), [leaves] * cores(), [share] * cores(), seeds))  # fmt: skip
            yield {
                "what": f"inclusion proofs {what}", "leaves": leaves, "count": share * cores(), "cores": cores(),
                "per_second": round(sum(rates)), "reach": reach,
            }  # fmt: skip
    path.unlink()
