from __future__ import annotations

from hypothesis import settings

settings.register_profile("kemiao", deadline=None)  # shared machines stall: a deadline would only measure that
settings.load_profile("kemiao")
