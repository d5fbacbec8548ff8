"""Writes `requirements/*.lock` from `pyproject.toml`: versions and hashes, and no address of an index."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = [
    *("uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"),
    *("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
    *("--no-strip-extras", "--upgrade"),
]
# Not with the extra `bench`, which brings pandas for one comparison alone.
DEVELOPED_WITH = ("build", "dev", "ocr", "typeset")
OLDEST_DUCKDB = "duckdb==1.4.5"  # the oldest release that must open a published warehouse


def compile_lock(name: str, *arguments: str, text: str | None = None) -> None:
    """Resolves into `requirements/<name>.lock`."""
    target = ROOT / "requirements" / f"{name}.lock"
    command = [*COMPILE, *arguments, "--output-file", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, input=text, text=True)
    if "://" in target.read_text(encoding="utf-8"):
        sys.exit(f"{target.name} holds an address")
    print(target.relative_to(ROOT))


def main() -> None:
    """Writes all four."""
    compile_lock("run", "pyproject.toml", "--extra", "build")
    compile_lock("ocr", "pyproject.toml", "--extra", "ocr", "--constraint", "requirements/run.lock")
    extras = [f"--extra={name}" for name in DEVELOPED_WITH]
    compile_lock("dev", "pyproject.toml", *extras, "--constraint", "requirements/run.lock")
    compile_lock("oldest-duckdb", "-", text=OLDEST_DUCKDB)


if __name__ == "__main__":
    main()
