"""How fast and how robust reading is, measured on this machine: `python -m benchmarks`, `python -m benchmarks.fuzz`."""
