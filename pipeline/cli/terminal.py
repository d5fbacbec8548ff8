"""Saying things to a person: lines and progress on stderr, tables on stdout, colours on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from schemas.messages import Language, Message

if TYPE_CHECKING:
    from rich.console import Console

WRONG_USAGE = 2

archive_option = click.option(
    "--archive",
    help="The archive of raw files: a folder, or s3://…, gs://…, az://… (default: $OGI_ARCHIVE, else data/archive).",
)
"""The option of every command that takes raw files from the archive or puts them there."""


def say(text: str) -> None:
    """Tells a person something."""
    click.echo(text, err=True)


def one_line(text: str) -> str:
    """A name with line breaks and other unprintable characters spelled out."""
    return text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text


def safe(row: Iterable[Any]) -> list[Any]:
    """A CSV row in which no text can be taken for a formula by a spreadsheet."""
    return [f"'{v}" if isinstance(v, str) and v[:1] in ("=", "@", "\t", "\r") else v for v in row]


def fail(words: Message, lang: Language) -> NoReturn:
    """Says what is wrong and ends with the code for wrong usage."""
    say(words.text(lang))
    sys.exit(WRONG_USAGE)


def console() -> Console:
    """Where tables go: as wide as the terminal, or as wide as they need where output is no terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=10_000, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            task = tasks.setdefault(stage, None)
            if task is None:
                task = tasks[stage] = bar.add_task(stage, total=total)
            bar.update(task, completed=done, total=total)

        yield advance
