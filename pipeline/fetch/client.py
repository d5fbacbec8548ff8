"""An address flows in, the answer flows out: one polite request after the other to a host.

The client names itself, keeps to robots.txt and to a rate per host, waits as long as it is asked to, tells
a refusal apart from content and never tries to get around one. It keeps no cookies, follows redirects one by
one and connects only to the very address it has checked.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache, partial
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin

import httpx
import stamina
from aiolimiter import AsyncLimiter
from protego import Protego

from pipeline.fetch.addresses import resolve
from pipeline.fetch.answer import (
    Answer,
    FetchError,
    Validators,
    header_bytes,
    seconds_to_wait,
)
from pipeline.fetch.body import read_body
from pipeline.fetch.outcomes import raise_for_outcome
from pipeline.fetch.settings import FetchSettings

NO_VALIDATORS = Validators()
ADDRESSES_TRIED = 3
ERROR_PAGE_BYTES = 200_000
ROBOTS_BYTES = 512_000
URL_LENGTH = 4_000
ACCEPT = "text/html,application/xhtml+xml,application/pdf,application/msword,*/*;q=0.8"
REDIRECTS = frozenset((301, 302, 303, 307, 308))


# Where structlog is installed, as Dagster's packages do, stamina would print to standard output.
stamina.instrumentation.set_on_retry_hooks([stamina.instrumentation.LoggingOnRetryHook])


@dataclass(slots=True)
class _Site:
    """What is known of one origin in this run: its robots.txt, or why that cannot be read."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    robots: Protego | FetchError | None = None


class Client:
    """Fetches addresses politely; use it as `async with Client(settings) as client`."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        # Without kept connections no connection of one name is ever used for another name at its address.
        self._transport = httpx.AsyncHTTPTransport(
            verify=_tls_settings(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        self._limiters: dict[str, AsyncLimiter] = {}
        self._sites: dict[str, _Site] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def fetch(self, url: str, known: Validators = NO_VALIDATORS) -> Answer:
        """The content at an address, after redirects and, where a failure may pass, further attempts.

        Args:
            url: An http or https address.
            known: The validators of what is already held; with them the answer may be `not_modified`.

        Raises:
            FetchError: Anything but content, by name.
        """
        return await self._persist(partial(self._fetch_once, url, known))

    async def _fetch_once(self, url: str, known: Validators) -> Answer:
        answer = await self._follow(url, known, obey=True)
        if answer.not_modified and not known.headers(answer.final_url):
            raise FetchError("http_error", status=answer.status)  # “Unchanged” was not asked for.
        try:
            raise_for_outcome(answer)
        except FetchError as error:
            error.after = seconds_to_wait(answer.header("retry-after"), time.time())
            raise
        return answer

    async def _persist(self, once: Callable[[], Awaitable[Answer]]) -> Answer:
        settings = self.settings
        attempts = stamina.retry_context(
            on=self._wait_after,
            attempts=settings.attempts,
            timeout=None,
            wait_initial=settings.wait_initial,
            wait_max=settings.wait_max,
            wait_jitter=settings.wait_jitter,
        )
        async for attempt in attempts:
            with attempt:
                return await once()
        raise AssertionError("an attempt returns or raises")

    def _wait_after(self, error: Exception) -> bool | float:
        """Whether to try again, or after how many seconds where the site names them."""
        if not isinstance(error, FetchError) or not error.is_transient:
            return False
        if error.after is None:
            return True
        return error.after if error.after <= self.settings.retry_after_limit else False

    async def _follow(self, url: str, known: Validators, *, obey: bool) -> Answer:
        """The answer that stands at the end of the redirects; `obey` asks robots.txt at every step."""
        target, seen = _checked(url), {url}
        for hop in range(self.settings.max_redirects + 1):
            try:
                if obey:
                    await self._ask_robots(target)
                answer = await self._ask(url, target, known, page=obey)
            except FetchError as error:
                raise _placed(error, str(target), is_redirect=hop > 0) from error.__cause__
            location = _location(answer)
            if location is None:
                return answer
            target = _redirected(target, location)
            if str(target) in seen:
                raise FetchError("redirect_loop", target=str(target))
            seen.add(str(target))
        raise FetchError("too_many_redirects", limit=self.settings.max_redirects)

    async def _ask(self, url: str, target: httpx.URL, known: Validators, *, page: bool) -> Answer:
        """One request and its whole answer, once the host's rate allows it."""
        await self._limiter(target.host).acquire()
        limit = self.settings.max_bytes if page else ROBOTS_BYTES
        try:
            async with asyncio.timeout(self.settings.deadline):
                return await self._exchange(url, target, known.headers(str(target)), limit, cut=not page)
        except TimeoutError:
            raise FetchError("deadline_exceeded", seconds=self.settings.deadline) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _transport_error(error, target.host, self.settings) from error

    async def _exchange(
        self, url: str, target: httpx.URL, extra: dict[str, str], limit: int, *, cut: bool
    ) -> Answer:
        response = await self._connect(target, extra)
        try:
            data = await _content(response, limit, cut=cut)
        finally:
            await response.aclose()
        return Answer(url, str(target), response.status_code, tuple(response.headers.raw), data)

    async def _connect(self, target: httpx.URL, extra: dict[str, str]) -> httpx.Response:
        """The head of the answer, from the first of the host's addresses that takes the connection."""
        host = target.raw_host.decode("ascii")
        port = target.port or (443 if target.scheme == "https" else 80)
        addresses = await resolve(
            host,
            port,
            allow_private=self.settings.allow_private,
            seconds=self.settings.connect_timeout,
        )
        failure: httpx.TransportError | None = None
        for address in addresses[:ADDRESSES_TRIED]:
            request = self._request(target, address, host, extra)
            try:
                response = await self._transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
                if _tls_reason(error):
                    break
                continue
            response.request = request
            return response
        raise failure or FetchError("dns_error", host=host, reason="no address")

    def _request(self, target: httpx.URL, address: str, host: str, extra: dict[str, str]) -> httpx.Request:
        settings = self.settings
        headers = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": settings.user_agent,
            "Accept": ACCEPT,
            "Accept-Language": "zh-CN,zh;q=0.9",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        timeouts = {"connect": settings.connect_timeout, "read": settings.read_timeout}
        extensions = {
            "sni_hostname": host,
            "timeout": timeouts | {"write": settings.read_timeout, "pool": None},
        }
        return httpx.Request(
            "GET", target.copy_with(host=address), headers=headers | extra, extensions=extensions
        )

    def _limiter(self, host: str) -> AsyncLimiter:
        return self._limiters.setdefault(host, AsyncLimiter(1, 1 / self.settings.requests_per_second))

    async def _ask_robots(self, target: httpx.URL) -> None:
        """Returns when the site's robots.txt allows the address; it is read once a run."""
        site = self._sites.setdefault(f"{target.scheme}://{target.netloc.decode('ascii')}", _Site())
        async with site.lock:
            if site.robots is None:
                try:
                    site.robots = await self._read_robots(target)
                except FetchError as error:
                    site.robots = _settled(error)
        if isinstance(site.robots, FetchError):
            raise _copied(site.robots)
        if not site.robots.can_fetch(str(target), self.settings.product):
            raise FetchError("robots_denied")

    async def _read_robots(self, target: httpx.URL) -> Protego:
        """The rules of a site (RFC 9309: none where it has no such file, no access where it fails)."""
        address = str(target.copy_with(raw_path=b"/robots.txt"))
        answer = await self._persist(partial(self._robots_once, address))
        text = answer.data.decode("utf-8-sig", "replace") if answer.status == 200 else ""
        robots = Protego.parse(text)
        delay = robots.crawl_delay(self.settings.product)
        if delay is not None:
            await self._slow_down(target.host, delay)
        return robots

    async def _robots_once(self, address: str) -> Answer:
        answer = await self._follow(address, NO_VALIDATORS, obey=False)
        if answer.status == 429 or answer.status >= 500:
            error = FetchError(
                "rate_limited" if answer.status == 429 else "server_error", status=answer.status
            )
            error.http_status = answer.status
            error.after = seconds_to_wait(answer.header("retry-after"), time.time())
            raise error
        return answer

    async def _slow_down(self, host: str, delay: float) -> None:
        limit = self.settings.retry_after_limit
        if delay > limit:
            raise FetchError("crawl_delay_too_long", seconds=delay, limit=limit)
        if delay > 1 / self.settings.requests_per_second:
            self._limiters[host] = AsyncLimiter(1, delay)
            await self._limiters[host].acquire()  # The request for robots.txt was one already.


async def _content(response: httpx.Response, limit: int, *, cut: bool) -> bytes:
    """The body; of an error or a redirect the beginning, if it can be read: its status says enough."""
    if response.status_code == 304:
        return b""
    if response.status_code < 300:
        return await read_body(response, limit, cut=cut)
    try:
        return await read_body(response, min(limit, ERROR_PAGE_BYTES), cut=True)
    except FetchError:
        return b""


@cache
def _tls_settings() -> ssl.SSLContext:
    """Certificates are always checked; reading the list of authorities takes long, so it is done once."""
    return httpx.create_ssl_context()


def _checked(url: str) -> httpx.URL:
    """The address, if it is one that is fetched."""
    try:
        target = httpx.URL(url)
        target.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError("url_forbidden", reason=str(error)) from error
    if target.scheme not in ("http", "https"):
        raise FetchError("url_forbidden", reason=f"scheme {target.scheme!r}, should be http or https")
    if not target.host or target.userinfo or len(url) > URL_LENGTH:
        raise FetchError("url_forbidden", reason="no host, a user name, or too long")
    return target.copy_with(fragment=None)


def _location(answer: Answer) -> str | None:
    raw = header_bytes(answer.headers, "location") if answer.status in REDIRECTS else None
    # Bytes beyond ASCII are kept as they came: the server knows its own encoding.
    return None if raw is None else quote(raw.strip(), safe=":/?#[]@!$&'()*+,;=%~")


def _redirected(target: httpx.URL, location: str) -> httpx.URL:
    try:
        return _checked(urljoin(str(target), location))
    except (FetchError, ValueError) as error:
        raise FetchError("redirect_forbidden", target=location[:200], reason=_reason(error)) from error


def _placed(error: FetchError, target: str, *, is_redirect: bool) -> FetchError:
    """The error with the address that failed."""
    if is_redirect and error.code == "address_forbidden":
        return FetchError("redirect_forbidden", target=target, reason=str(error))
    error.final_url = error.final_url or target
    return error


def _settled(error: FetchError) -> FetchError:
    """What a failure to read robots.txt means for every address of the site."""
    if error.code in ("rate_limited", "server_error") or error.code.startswith(("redirect", "too_many")):
        status = error.http_status
        error = FetchError("robots_unavailable", reason=_reason(error))
        error.http_status = status
    error.settled = True
    return error


def _copied(error: FetchError) -> FetchError:
    """A fresh error to raise: one that is raised again and again gathers the traces of all."""
    fresh = FetchError(error.code, **error.details)
    fresh.settled, fresh.http_status = error.settled, error.http_status
    return fresh


def _transport_error(error: Exception, host: str, settings: FetchSettings) -> FetchError:
    if isinstance(error, httpx.ConnectTimeout):
        return FetchError("timeout", seconds=settings.connect_timeout)
    if isinstance(error, httpx.TimeoutException):
        return FetchError("timeout", seconds=settings.read_timeout)
    tls_reason = _tls_reason(error)
    if tls_reason:
        return FetchError("tls_error", host=host, reason=tls_reason)
    if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)):
        return FetchError("incomplete_body", reason=_reason(error))
    return FetchError("connection_error", host=host, reason=_reason(error))


def _tls_reason(error: BaseException) -> str | None:
    """The words of the TLS fault that an error comes from; None where it comes from something else."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return getattr(cause, "verify_message", None) or cause.reason or str(cause)
        cause = cause.__cause__ or cause.__context__
    return None


def _reason(error: BaseException) -> str:
    return str(error).split("\n")[0] or type(error).__name__
