"""Attachments that are not written in Python: a .docx becomes a .doc, a PDF becomes the scan of one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from benchmarks.offices import Office
from tests.scans import Scanner, as_file, scan_pages

DPI = 200


def convert(offices: list[Office]) -> dict[str, int]:
    """Turns what can be turned on this machine, and counts it by kind; the rest stays what it was."""
    wanted = [(office, path, kind) for office in offices for path, kind in office.to_convert.items()]
    made = _old_word({(o.number, p): o.pages[p].data for o, p, kind in wanted if kind == "doc"})
    made |= {(o.number, p): _scanned(o.pages[p].data) for o, p, kind in wanted if kind == "scan"}
    for office, path, _ in wanted:
        data = made.get((office.number, path))
        if data is not None:
            office.pages[path] = replace(office.pages[path], data=data)
    return dict(Counter(kind for office, path, kind in wanted if (office.number, path) in made))


def _scanned(pdf: bytes) -> bytes:
    return as_file(list(scan_pages(pdf, Scanner(dpi=DPI))), DPI, "PDF")


def _old_word(files: dict[tuple[int, str], bytes]) -> dict[tuple[int, str], bytes]:
    """The files as Word 97 had them; none where there is no office suite."""
    office = shutil.which("soffice")
    if office is None or not files:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        names = {key: Path(folder) / f"{place}.docx" for place, key in enumerate(files)}
        for key, path in names.items():
            path.write_bytes(files[key])
        profile = f"-env:UserInstallation=file://{folder}/profile"
        told = [office, profile, "--headless", "--convert-to", "doc:MS Word 97", "--outdir", folder]
        subprocess.run([*told, *map(str, names.values())], check=True, capture_output=True, timeout=600)
        return {key: path.with_suffix(".doc").read_bytes() for key, path in names.items()}
