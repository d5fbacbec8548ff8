"""Files that only an office suite reads flow in, by the batch; what LibreOffice makes of each, a .docx, flows out.

LibreOffice is no part of the installation: where it is missing, such files stay failures that name their type.
Starting it takes a second, and each file a tenth of one more, so that files are given to it together.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from pipeline.readers.sniff import DOC, ODT, RTF, WORD_XML

PROGRAMS = ("soffice", "libreoffice")
BATCH = 20
"""Files that are given to LibreOffice at once."""
SECONDS = 120
"""By the clock, for a batch; of one that takes longer, each file is tried by itself, for half as long."""
MEMORY = 4_000_000_000
"""Bytes of address space."""
WRITTEN = 200_000_000
"""Bytes that a file it writes may have."""
_FAILURES: Mapping[str, frozenset[str]] = {
    DOC: frozenset({"damaged", "unsupported_type"}),
    **dict.fromkeys((RTF, ODT, WORD_XML), frozenset({"unsupported_type"})),
}
"""How the files of a type fail that LibreOffice may read yet."""
CODES = frozenset().union(*_FAILURES.values())
"""All of these."""
_TARGET = "docx:MS Word 2007 XML"
_SETTINGS = """\
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{items}</oor:items>
"""
_ITEM = """\
<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>
"""
_CLOSED = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    *(
        ("Inet/Settings", f"ooInet{kind}Proxy{what}", value)
        for kind in ("HTTP", "HTTPS", "FTP")
        for what, value in (("Name", "127.0.0.1"), ("Port", "9"))
    ),
)
"""Nothing that a file brings along is run, and nothing that it names is fetched: the proxy is nobody's address."""


@cache
def program() -> str | None:
    """Where LibreOffice is installed; None where it is not."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def reads_further(media_type: str) -> bool:
    """Whether what is read of files of a type may come from LibreOffice on this machine."""
    return media_type in _FAILURES and program() is not None


def may_read(media_type: str, code: str) -> bool:
    """Whether LibreOffice is at hand and may read what failed.

    Args:
        media_type: What the file is, as its bytes tell.
        code: Why it could not be read.
    """
    return code in _FAILURES.get(media_type, frozenset()) and program() is not None


def convert(files: Sequence[tuple[Path, Path]]) -> list[bool]:
    """Has LibreOffice make a .docx of each file.

    Args:
        files: Where each is, and where its .docx is to be written.

    Returns:
        Whether each was made. One that LibreOffice hangs or dies of costs no other.
    """
    made, has_ended = _convert(files, SECONDS)
    if len(files) == 1 or has_ended:
        return made
    return [
        is_made or _convert([file], SECONDS // 2)[0][0] for is_made, file in zip(made, files, strict=True)
    ]


def _convert(files: Sequence[tuple[Path, Path]], seconds: int) -> tuple[list[bool], bool]:
    """Whether each file was made, and whether LibreOffice came to the end of them."""
    office = program()
    if office is None:
        return [False] * len(files), True
    with tempfile.TemporaryDirectory(prefix="ogi-office-") as folder:
        here = Path(folder)
        names = [here / f"{place}.doc" for place in range(len(files))]
        for name, (source, _) in zip(names, files, strict=True):
            shutil.copyfile(source, name)  # Under a name of ours: one that begins with a dash is an option.
        has_ended = _run([office, *_options(here), *map(str, names)], here, seconds)
        made = [
            _moved(here / "out" / f"{name.stem}.docx", place)
            for name, (_, place) in zip(names, files, strict=True)
        ]
        return made, has_ended


def _options(folder: Path) -> list[str]:
    """How LibreOffice is called: with a profile of its own, since only one of it can use another."""
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _CLOSED)
    settings.write_text(_SETTINGS.format(items=items), encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    return [
        profile, "--headless", "--norestore", "--convert-to", _TARGET, "--outdir", str(folder / "out"),
    ]  # fmt: skip


def _run(command: Sequence[str], folder: Path, seconds: int) -> bool:
    """Runs LibreOffice, and tells whether it came to its end; what it wrote counts in any case."""
    process = subprocess.Popen(  # noqa: S603 - the program is found by its name, the files have names of ours
        command,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _bound(process.pid, seconds)
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        # What it started goes with it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _bound(pid: int, seconds: int) -> None:
    """Bounds a process and what it starts, where the system can do that from outside."""
    if not hasattr(resource, "prlimit"):
        return
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(pid, what, (limit, limit))


def _moved(made: Path, place: Path) -> bool:
    if not made.is_file() or made.stat().st_size == 0:
        return False
    shutil.move(made, place)
    return True
