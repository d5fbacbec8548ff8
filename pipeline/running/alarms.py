"""What went wrong flows in; a line in the warehouse's `alerts.log`, and a post to a webhook, flow out."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.messages import message

LOG = "alerts.log"
WEBHOOK = "OGI_ALERT_WEBHOOK"
SECONDS = 10.0
_logger = logging.getLogger(__name__)


def alarm(warehouse: Path, words: str, webhook: str = "") -> None:
    """Writes a line that a person finds, and posts it as `{"text": …}` where a webhook is named.

    Never raises: what cannot be written or posted is told to the log, and the alarm itself goes out either way.
    """
    _write_line(warehouse, words)
    if webhook:
        reason = _post(webhook, words)
        if reason:
            _write_line(warehouse, message("webhook_failed", reason=reason).text())


def _write_line(warehouse: Path, words: str) -> None:
    line = (
        f"{datetime.now(ZoneInfo('Asia/Shanghai')).isoformat(timespec='seconds')} {' '.join(words.split())}"
    )
    try:
        warehouse.mkdir(parents=True, exist_ok=True)
        with (warehouse / LOG).open("a", encoding="utf-8") as log:
            log.write(line + "\n")
    except OSError as error:
        _logger.error("%s (%s: %s)", line, LOG, error.strerror or error)


def _post(webhook: str, words: str) -> str:
    """Posts the words; returns why that failed, empty where it did not."""
    import httpx

    try:
        httpx.post(webhook, json={"text": words}, timeout=SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The address may hold a key, and the error's own words may hold the address.
        status = getattr(getattr(error, "response", None), "status_code", "")
        return f"{type(error).__name__} {status}".strip()
    return ""
