"""Which staged rows are new facts, later states of known ones, duplicates, or contradictions. By ids alone, in DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

TAKEN, DUPLICATE, CONTRADICTS, CHANGED, HELD = range(5)  # the last three wait in quarantine

NOTHING_KNOWN = "SELECT NULL::BLOB AS fact_id, NULL::BLOB AS content_id, 0::INTEGER AS revision WHERE false"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Ids of one stage in the order of its rows, in a table of the connection: position, fact_id, content_id.

    revise: whether another content under a known key is its later state (else it contradicts).
    """

    file: int
    rows: int
    revise: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """For each row of a stage: what it is, its revision when taken, and whether another *file* said the same before."""

    verdict: np.ndarray[Any, np.dtype[np.int8]]
    revision: np.ndarray[Any, np.dtype[np.int32]]
    confirms: np.ndarray[Any, np.dtype[np.bool_]]


class Judge:
    """One table of facts of one import. known: SQL of (fact_id, content_id, revision) of the lake."""

    def __init__(self, scratch: Path, memory_limit: str = "1GB") -> None:
        import duckdb

        self._connection = duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": str(scratch)})
        self._stages: list[Candidates] = []
        self._connection.execute("CREATE TABLE ids (stage INTEGER, position BIGINT, fact_id BLOB, content_id BLOB)")

    @property
    def connection(self) -> Any:
        return self._connection

    def stage(self, candidates: Candidates) -> int:
        self._stages.append(candidates)
        return len(self._stages) - 1

    def add(self, stage: int, ids: pa.Table) -> None:
        """ids: position, fact_id, content_id."""
        self._connection.register("batch_ids", ids)
        self._connection.execute(
            f"INSERT INTO ids SELECT {int(stage)}, position, fact_id, content_id FROM batch_ids"  # noqa: S608 - a whole number
        )

    def verdicts(self, known: str, rows: Sequence[int]) -> list[Verdicts]:
        """rows: how many each stage has. Everything is new but for the exceptions that the queries below name."""
        found = [
            Verdicts(np.zeros(count, np.int8), np.zeros(count, np.int32), np.zeros(count, np.bool_)) for count in rows
        ]
        self._prepare(known)
        for stage, positions, verdict, revision, confirms in self._exceptions():
            found[stage].verdict[positions] = verdict
            found[stage].revision[positions] = revision
            found[stage].confirms[positions] = confirms
        return found

    def close(self) -> None:
        self._connection.close()

    def _prepare(self, known: str) -> None:
        run = self._connection.execute
        run(f"CREATE TEMP TABLE known AS SELECT * FROM ({known}) SEMI JOIN ids USING (fact_id)")  # noqa: S608 - the lake's own
        run(
            "CREATE TEMP TABLE cases AS SELECT ids.* FROM ids WHERE fact_id IN"
            " (SELECT fact_id FROM ids GROUP BY fact_id HAVING count(*) > 1 UNION ALL SELECT fact_id FROM known)"
        )
        files = ", ".join(f"({stage}, {part.file}, {part.revise})" for stage, part in enumerate(self._stages))
        run(
            f"CREATE TEMP TABLE stages AS SELECT * FROM (VALUES {files or '(0, 0, true)'}) v(stage, file, revise)"  # noqa: S608 - numbers and booleans
        )

    def _exceptions(self) -> list[tuple[int, Any, Any, Any, Any]]:
        """Cases in the order of the import. The first row of each content of a fact is a state; the others repeat it."""
        reader = self._connection.sql(
            f"""
            WITH placed AS (SELECT cases.*, stages.file, stages.revise FROM cases JOIN stages USING (stage)),
            first_rows AS (
                SELECT fact_id, content_id, file, revise, stage, position,
                    row_number() OVER (PARTITION BY fact_id, content_id ORDER BY stage, position) AS nth,
                    first_value(file) OVER (PARTITION BY fact_id, content_id ORDER BY stage, position) AS first_file,
                    row_number() OVER (PARTITION BY fact_id, content_id, stage ORDER BY position) AS nth_here
                FROM placed
            ),
            newest AS (SELECT fact_id, max(revision) AS revision FROM known GROUP BY fact_id),
            held AS (SELECT DISTINCT fact_id, content_id, true AS held FROM known),
            states AS (
                SELECT first_rows.*, newest.revision AS newest, coalesce(held.held, false) AS held,
                    -- the how-manieth different content of this fact inside its own sheet
                    count(*) FILTER (nth_here = 1) OVER (PARTITION BY fact_id, stage ORDER BY position) AS contents_here
                FROM first_rows LEFT JOIN newest USING (fact_id) LEFT JOIN held USING (fact_id, content_id)
            ),
            judged AS (
                SELECT *, CASE
                    WHEN held OR nth > 1 THEN {DUPLICATE}
                    WHEN contents_here > 1 THEN {CONTRADICTS}
                    ELSE {TAKEN} END AS verdict
                FROM states
            ),
            counted AS (
                SELECT *, count(*) FILTER (verdict = {TAKEN})
                    OVER (PARTITION BY fact_id ORDER BY stage, position) AS nth_state
                FROM judged
            )
            SELECT stage, position,
                (CASE WHEN verdict = {TAKEN} AND NOT revise AND (newest IS NOT NULL OR nth_state > 1)
                    THEN {CHANGED} ELSE verdict END)::TINYINT AS verdict,
                (CASE WHEN verdict = {TAKEN} THEN coalesce(newest + 1, 0) + nth_state - 1 ELSE 0 END)::INTEGER AS revision,
                (verdict = {DUPLICATE} AND (held OR file <> first_file)) AS confirms
            FROM counted
            """  # noqa: S608 - whole numbers
        ).to_arrow_reader(100_000)
        found = []
        for batch in reader:
            stages = batch["stage"].to_numpy(zero_copy_only=False)
            columns = [
                batch[name].to_numpy(zero_copy_only=False) for name in ("position", "verdict", "revision", "confirms")
            ]
            for stage in np.unique(stages):
                here = stages == stage
                position, verdict, revision, confirms = (column[here] for column in columns)
                found.append((int(stage), position, verdict, revision, confirms))
        return found


def settled_by(connection: Any, waiting: Mapping[bytes, tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Places in quarantine whose fact has come again among the ids of this import."""
    if not waiting:
        return []
    connection.register("waiting_ids", pa.table({"fact_id": pa.array(list(waiting), pa.binary())}))
    rows = connection.execute("SELECT DISTINCT fact_id FROM ids SEMI JOIN waiting_ids USING (fact_id)").fetchall()
    return [waiting[bytes(row[0])] for row in rows]
