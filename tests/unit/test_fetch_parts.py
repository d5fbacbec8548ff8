from __future__ import annotations

import gzip
import json
import pickle
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archive import Archive
from pipeline.fetch.addresses import is_public
from pipeline.fetch.answer import (
    FetchError,
    Validators,
    named_by_header,
    named_by_url,
    seconds_to_wait,
)
from pipeline.fetch.body import Body
from pipeline.fetch.links import (
    further_pages,
    is_file,
    links_in_data,
    load_link_words,
    may_be_file,
    names_report,
    read_organ_name,
    read_year,
    viewed_file,
)
from pipeline.fetch.outcomes import COLUMNS as OUTCOME_COLUMNS
from pipeline.fetch.outcomes import load_outcome_rules
from pipeline.fetch.page import absolute, read_page
from pipeline.fetch.settings import FetchSettings, SettingsError
from pipeline.fetch.sources import load_sources
from pipeline.manifest import ManifestRow, compare
from schemas.definitions import DefinitionError
from schemas.messages import message

bounded = settings(deadline=None, max_examples=40)

HEADER = "source_id,agency_name,url,kind,report_year,trust,note\n"
GOOD = "a,某局,http://www.example.invalid/1.html,report,2023,official,\n"


def test_shipped_register_is_sound() -> None:
    assert load_sources() == ()  # nothing is fetched unless somebody adds rows


def test_register_may_stand_outside_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEADER + GOOD, encoding="utf-8")
    monkeypatch.setenv("OGI_SOURCES", str(file))
    assert [source.source_id for source in load_sources()] == ["a"]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (GOOD + GOOD, "source_id"),
        (GOOD + GOOD.replace("a,", "b,", 1), "stands already at own.csv:3"),
        (GOOD.replace("report,", "page,"), "kind 'page'"),
        (GOOD.replace("official", "friend"), "trust 'friend'"),
        (GOOD.replace("2023", "二〇二三"), "report_year"),
        (GOOD.replace("2023", "1999"), "report_year"),
        (GOOD.replace("http:", "ftp:"), "http or https"),
        (GOOD.replace("//www", "//me:word@www"), "http or https"),
        (GOOD.replace("a,", ",", 1), "source_id is empty"),
        ("a,b\n", "2 values"),
    ],
)
def test_bad_row_is_named_with_its_line(tmp_path: Path, rows: str, fault: str) -> None:
    file = tmp_path / "own.csv"
    file.write_text(f"# mine\n{HEADER}{rows}", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"own\.csv:\d+") as caught:
        load_sources(file)
    assert fault in str(caught.value)


def test_register_that_is_missing_or_no_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes((HEADER + GOOD).encode("gb18030"))
    for name in ("gbk.csv", "none.csv"):
        with pytest.raises(DefinitionError, match=name):
            load_sources(tmp_path / name)


def test_whoever_gives_no_contact_is_told() -> None:
    remark = FetchSettings.from_environment({}).remark
    assert remark is not None
    assert "OGI_FETCH_CONTACT" in remark.text("zh")


def test_settings_from_the_environment() -> None:
    read = FetchSettings.from_environment
    settings = read({"OGI_FETCH_CONTACT": "a@b.invalid", "OGI_FETCH_ATTEMPTS": "5", "HOME": "/"})
    assert (settings.contact, settings.attempts) == ("a@b.invalid", 5)
    assert "a@b.invalid" in settings.user_agent
    assert settings.user_agent.startswith(f"ogi-panel/{version('ogi-panel')} (")
    assert settings.remark is None
    for variable, value in (
        ("OGI_FETCH_ATTEMPTS", "many"),
        ("OGI_FETCH_ATTEMPTS", "0"),
        ("OGI_FETCH_DEADLINE", "-1"),
        ("OGI_FETCH_ALLOW_PRIVATE", "perhaps"),
        ("OGI_FETCH_CONTACT", "张三"),
        ("OGI_FETCH_CONTACT", "a\r\nX-B: c"),
        ("OGI_FETCH_SPEED", "1"),
    ):
        with pytest.raises(SettingsError):
            read({variable: value})


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("219.141.1.1", True),
        ("2400:3200::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:219.141.1.1", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
    ],
)
def test_only_public_addresses_are_asked(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


NAME = "某局2022年年报.doc"


@pytest.mark.parametrize(
    "header",
    [
        b"attachment; filename*=UTF-8''%E6%9F%90%E5%B1%802022%E5%B9%B4%E5%B9%B4%E6%8A%A5.doc",
        b"inline; filename=x.doc; filename*=utf-8'zh'%E6%9F%90%E5%B1%802022%E5%B9%B4%E5%B9%B4%E6%8A%A5.doc",
        b"attachment; filename*=GBK''"
        + b"".join(b"%%%02X" % b for b in "某局2022年年报".encode("gbk"))
        + b".doc",
        f'attachment; filename="{NAME}"'.encode(),
        f'attachment; filename="{NAME}"'.encode("gb18030"),
        f"attachment;filename={NAME}".encode("gb18030"),
        b'attachment; filename="%E6%9F%90%E5%B1%802022%E5%B9%B4%E5%B9%B4%E6%8A%A5.doc"',
        b'attachment; filename="=?UTF-8?B?5p+Q5bGAMjAyMuW5tOW5tOaKpS5kb2M=?="',
        f'attachment; filename="C:\\\\上传\\\\{NAME}"'.encode(),
        f'attachment; filename="../../{NAME}"'.encode(),
    ],
)
def test_chinese_file_name_in_any_spelling(header: bytes) -> None:
    assert named_by_header(header) == NAME


@bounded
@given(st.binary(max_size=80))
def test_any_disposition_gives_a_plain_name_or_none(noise: bytes) -> None:
    for header in (noise, b"attachment; filename=" + noise, b"attachment; filename*=UTF-8''" + noise):
        name = named_by_header(header)
        assert name is None or (name.isprintable() and "/" not in name)


def test_file_name_by_address() -> None:
    assert named_by_url("http://a.example/x/%E5%B9%B4%E6%8A%A5.pdf?v=1") == "年报.pdf"
    assert named_by_url("http://a.example/downfile.jsp?id=1&filename=b.doc") == "b.doc"
    assert named_by_url("http://a.example/") is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("Thu, 01 Jan 1970 00:01:40 GMT", 90), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("soon", None)],
)
def test_retry_after_in_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert seconds_to_wait(value, now=10) == seconds


def test_validators_go_to_their_own_address_only() -> None:
    known = Validators("http://a.example/new", '"1"', None)
    assert known.headers("http://a.example/new") == {"If-None-Match": '"1"'}
    assert known.headers("http://a.example/old") == {}


@bounded
@given(st.binary(max_size=3000), st.integers(1, 700), st.booleans())
def test_body_comes_back_however_it_is_cut(content: bytes, step: int, squeezed: bool) -> None:
    sent = gzip.compress(content[:1500]) + gzip.compress(content[1500:]) if squeezed else content
    body = Body(10_000, squeezed)
    for start in range(0, len(sent), step):
        body.add(sent[start : start + step])
    assert body.finish() == content
    assert not body.is_over


@bounded
@given(st.integers(101, 400_000), st.integers(1, 500))
def test_bomb_never_takes_more_than_the_limit(size: int, step: int) -> None:
    body, sent = Body(100, True), gzip.compress(b"\0" * size)
    for start in range(0, len(sent), step):
        body.add(sent[start : start + step])
        assert len(body.data) <= 101
    assert body.is_over


@pytest.mark.parametrize(
    ("title", "year", "organ"),
    [
        ("某市某区人力资源和社会保障局2020年政府信息公开工作年度报告", 2020, "某市某区人力资源和社会保障局"),
        ("某省气象局2020年度政府信息公开工作报告", 2020, "某省气象局"),
        ("2022年度某县某镇人民政府信息公开工作年度报告", 2022, "某县某镇人民政府"),
        ("2022年度某县某镇人民政府政府信息公开工作年度报告", 2022, "某县某镇人民政府"),
        (
            "某区人力资源和社会保障局(医疗保障局)信息公开年报（2021）",
            2021,
            "某区人力资源和社会保障局(医疗保障局)",
        ),
        ("关于某区财政局 ２０２１ 年度政府信息公开工作年度报告 2022-01-15", 2021, "某区财政局"),
        ("二〇二一年某市教育局政府信息公开工作年度报告", 2021, "某市教育局"),
        ("某市教育局2023年度政务公开工作年度报告（2024年1月30日）", 2023, "某市教育局"),
        ("2008-2020年政府信息公开年报", None, ""),
        ("政府信息公开工作年度报告", None, ""),
        ("我们2021年政府信息公开年报", 2021, ""),
    ],
)
def test_year_and_organ_in_a_title(title: str, year: int | None, organ: str) -> None:
    assert names_report(title)
    assert (read_year(title), read_organ_name(title)) == (year, organ)


@pytest.mark.parametrize(
    "title",
    [
        "(图解)某局2021年政府信息公开工作年度报告",
        "一图读懂2021年政府信息公开年报",
        "政府信息公开指南",
        "关于报送2021年政府信息公开工作年度报告的通知",
        "2021年政府工作报告",
        "2021年第三季度依申请公开情况",
        "",
    ],
)
def test_what_is_no_report(title: str) -> None:
    assert not names_report(title, on_report_page=True)


def test_short_titles_count_on_a_page_about_reports_only() -> None:
    for title in ("2021年度报告", "2021年年报", "2021", "2021年"):
        assert not names_report(title)
        assert names_report(title, on_report_page=True)


def test_addresses_of_documents() -> None:
    assert is_file("http://a.example/x.DOCX")
    assert is_file("http://a.example/down.jsp?name=%E5%B9%B4.wps&v=2")
    assert not is_file("http://a.example/x.html")
    assert may_be_file("http://a.example/downfile.jsp?id=7")
    assert not may_be_file("http://a.example/files/7.html")
    assert viewed_file("http://a.example/v/viewer.html?file=/f/a.pdf") == "http://a.example/f/a.pdf"


def test_further_pages_are_of_the_same_listing() -> None:
    source = """<a href="index_2.html">2</a><a href="/nb/index_3.html">下一页 ></a><a href="/x/2.html">2</a>
    <a href="index_4.html">某局</a><a href="http://b.example/nb/index_9.html">9</a>"""
    page = read_page(source.encode(), "http://a.example/nb/")
    assert further_pages(page) == ["http://a.example/nb/index_2.html", "http://a.example/nb/index_3.html"]


def test_json_listing_however_it_is_nested() -> None:
    records = [{"t": "2021年政府信息公开年报", "u": "./a.html", "n": 1}, {"t": "其他", "u": "b.html"}]
    data = f"callback({json.dumps({'x': [records]}, ensure_ascii=False)});".encode("gb18030")
    (link,) = links_in_data(data, "http://a.example/l/x.json")
    assert (link.url, link.text) == ("http://a.example/l/a.html", "2021年政府信息公开年报")
    assert links_in_data(b"[" * 100_000 + b"]" * 100_000, "http://a.example/") == ()


@bounded
@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(noise: bytes) -> None:
    page = read_page(b"<html><a href='x'>" + noise, "http://a.example/")
    assert page.scripts >= 0
    read_page(noise, "http://a.example/")


def test_page_tells_what_a_person_sees() -> None:
    page = read_page(
        "<head><title>题\n目</title></head><body><script>var 不见='x'</script>看<!-- 不见 --><b>见</b>"
        "<noscript>不见</noscript>的<img><a href=' a\\b.html#x ' title='完整的标题'>标题…</a></body>".encode(
            "gb18030"
        ),
        "http://a.example/n/",
    )
    assert (page.title, page.text) == ("题 目", "看 见 的 标题…")
    assert (page.scripts, page.embedded) == (1, 1)
    assert [(link.url, link.text) for link in page.links] == [("http://a.example/n/a/b.html", "完整的标题")]


@pytest.mark.parametrize("href", ["javascript:void(0)", "mailto:a@b.example", "http://[", "tel:1", "http://"])
def test_what_is_no_address(href: str) -> None:
    assert absolute("about:blank", href) is None


@pytest.mark.parametrize(
    "row",
    [
        "no_such_code,2xx,,,,,,,,,",
        "soft_404,2xx,perhaps,,,,,,,,",
        "soft_404,2xx,yes,text,,,,,,,",
        "soft_404,2xx,,text,不存在,,,,,,",
        "soft_404,2xx,yes,,,,many,,,,",
    ],
)
def test_outcome_row_that_breaks_the_rules_is_named(tmp_path: Path, row: str) -> None:
    file = tmp_path / "outcomes.csv"
    file.write_text(f"{','.join(OUTCOME_COLUMNS)}\n{row}\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"outcomes\.csv:2"):
        load_outcome_rules(file)


@pytest.mark.parametrize("row", ["report,url,x,", "reprot,text,x,", "report,text,(,"])
def test_link_word_that_breaks_the_rules_is_named(tmp_path: Path, row: str) -> None:
    file = tmp_path / "link_words.csv"
    file.write_text(f"kind,of,pattern,note\n{row}\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"link_words\.csv:2"):
        load_link_words(file)


def test_errors_cross_process_borders_and_have_words() -> None:
    error = pickle.loads(pickle.dumps(FetchError("timeout", seconds=3)))
    assert (error.code, error.details, str(error)) == (
        "timeout",
        {"seconds": 3},
        message("timeout", seconds=3).text(),
    )


def test_outcome_of_hashes_and_manifest_line() -> None:
    assert [compare(None, "a"), compare("a", "a"), compare("a", "b")] == ["CREATE", "UNCHANGED", "UPDATE"]
    line = json.loads(ManifestRow(url="http://a.example/年", outcome="CREATE").to_json())
    assert line["url"] == "http://a.example/年"
    assert Archive("s3://bucket/raw/").locate("a" * 64) == f"s3://bucket/raw/objects/aa/{'a' * 64}"
