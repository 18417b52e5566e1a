"""Two hundred kills of a node at any moment: every acknowledged entry is there, and the file is a prefix of what was sent."""

from __future__ import annotations

import pytest

from chain.test_node_faults import kill_many_times

KILLS = 200


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_acknowledged(tmp_path) -> None:
    told = kill_many_times(tmp_path, KILLS)
    print(f"{KILLS} kills: {told} acknowledged entries, all there")
