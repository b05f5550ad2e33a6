from __future__ import annotations

import os

# Test processes and simulator workers already share the cores; torch reads this when it is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
