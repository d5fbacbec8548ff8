"""How politely, how long and how much is fetched: one frozen value, from defaults and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from typing import Self

from schemas.messages import Message, message

PREFIX = "OGI_FETCH_"
VERSION = version("ogi-panel")


class SettingsError(ValueError):
    """A setting cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits and manners of fetching. Times are seconds, sizes bytes.

    Attributes:
        contact: A mail or web address by which a site's keeper reaches whoever runs this; sent with every
            request. Empty says so in the User-Agent.
        product: The name robots.txt files address, and the first word of the User-Agent.
        requests_per_second: To one host; a longer Crawl-delay of its robots.txt goes before.
        hosts_at_once: How many hosts are asked side by side; one request at a time to each.
        attempts: How often one address is asked when the failure may pass.
        wait_initial: Before the second attempt; doubles, with up to `wait_jitter` more, to `wait_max`.
        retry_after_limit: A longer Retry-After or Crawl-delay ends the attempt instead of being waited for.
        connect_timeout: For resolving the name, and for connecting.
        read_timeout: Between two pieces of an answer.
        deadline: For one whole answer, however it drips.
        max_bytes: Of one answer, before and after decompression.
        max_redirects: Followed for one address.
        host_failure_limit: After so many connection failures in a row a host is left alone for the run.
        allow_private: Lets private and loopback addresses be asked; for tests against a local server.
        max_pages: Pages of one listing walked by discovery.
        max_requests: Requests one discovery may make.
    """

    contact: str = ""
    product: str = "ogi-panel"
    requests_per_second: float = 1.0
    hosts_at_once: int = 16
    attempts: int = 3
    wait_initial: float = 2.0
    wait_max: float = 60.0
    wait_jitter: float = 2.0
    retry_after_limit: float = 120.0
    connect_timeout: float = 15.0
    read_timeout: float = 30.0
    deadline: float = 120.0
    max_bytes: int = 50_000_000
    max_redirects: int = 5
    host_failure_limit: int = 5
    allow_private: bool = False
    max_pages: int = 20
    max_requests: int = 200

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
                raise SettingsError(f"{name} = {value}, should not be negative")
        for name in ("requests_per_second", "hosts_at_once", "attempts", "deadline", "max_bytes"):
            if not getattr(self, name):
                raise SettingsError(f"{name} should be more than 0")
        if not (self.user_agent.isascii() and self.user_agent.isprintable()):
            raise SettingsError("contact and product go into a header: plain ASCII only")

    @property
    def user_agent(self) -> str:
        """Who asks, and how to reach them."""
        whom = self.contact or "no contact given"
        return f"{self.product}/{VERSION} (open government information research; {whom})"

    @property
    def remark(self) -> Message | None:
        """What the person who runs this should know before a site is asked; None for nothing."""
        return None if self.contact else message("no_contact")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Defaults, with what `OGI_FETCH_CONTACT`, `OGI_FETCH_REQUESTS_PER_SECOND` and so on say.

        Raises:
            SettingsError: A value that cannot be read, or a name that is no setting.
        """
        known = {field.name: field.type for field in fields(cls)}
        changes: dict[str, object] = {}
        for variable, text in environment.items():
            if not variable.startswith(PREFIX):
                continue
            name = variable.removeprefix(PREFIX).lower()
            if name not in known:
                raise SettingsError(f"{variable} is no setting; those are {', '.join(known)}")
            changes[name] = _read(variable, text, str(known[name]))
        return replace(cls(), **changes)  # type: ignore[arg-type]


def _read(variable: str, text: str, kind: str) -> object:
    try:
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"0": False, "false": False, "1": True, "true": True}[text.lower()]
            case _:
                return text
    except (ValueError, KeyError):
        raise SettingsError(f"{variable} = {text!r}, should be of type {kind}") from None
