"""Printed label text → what it means on the form, in every variant that knows it.

Matching goes in steps that never overtake one another: the label as normalised (white space, brackets, quotes
and punctuation do not count; nor does a bracketed explanation or a unit), the lookup of known misspellings
(`schemas/labels.csv`), and last, where the caller asks for it, the most similar label with a clear margin over
the second best.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from pipeline.matching.values import money_factor
from pipeline.templates import Block, Template, load_templates
from schemas.definitions import HERE, read_definitions

Axis = Literal["row", "band", "column", "parent", "heading", "other"]
LABEL_COLUMNS = ("printed", "standard", "reason", "source")
SIMILAR = 0.75  # the least similarity of two labels that may be the same with a typing error
MARGIN = 0.10  # by how much the best must beat the second best
NUMBERED_AXES = ("row", "parent")  # columns bear no numbers: `（六）其他` is no column
LONGEST_HEADER = 120  # characters of all labels over the columns of a table, one behind the other
LONGEST_HEAD = 60  # characters of one label over columns, its bracketed unit or note included
HEAD_AXES = ("column", "band", "parent", "heading", "other")
SHORTEST_SIMILAR = 4  # shorter labels are too alike for a similarity to mean anything
SHORTEST_INTERRUPTED = 7  # shorter labels may be part of another's words
LONGEST_INSERTION = 40  # characters that a mirror site puts into a label

LONGEST = 200  # characters; no label of the form, however spaced, is longer
REMEMBERED = 20_000  # texts whose normal form and meaning are kept: reports repeat the same few labels

_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u00ad\x00-\x1f]+")
_UNIT_NOTE = re.compile(
    r"[(\[【]?(?:计量)?单位:?([^()\[\]【】]*[元万])[)\]】]?|[(\[【]([^()\[\]【】]*元)[)\]】]|[/、,]?([百千万亿]+元|(?<=[/、,])元)$"
)
_COUNT_NOTE = re.compile(r"\((?:计量)?(?:单位:?)?[件项个条份宗起部次篇家人]\)$")
_EXPLANATION = re.compile(r"\([^()]{5,}(?:\)|$)")
_LATIN = re.compile("[A-Za-z]")
_LEFT_OUT = re.compile(r"[^\u2e80-\u31ff\u3400-\u9fff0-9、。,.:;“”‘’]|[元万【】]")
"""What makes it open how a label begins: brackets, Latin letters, units of money; a part of it may not count."""
_THIS_YEAR = re.compile(r"(?<=本年)(?:度?20\d{2}年?度?|度)")
"""What `本年` may be longer by without another meaning: `本年度制发件数`, `本年(2023)制发件数`."""
_OPEN_NUMBER = re.compile(r"\d{0,2}|[一二三四五六七八九十]{0,2}")
"""What may be a label's number without the mark behind it."""
_FOREIGN = tuple(
    re.compile(rf"[A-Za-z](?:[\w./:&?=%@~-]*{end})?", re.ASCII) for end in ("[A-Za-z/]", "[\\w/]")
)
"""Addresses and random letters that mirror sites put into a text; no label of the form has a Latin letter."""
_SECOND_NUMBER = re.compile(r"(?<=[\u4e00-\u9fff”])\s*[1-9][.．、](?=\s*[“\u4e00-\u9fff])")
"""The number of a label behind words of another."""
_INNER_NUMBER = re.compile(r"[（(][一二三四五六七八九十]{1,2}[)）]|\d{1,2}[.．、]")
_NUMBERING = re.compile(
    r"^(?:\([一二三四五六七八九十]{1,2}\)|[一二三四五六七八九十]{1,2}[、.,]|\(?\d{1,2}[、.,)]|[IVX]{1,4}[、.,])"
)


class Meaning(NamedTuple):
    """What a label means in one variant: the block it belongs to, the axis it stands on and its key.

    `key` is empty for parents, headings and other words that name no cell. `parents` are the normalised labels
    above it on the form, outermost first: they decide where two lines of one table bear the same words.
    """

    variant: str
    table: str
    block: str
    axis: Axis
    key: str
    parents: tuple[str, ...] = ()


def squeeze(text: str) -> str:
    """Text without white space, in compatibility form: `（ 一 ）` → `(一)`."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=REMEMBERED)
def normalise(text: str) -> str:
    """The form in which labels are compared: no white space, punctuation, quotes, brackets or unit note."""
    return _bare(_without_unit(squeeze(text)))


def _without_unit(squeezed: str) -> str:
    return _UNIT_NOTE.sub("", _COUNT_NOTE.sub("", squeezed))


@lru_cache(maxsize=REMEMBERED)
def printed_factor(text: str) -> int | None:
    """Yuan per unit, where a label names a unit of money (`（单位：万元）` → 10000); else None."""
    match = _UNIT_NOTE.search(squeeze(text))
    return money_factor(next(filter(None, match.groups()))) if match else None


class _Bare(dict[str, str]):
    """What each character becomes, learnt as they come: marks and spaces go, traditional ones become simplified."""

    def __missing__(self, printed: str) -> str:
        character = simplified().get(printed, printed)
        self[printed] = "" if unicodedata.category(character)[0] in "PSZC" else character
        return self[printed]


_BARE = _Bare()


@cache
def simplified() -> dict[str, str]:
    """Other forms of the characters that the form's labels are written in, by the other form."""
    table = read_definitions(HERE / "characters.csv", ("other", "standard", "note"), key=["other"])
    return {row["other"]: row["standard"] for row in table.rows}


def _bare(text: str) -> str:
    bare = "".join([_BARE[character] for character in text])
    return _THIS_YEAR.sub("", bare) if "本年" in bare else bare


def _spellings(label: str) -> Iterator[str]:
    """The forms under which one label of the form is recognised, the fullest first."""
    plain = _without_unit(squeeze(label))
    short = _EXPLANATION.sub("", plain)
    for form in dict.fromkeys((plain, short)):
        if bare := _bare(form):  # a label that is one bracketed remark has no short form
            yield bare


@lru_cache(maxsize=REMEMBERED)
def _unnumbered(label: str) -> str:
    plain = _without_unit(squeeze(label))
    return _bare(_NUMBERING.sub("", _EXPLANATION.sub("", plain)))


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """All labels of all variants, by normalised spelling.

    Attributes:
        meanings: What each spelling means.
        unnumbered: Rows by their label without its number, where that is another label as well (`其他`, `总计`):
            what the row stands under decides.
        joined: Rows, bands and columns by their label behind those above it, as one (`法人或其他组织-商业企业`).
    """

    meanings: dict[str, tuple[Meaning, ...]]
    unnumbered: dict[str, tuple[Meaning, ...]] = field(default_factory=dict)
    joined: dict[str, tuple[Meaning, ...]] = field(default_factory=dict)

    def lookup(self, text: str) -> tuple[Meaning, ...]:
        """The meanings of a printed label; empty for an unknown one."""
        return _lookup(self, text) if len(text) <= LONGEST else ()

    def rows_named(self, text: str) -> tuple[Meaning, ...]:
        """The rows that a printed label means; empty for what is no row's."""
        return _rows_named(self, text) if len(text) <= LONGEST else ()

    def axes(self, text: str) -> frozenset[Axis]:
        """On which axes of the form a printed label stands; empty for an unknown one."""
        return _axes(self, text) if len(text) <= LONGEST else frozenset()

    def row_under(self, text: str, parents: Iterable[str]) -> tuple[Meaning, ...]:
        """The rows that a label without its number means under some normalised labels; none in doubt."""
        rows = self.unnumbered.get(_unnumbered(text)) if len(text) <= LONGEST else None
        if not rows:
            return ()
        above = tuple(parents)
        if not all(any(m.axis == "parent" for m in self.lookup(parent)) for parent in above):
            return ()
        return tuple(m for m in rows if _stands_under(m, above))

    def parted(self, text: str) -> list[str]:
        """A text that is labels of the form set one behind the other, as those labels; else the text alone."""
        if len(text) > LONGEST or self.lookup(text):
            return [text]
        for number in _INNER_NUMBER.finditer(text, 2):
            head = text[: number.start()]
            if any(m.axis == "parent" for m in self.lookup(head)):
                rest = self.parted(text[number.start() :])
                return [head, *rest]
        return [text]

    def heads_in(self, text: str) -> list[str]:
        """A text that is labels over columns set one behind the other, as those labels; else the text alone."""
        if len(text) > LONGEST_HEADER or not _heads(self).fullmatch(normalise(text)) or self.lookup(text):
            return [text]
        for end in range(min(len(text) - 1, LONGEST_HEAD), 1, -1):
            if any(m.axis in HEAD_AXES for m in self.lookup(text[:end])):
                rest = self.heads_in(text[end:])
                if all(map(self.lookup, rest)):
                    return [text[:end], *rest]
        return [text]

    def reach(self, texts: Sequence[str]) -> int:
        """How many of some texts, one behind the other, a label is at most made of that begins with the first.

        Where words go on as no label does, nothing longer need be looked up.
        """
        whole, prefixes = "", _prefixes(self)
        for count, text in enumerate(texts):
            if len(text) > LONGEST:
                return count
            whole += squeeze(text)
            rest = _NUMBERING.sub("", whole)
            if _LEFT_OUT.search(rest):
                break
            is_begun = _bare(whole) in prefixes or _bare(rest) in prefixes
            if not is_begun and not _OPEN_NUMBER.fullmatch(whole):
                return count
        return len(texts)

    def spelling(self, meaning: Meaning) -> str:
        """The fullest normalised spelling of a meaning; empty for one that no label has."""
        return max((s for s, meanings in self.meanings.items() if meaning in meanings), key=len, default="")

    def similar(self, text: str, allowed: Iterable[Meaning]) -> tuple[Meaning, str] | None:
        """The one allowed meaning whose label is nearly the printed one, and that label; None in doubt.

        Nearly is a label with a typing error, or one with words put into it. One that ends in a digit has taken in a
        value of its row: then the others are too few to tell whose they are. One in which another label's number
        stands is pieces of two, as rows of a fixed height leave them, and a lost rule leaves two whole ones: either's
        row may hold the numbers.
        """
        wanted = normalise(text)
        if len(wanted) < SHORTEST_SIMILAR or text.rstrip()[-1:].isdecimal():
            return None
        if _SECOND_NUMBER.search(text) or self._are_two(wanted):
            return None
        allowed_set = set(allowed)
        if (whole := self._interrupted(wanted, allowed_set)) is not None:
            return whole
        best: dict[Meaning, tuple[float, str]] = {}
        matcher = SequenceMatcher(None, "", wanted, autojunk=False)
        spelled = _spelled(self)
        for spelling in {spelling for meaning in allowed_set for spelling in spelled.get(meaning, ())}:
            matcher.set_seq1(spelling)
            # The first bound is above the second, and costs next to nothing.
            if matcher.real_quick_ratio() < SIMILAR - MARGIN or matcher.quick_ratio() < SIMILAR - MARGIN:
                continue
            score = matcher.ratio()
            for meaning in allowed_set.intersection(self.meanings[spelling]):
                best[meaning] = max(best.get(meaning, (0.0, "")), (score, spelling))
        ranked = sorted(best.items(), key=lambda item: item[1][0], reverse=True)
        if not ranked or ranked[0][1][0] < SIMILAR:
            return None
        if len(ranked) > 1 and ranked[0][1][0] - ranked[1][1][0] < MARGIN:
            return None
        return ranked[0][0], ranked[0][1][1]

    def _are_two(self, wanted: str) -> bool:
        """Whether a row's label stands in a text with another row's, or one over rows, behind it."""
        pairs = ((wanted[:end], wanted[end:]) for end in range(2, len(wanted) - 1))
        return any(
            self.rows_named(first) and self.axes(second) & {*NUMBERED_AXES} and first != second
            for first, second in pairs
        )

    def _interrupted(self, wanted: str, allowed: set[Meaning]) -> tuple[Meaning, str] | None:
        """The one allowed meaning whose whole label stands in a text around or beside words put into it."""
        longest, _ = self.within(wanted)
        found = allowed.intersection(self.meanings.get(longest, ()))
        return (found.pop(), longest) if len(found) == 1 else None

    def rows(self, variant: str, table: str) -> frozenset[Meaning]:
        """The rows of a table."""
        return _rows(self, variant, table)

    def within(self, printed: str) -> tuple[str, str]:
        """The longest label that stands whole in a normalised text, and the words put into it; empty for none."""
        if not printed:
            return "", ""
        beginning, ending = _by_ends(self)
        labels = sorted({*beginning.get(printed[0], ()), *ending.get(printed[-1], ())})
        found = ((label, words) for _, _, label in labels if (words := put_into(printed, label)))
        return next(found, ("", ""))


@cache
def _rows(lexicon: Lexicon, variant: str, table: str) -> frozenset[Meaning]:
    wanted = variant, table, "row"
    return frozenset(
        m
        for meanings in lexicon.meanings.values()
        for m in meanings
        if (m.variant, m.table, m.axis) == wanted
    )


@cache
def _prefixes(lexicon: Lexicon) -> frozenset[str]:
    """All that spellings of labels begin with, themselves and nothing included."""
    spellings = (*lexicon.meanings, *lexicon.joined)
    return frozenset(spelling[:end] for spelling in spellings for end in range(len(spelling) + 1))


_Ends = dict[str, list[tuple[int, int, str]]]


@cache
def _by_ends(lexicon: Lexicon) -> tuple[_Ends, _Ends]:
    """The labels that may stand within other words, the longest first, by their first character and by their last."""
    beginning: _Ends = {}
    ending: _Ends = {}
    for order, label in enumerate(lexicon.meanings):
        if len(label) >= SHORTEST_INTERRUPTED:
            beginning.setdefault(label[0], []).append((-len(label), order, label))
            ending.setdefault(label[-1], []).append((-len(label), order, label))
    return beginning, ending


@cache
def _spelled(lexicon: Lexicon) -> dict[Meaning, list[str]]:
    """The spellings of each meaning."""
    found: dict[Meaning, list[str]] = {}
    for spelling, meanings in lexicon.meanings.items():
        for meaning in meanings:
            found.setdefault(meaning, []).append(spelling)
    return found


@cache
def _heads(lexicon: Lexicon) -> re.Pattern[str]:
    """Labels over columns one behind the other: prose is hardly ever, and one look tells that."""
    heads = (s for s, meanings in lexicon.meanings.items() if any(m.axis in HEAD_AXES for m in meanings))
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(heads, key=len, reverse=True)))})+")


def put_into(printed: str, label: str) -> str:
    """The one run of characters that a text has in a label, before it, or behind it; empty where it is none such."""
    if not SHORTEST_INTERRUPTED <= len(label) < len(printed) <= len(label) + LONGEST_INSERTION:
        return ""
    before = _common(label, printed)
    behind = len(label) - before
    return printed[before : len(printed) - behind] if printed.endswith(label[before:]) else ""


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def are_alike(one: str, other: str) -> bool:
    """Whether two normalised labels may be the same with a typing error."""
    if min(len(one), len(other)) < SHORTEST_SIMILAR:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SIMILAR


def _stands_under(row: Meaning, above: Sequence[str]) -> bool:
    """Whether the innermost parent of a row is among those above it, and none that it does not have."""
    known = [next((p for p in row.parents if p.endswith(printed)), "") for printed in above]
    return bool(row.parents) and row.parents[-1] in known and all(known)


@lru_cache(maxsize=REMEMBERED)
def _lookup(lexicon: Lexicon, text: str) -> tuple[Meaning, ...]:
    """What a text means as printed; else without its bracketed explanation, its number, or letters not of the form."""
    squeezed = squeeze(text)
    shortened = _EXPLANATION.sub("", squeezed)
    whole = _bare(_without_unit(squeezed))
    # What a bracket holds may be the label itself, behind the one above it: `行政诉讼（复议后起诉）`.
    found = lexicon.meanings.get(whole) or lexicon.joined.get(whole)
    found = found or lexicon.meanings.get(_bare(_without_unit(shortened)))
    if found:
        return found
    unnumbered = _bare(_without_unit(_NUMBERING.sub("", shortened)))
    found = tuple(m for m in lexicon.meanings.get(unnumbered, ()) if m.axis in NUMBERED_AXES)
    return found or next(filter(None, (_lookup(lexicon, native) for native in _native(squeezed))), ())


@lru_cache(maxsize=REMEMBERED)
def _rows_named(lexicon: Lexicon, text: str) -> tuple[Meaning, ...]:
    return tuple(m for m in lexicon.lookup(text) if m.axis == "row")


@lru_cache(maxsize=REMEMBERED)
def _axes(lexicon: Lexicon, text: str) -> frozenset[Axis]:
    return frozenset(m.axis for m in lexicon.lookup(text))


@lru_cache(maxsize=REMEMBERED)
def is_foreign(text: str) -> bool:
    """Whether a text is letters, marks and digits of Latin script alone: a word of no label (`III`, `NaN`)."""
    squeezed = squeeze(text)
    return squeezed.isascii() and _LATIN.search(squeezed) is not None


def _native(squeezed: str) -> Iterator[str]:
    """A text without the runs of Latin letters in it, as narrow and as wide as these may be; none without any."""
    if _LATIN.search(squeezed):
        yield from dict.fromkeys(foreign.sub("", squeezed) for foreign in _FOREIGN)


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of the variants in `schemas/templates` and the spellings in `schemas/labels.csv`."""
    return build_lexicon(load_templates().values(), strict=True)


def build_lexicon(templates: Iterable[Template], strict: bool = False) -> Lexicon:
    """The lexicon of some variants.

    Raises:
        DefinitionError: With `strict`, a row of `labels.csv` whose standard label no variant knows.
    """
    known = tuple(templates)
    found: dict[str, dict[Meaning, None]] = {}
    unnumbered: dict[str, dict[Meaning, None]] = {}
    for template in known:
        for label, meaning in _labels(template):
            for spelling in _spellings(label):
                found.setdefault(spelling, {})[meaning] = None
            unnumbered.setdefault(_unnumbered(label), {})[meaning] = None
    shared: dict[str, tuple[Meaning, ...]] = {}
    for spelling, meanings in unnumbered.items():
        if spelling and spelling not in found and _one_key_a_variant(meanings):
            found[spelling] = meanings
        else:
            shared[spelling] = tuple(m for m in meanings if m.axis == "row" and m.parents)
    _add_misspellings(found, strict)
    whole = {spelling: tuple(meanings) for spelling, meanings in found.items()}
    return Lexicon(whole, shared, _joined(known))


def _one_key_a_variant(meanings: Iterable[Meaning]) -> bool:
    seen: dict[tuple[str, str], Meaning] = {}
    return all(seen.setdefault((m.variant, m.axis), m) == m for m in meanings)


def _add_misspellings(found: dict[str, dict[Meaning, None]], strict: bool) -> None:
    known = dict(found)
    for row in read_definitions(HERE / "labels.csv", LABEL_COLUMNS, key=["printed"]).rows:
        standard = normalise(row["standard"])
        if standard in known:
            found.setdefault(normalise(row["printed"]), {}).update(known[standard])
        elif strict:
            raise row.fail(f"no variant knows the label {row['standard']!r}")


def _labels(template: Template) -> Iterator[tuple[str, Meaning]]:
    for table, blocks in template.tables.items():
        for block in blocks:
            yield from _block_labels(template.variant, table, block)


def _joined(templates: Iterable[Template]) -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, dict[Meaning, None]] = {}
    for template in templates:
        for spelling, meaning in _paths(template):
            found.setdefault(spelling, {})[meaning] = None
    return {spelling: tuple(meanings) for spelling, meanings in found.items()}


def _paths(template: Template) -> Iterator[tuple[str, Meaning]]:
    """Rows, bands and columns by their label written behind one or more of those above it."""
    for label, meaning in _labels(template):
        if meaning.axis in ("row", "band", "column"):
            for start in range(len(meaning.parents)):
                above = "".join(meaning.parents[start:])
                yield from ((above + spelling, meaning) for spelling in _spellings(label))


def _block_labels(variant: str, table: str, block: Block) -> Iterator[tuple[str, Meaning]]:
    def meaning(axis: Axis, key: str = "", path: tuple[str, ...] = ("",)) -> Meaning:
        return Meaning(variant, table, block.name, axis, key, tuple(normalise(part) for part in path[:-1]))

    for row in block.rows:
        yield row.path[-1], meaning("band" if block.banded else "row", row.key, row.path)
    for column in block.columns:
        yield column.path[-1], meaning("column", column.key, column.path)
    parents = {part for label in (*block.rows, *block.columns) for part in label.path[:-1]}
    for parent in sorted(parents):
        yield parent, meaning("parent")
    if block.heading:
        yield block.heading, meaning("heading")
    for words in block.other_labels:
        yield words, meaning("other")
