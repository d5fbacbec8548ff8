"""An error that has a code, so that `schemas/messages.csv` can put it into words in both languages."""

from __future__ import annotations

from functools import partial

from schemas.messages import Message, message


class CodedError(Exception):
    """Something that went wrong in a way a person can be told about.

    Attributes:
        code: A row of `schemas/messages.csv`.
        details: What the words' placeholders stand for; plain text and numbers, so that the error crosses
            process borders.
    """

    def __init__(self, code: str, **details: str | int | float) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    @property
    def message(self) -> Message:
        """The error as a message, checked against the catalogue."""
        return message(self.code, **self.details)

    def __str__(self) -> str:
        return self.message.text()

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), self.code, **self.details), ()
