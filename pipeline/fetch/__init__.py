"""Addresses flow in; content flows to the archive, politely, and every refusal is named.

`load_sources` reads the register, `fetch_sources` fills the archive from it, `discover` proposes rows for it.
"""

from pipeline.fetch.answer import Answer, FetchError, Validators
from pipeline.fetch.client import Client
from pipeline.fetch.discover import ProposedSource, discover, proposals_csv
from pipeline.fetch.run import FetchSummary, fetch_sources
from pipeline.fetch.settings import FetchSettings, SettingsError
from pipeline.fetch.sources import Source, load_sources

__all__ = [
    "Answer",
    "Client",
    "FetchError",
    "FetchSettings",
    "FetchSummary",
    "ProposedSource",
    "SettingsError",
    "Source",
    "Validators",
    "discover",
    "fetch_sources",
    "load_sources",
    "proposals_csv",
]
