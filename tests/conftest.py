from __future__ import annotations

import os

import pytest

# Test processes and simulator workers already use all cores; torch reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest.register_assert_rewrite("tests.support.scripted_battle")  # for assertions that show the difference
