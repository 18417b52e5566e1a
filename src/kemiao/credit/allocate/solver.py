"""HiGHS as we use it: silent, one thread, one seed, so that the same inputs give the same plan."""

from __future__ import annotations

from typing import Any

import highspy


class QuietHighs(highspy.Highs):  # type: ignore[misc]
    """Starts without the parent's own __init__: its callbacks print a banner on stdout, where a JSON document belongs.

    What needs those callbacks (subscribe, solve, interrupts) is not available; run() is.
    """

    def __init__(self, **options: float) -> None:
        super(highspy.Highs, self).__init__()
        settings: dict[str, Any] = {"output_flag": False, "threads": 1, "random_seed": 0, **options}
        for name, value in settings.items():
            self.setOptionValue(name, value)
