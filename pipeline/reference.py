"""Says where the reference files lie: in the installed package, else in the source tree."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent


def reference_folder() -> Path:
    """The folder of `divisions.csv`, `zones.csv` and their like."""
    installed = HERE / "_data" / "reference"
    return installed if installed.is_dir() else HERE.parent / "data" / "reference"
