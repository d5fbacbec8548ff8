"""Nothing flows in or out: importing this loads once, before workers are forked, what all of them share.

No module here may start a thread: what is forked while one runs may hang. Polars does, so it stays out.
"""

from __future__ import annotations

import gc
import importlib
from contextlib import suppress

from pipeline.read import read_report

SPECIMEN = "示例市2023年政府信息公开工作年度报告\n一、总体情况\n本报告由示例市人民政府办公室编制。\n"
WITH_FIRST_FILE = ("docx.opc.oxml", "docx.opc.packuri", "olefile")
"""What readers load with the first file of their format, which takes as long as reading five."""
COLLECTED_AFTER = 20_000
"""New objects after which the collector looks for cycles: a document makes some thousands, nearly all without."""

# A fault here would keep every worker from starting; in a worker it is told with the document it concerns.
with suppress(Exception):
    read_report(SPECIMEN.encode(), "specimen.txt")
for name in WITH_FIRST_FILE:
    with suppress(ImportError):
        importlib.import_module(name)

# What is loaded stays: without this every worker's collector walks through it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(COLLECTED_AFTER)
