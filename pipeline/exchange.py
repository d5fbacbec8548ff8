"""A text flows in, the text with some of its characters written otherwise flows out.

`str.translate` looks up every character of a text that is not ASCII in a dictionary, which costs ten times as much
as finding the few that change; and every report's prose is folded several times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


class Exchange:
    """Writes characters otherwise, as `str.translate` does."""

    def __init__(self, written: Mapping[str, str]) -> None:
        """Takes what each character becomes.

        Args:
            written: By character what stands for it; empty to leave it out.

        Raises:
            ValueError: What stands for one character holds another one that changes.
        """
        if any(sign in written for signs in written.values() for sign in signs):
            raise ValueError("a character would be exchanged twice")
        self._written = dict(written)
        self._any = re.compile(f"[{''.join(map(re.escape, written))}]")

    def __call__(self, text: str) -> str:
        """The text with all of them exchanged."""
        for sign in set(self._any.findall(text)):
            text = text.replace(sign, self._written[sign])
        return text


DRAWN = Exchange(
    dict.fromkeys("｜│┃║￨", "|")
    | dict.fromkeys("─━═┄┈", "=")
    | dict.fromkeys("┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╪", "+")
)
"""What draws the sides of cells in lines of text, as `|`, `=` and `+`."""
