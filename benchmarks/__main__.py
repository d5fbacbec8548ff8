"""How fast reports are read on this machine, against the obvious alternatives in the same run.

python -m benchmarks
python -m benchmarks --files DIR --rounds 9
"""

from __future__ import annotations

if __name__ == "__main__":
    # Not above: the processes in which the alternatives are measured load this module, and should load no more.
    from benchmarks.comparison import main

    main()
