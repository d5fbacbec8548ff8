"""Tells the daemon which runs still live, so that one whose process died is noticed and the queue goes on.

Dagster's own launcher cannot tell: a run that was under way when the machine went down would stay "started" for
good, and as one run is done at a time, no night would ever follow.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import grpc
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.types import GetCurrentRunsResult
from dagster._serdes import deserialize_value

from assets.resources import Line
from pipeline.running.nights import is_under_way, last_night

WAREHOUSE_TAG = "ogi/warehouse"
"""Where a run writes, if not where the service does."""


class WatchedRunLauncher(DefaultRunLauncher):
    """Launches as Dagster's own does, and can tell whether a run still lives."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: `run_monitoring` asks for every run under way."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether a run lives: it holds the warehouse, or the process that launched it has it still."""
        if _holds_warehouse(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        client = self._get_grpc_client_for_termination(run.run_id)  # None for a build by hand
        if client is None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its process has ended")
        return CheckRunHealthResult(_status(run, client), "its process has ended")


def _holds_warehouse(run: dg.DagsterRun) -> bool:
    """Whether it is this run that writes at this moment; the system frees the lock of a process that died."""
    warehouse = Path(run.tags[WAREHOUSE_TAG]) if WAREHOUSE_TAG in run.tags else Line().warehouse
    night = last_night(warehouse)
    return night is not None and night.run_id == run.run_id and is_under_way(warehouse)


def _status(run: dg.DagsterRun, client: DagsterGrpcClient) -> WorkerStatus:
    """What the server that launched a run says of it; one that is too busy to answer is believed to have it."""
    try:
        known = deserialize_value(client.get_current_runs(), GetCurrentRunsResult)
    except DagsterUserCodeUnreachableError as error:
        cause = error.__cause__
        is_slow = isinstance(cause, grpc.RpcError) and cause.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        return WorkerStatus.RUNNING if is_slow else WorkerStatus.NOT_FOUND
    return WorkerStatus.RUNNING if run.run_id in known.current_runs else WorkerStatus.FAILED
