from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.fetch import FetchError, FetchSettings, ProposedSource, discover, load_sources, proposals_csv
from schemas.messages import Message

SETTINGS = FetchSettings(
    requests_per_second=500,
    attempts=1,
    connect_timeout=1,
    read_timeout=1,
    deadline=2,
    allow_private=True,
)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
FILLER = "<p>" + "本机关主动公开政府信息，接受社会监督。" * 10 + "</p>"


def links(*pairs: tuple[str, str], title: str = "政府信息公开年报", more: str = "") -> str:
    items = "".join(f"<li><a href='{href}'>{text}</a></li>" for href, text in pairs)
    return f"<html><head><title>{title}</title></head><body>{FILLER}<ul>{items}</ul>{more}</body></html>"


def report_page(title: str, *pairs: tuple[str, str]) -> str:
    return links(*pairs, title=title)


def found(proposals: list[ProposedSource]) -> dict[str, tuple[str, str, int | None]]:
    return {
        "/" + p.source.url.split("/", 3)[3]: (p.source.kind, p.source.agency_name, p.source.report_year)
        for p in proposals
    }


def test_listing_report_pages_and_attachments(web) -> None:
    listing = links(
        ("2023.html", "某市某区财政局2023年政府信息公开工作年度报告 2024-01-22"),
        ("/f/2022.pdf", "２０２２年度某区人民政府信息公开工作年度报告"),
        ("2021.html", "2021年年报"),
        ("tj.html", "(图解)某区财政局2023年政府信息公开工作年度报告"),
        ("tz.html", "关于编制2023年政府信息公开工作年度报告的通知"),
        ("news.html", "我区召开政务公开工作会"),
        ("javascript:void(0)", "2020年政府信息公开工作年度报告"),
    )
    start = web.page("/nb/index.html", listing)
    page = report_page(
        "某市某区财政局2023年政府信息公开工作年度报告",
        ("P0201.docx", "附件：年报表格"),
        ("/nb/", "政府信息公开年报"),
        ("/downfile.jsp?classid=0&id=7", "下载"),
    )
    web.page("/nb/2023.html", page)
    name = "某区财政局2023年报.doc".encode("gb18030").decode("latin-1")
    web.page("/downfile.jsp", PDF, content_disposition=f"attachment; filename={name}")
    web.page("/nb/2021.html", report_page("2021年年报"))
    proposals = discover(start, SETTINGS)
    assert found(proposals) == {
        "/nb/2023.html": ("report", "某市某区财政局", 2023),
        "/f/2022.pdf": ("report", "某区人民政府", 2022),
        "/nb/2021.html": ("report", "", 2021),
        "/nb/P0201.docx": ("attachment", "某市某区财政局", 2023),
        "/downfile.jsp?classid=0&id=7": ("attachment", "某市某区财政局", 2023),
    }
    by_url = {p.source.url: p for p in proposals}
    assert by_url[web.url("/downfile.jsp?classid=0&id=7")].link_text == "某区财政局2023年报.doc"
    assert "/nb/P0201.docx" not in web.paths()


def test_further_pages_by_link_query_and_script(web) -> None:
    numbers = ("index_1.html", "2"), ("index_2.html", "下一页"), ("/other/3.html", "3")
    web.page("/a/", links(("r0.html", "某县2020年政府信息公开年报"), *numbers))
    web.page("/a/index_1.html", links(("r1.html", "某县2019年政府信息公开年报"), *numbers))
    web.page("/a/index_2.html", links(("r2.html", "某县2018年政府信息公开年报")))
    assert len(discover(web.url("/a/"), SETTINGS)) == 3
    assert "/other/3.html" not in web.paths()

    web.page("/q", links(("r9.html", "某县2020年政府信息公开年报"), ("?id=5&page=2", "下页")))
    web.on(
        "/q?id=5&page=2",
        lambda r: r.reply(links(("r8.html", "某县2019年政府信息公开年报"), ("?id=5&page=1", "1"))),
    )
    assert {p.source.report_year for p in discover(web.url("/q?id=5"), SETTINGS)} == {2019, 2020}

    script = '<script>createPageHTML(3, 0, "index", "shtml");</script>'
    web.page("/s/index.shtml", links(("r.html", "某县2020年政府信息公开年报"), more=script))
    for number, year in ((1, 2019), (2, 2018)):
        web.page(f"/s/index_{number}.shtml", links((f"{year}.html", f"某县{year}年政府信息公开年报")))
    found_years = {p.source.report_year for p in discover(web.url("/s/index.shtml"), SETTINGS)}
    assert found_years == {2018, 2019, 2020}


def test_listing_in_a_json_that_a_script_names(web) -> None:
    rows = [
        {"title": "某镇人民政府2022年度政府信息公开工作年度报告", "link": {"x": 1}, "url": "/c/2022.html"},
        {"title": "关于开展植树活动的通知", "url": "/c/tree.html"},
    ]
    web.page("/data/list.json?n=1", json.dumps({"data": {"rows": rows}}), content_type="application/json")
    script = "<script>$.get('../data/list.json?n=1', show)</script>"
    start = web.page("/z/index.html", links(title="信息公开年报", more=script))
    assert found(discover(start, SETTINGS)) == {"/c/2022.html": ("report", "某镇人民政府", 2022)}


def test_column_link_is_followed_to_its_listing_and_to_a_lone_report(web) -> None:
    web.page("/", links(("/nb/", "政府信息公开年报"), ("/one.html", "信息公开工作年度报告"), title="首页"))
    web.page("/nb/", links(("2020.html", "某局2020年度信息公开工作报告"), ("/", "首页")))
    web.page("/one.html", report_page("某局2021年政府信息公开工作年度报告", ("x.wps", "附件")))
    assert found(discover(web.url("/"), SETTINGS)) == {
        "/nb/2020.html": ("report", "某局", 2020),
        "/one.html": ("report", "某局", 2021),
        "/x.wps": ("attachment", "某局", 2021),
    }


def test_a_report_page_is_a_start_as_well(web) -> None:
    page = report_page(
        "某局2021年政府信息公开工作年度报告",
        ("/v/viewer.html?file=/f/a.pdf", "在线查看"),
        ("2020.html", "某局2020年政府信息公开工作年度报告"),
    )
    assert set(found(discover(web.page("/r.html", page), SETTINGS))) == {"/r.html", "/f/a.pdf", "/2020.html"}


def test_walk_is_bounded_and_says_so(web) -> None:
    def endless(request) -> None:
        number = int(request.path.partition("page=")[2] or 1)
        request.reply(
            links((f"r{number}.html", "某县2020年政府信息公开年报"), (f"?page={number + 1}", "下一页"))
        )

    web.on("/l", endless)
    said: list[Message] = []
    limits = FetchSettings(**{**_values(SETTINGS), "max_pages": 3, "max_requests": 5})
    assert len(discover(web.url("/l"), limits, said.append)) == 3
    assert len(web.paths()) == 5
    codes = [message.code for message in said]
    assert codes.count("discovery_limit") == 2
    assert codes.count("discovery_skipped") == 2


def _values(settings: FetchSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def test_first_page_that_fails_is_an_error_and_later_ones_are_told(web) -> None:
    with pytest.raises(FetchError) as caught:
        discover(web.url("/none"), SETTINGS)
    assert caught.value.code == "http_404"
    said: list[Message] = []
    start = web.page("/", links(("gone.html", "某局2020年政府信息公开年报")))
    assert len(discover(start, SETTINGS, said.append)) == 1
    assert [m.code for m in said] == ["discovery_skipped"]
    assert "404" in said[0].text("zh")


def test_robots_holds_for_discovery(web) -> None:
    web.page("/robots.txt", "User-agent: *\nDisallow: /", content_type="text/plain")
    with pytest.raises(FetchError) as caught:
        discover(web.page("/nb/", links()), SETTINGS)
    assert caught.value.code == "robots_denied"
    assert not web.paths()


def test_proposals_load_as_sources(web, tmp_path: Path) -> None:
    start = web.page("/", links(("a.pdf", '某局2020年政府信息公开年报,"汇总"'), ("b.pdf", "2021年年报")))
    proposals = discover(start, SETTINGS)
    file = tmp_path / "sources.csv"
    file.write_text(proposals_csv(proposals), encoding="utf-8")
    assert load_sources(file) == tuple(proposal.source for proposal in proposals)
