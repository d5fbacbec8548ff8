"""Where things stand: the reference data and the sample that come with the project, and what a run makes."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_data"
_CHECKOUT = _PACKAGE.parent


def _shipped(name: str) -> Path:
    """A folder of `data/` as it is shipped: inside an installed package, else in the checkout."""
    installed = _INSTALLED / name
    return installed if installed.is_dir() else _CHECKOUT / "data" / name


def reference_folder() -> Path:
    """The folder of `divisions.csv`, `zones.csv` and their like, as they come with the project."""
    return _shipped("reference")


def reference_file(name: str) -> Path:
    """A file of the reference data: that of `$OGI_REFERENCE` where one stands there, else the project's own."""
    return reference_files().get(name, reference_folder() / name)


def reference_files() -> dict[str, Path]:
    """The files of the reference data, by name: those of `$OGI_REFERENCE` stand in the place of the project's own.

    So what people write can stand in a folder that upgrades do not touch, and the rest stays as it is shipped.
    """
    named = os.environ.get("OGI_REFERENCE")
    folders = [reference_folder(), *([Path(named)] if named else [])]
    return {path.name: path for folder in folders for path in sorted(folder.glob("*.csv"))}


def sample_folder() -> Path:
    """The folder of the embedded sample's report files."""
    return _shipped("sample") / "reports"


def data_folder() -> Path:
    """Where runs keep what they make: `$OGI_DATA`, else `data/` of the checkout, else of the working folder."""
    named = os.environ.get("OGI_DATA")
    if named:
        return Path(named)
    root = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
    return root / "data"


def archive_location(out: Path | None = None) -> str:
    """The archive of raw files, a folder or the address of an object store: `$OGI_ARCHIVE`, else `archive/`.

    Args:
        out: The folder that a run was told to write into; None where it was told none.
    """
    return os.environ.get("OGI_ARCHIVE") or str((out or data_folder()) / "archive")


def warehouse_folder() -> Path:
    """Where the warehouse stands unless a run is told otherwise: `$OGI_WAREHOUSE`, else `warehouse/`."""
    return Path(os.environ.get("OGI_WAREHOUSE") or data_folder() / "warehouse")


def corrections_file() -> Path:
    """The corrections of misprinted numbers: `$OGI_CORRECTIONS`, else `corrections.csv` beside what runs make."""
    named = os.environ.get("OGI_CORRECTIONS")
    return Path(named) if named else data_folder() / "corrections.csv"
