"""Which division an organ belongs to: names, years, and the evidence around ambiguous ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity import credit_code
from pipeline.identity.divisions import Resolution, load_divisions, resolve
from pipeline.identity.register import Division

IN_FORCE = [division for division in load_divisions().divisions if division.valid_to is None]
KINDS = ("人民政府", "教育局", "公安局", "市场监督管理局", "城市管理局", "住房和城乡建设局", "某某服务中心")


def full_name(division: Division) -> str:
    above = load_divisions().ancestors(division.code)
    return "".join(each.name for each in (*above, division))


@given(st.sampled_from(IN_FORCE), st.sampled_from(KINDS))
def test_full_name_of_any_division_resolves_to_it(division: Division, kind: str) -> None:
    assert resolve(full_name(division) + kind).code == division.code


@given(st.sampled_from(IN_FORCE))
def test_bare_name_resolves_only_where_one_division_bears_it(division: Division) -> None:
    bearers = {other.code for other in IN_FORCE if other.name == division.name}
    found = resolve(f"{division.name}教育局")
    assert found.code == (division.code if len(bearers) == 1 else None)
    assert set(found.candidates) == bearers


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("重庆市渝北区人力资源和社会保障局", "500112"),
        ("渝北区人力社保局", "500112"),
        ("临淄区人力资源和社会保障局", "370305"),
        ("宁波市镇海区人力资源和社会保障局", "330211"),
        ("相山区人力资源和社会保障局", "340603"),
        ("淮安市洪泽区人民政府", "320813"),
        ("江苏省人力资源和社会保障厅", "320000"),
        ("内蒙古民政厅", "150000"),
        ("苏州市教育局", "320500"),
        ("昆山人社局", "320583"),
        ("仙桃市公安局", "429004"),
        ("湖北省仙桃市公安局", "429004"),
        ("济源市财政局", "419001"),
        ("上海市浦东新区教育局", "310115"),
        ("重庆市城口县水利局", "500229"),
        ("北京市朝阳区教育委员会", "110105"),
        ("朝阳市财政局", "211300"),
        ("巴马瑶族自治县民政局", "451227"),
        ("巴马县民政局", "451227"),
        ("湘西州财政局", "433100"),
        ("海南省教育厅", "460000"),
        ("海南藏族自治州教育局", "632500"),
        ("新疆维吾尔自治区伊犁哈萨克自治州塔城地区行政公署", "654200"),
        ("公安县公安局", "421022"),
        ("南京鼓楼区教育局", "320106"),
        ("福建省福州市鼓楼区教育局", "350102"),
        ("徐州市鼓楼区人民政府", "320302"),
        ("国家税务总局上海市税务局", "310000"),
        ("国家税务总局苏州市相城区税务局", "320507"),
        ("国家统计局淮安调查队", "320800"),
        ("中国证券监督管理委员会江苏监管局", "320000"),
        ("淮安市洪泽生态环境局", "320813"),
        ("北京市公安局朝阳分局", "110105"),
        ("西宁市生态环境局大通回族土族自治县分局", "630121"),
        ("临淄区闻韶街道办事处", "370305"),
        ("临淄区人民政府闻韶街道办事处", "370305"),
        ("洪泽区岔河镇人民政府", "320813"),
        ("东莞市虎门镇人民政府", "441900"),
        ("黄岛区(西海岸新区)教育和体育局", "370211"),
        ("苏州高新区(虎丘区)教育局", "320505"),
    ],
)
def test_name_alone_is_enough(name: str, code: str) -> None:
    found = resolve(name, year=2022)
    assert (found.code, found.conflict) == (code, "")
    assert found.evidence


@pytest.mark.parametrize(
    ("name", "year", "code"),
    [
        ("洪泽县教育局", 2015, "320829"),
        ("洪泽区教育局", 2017, "320813"),
        ("洪泽县教育局", 2020, "320813"),
        ("三元区教育局", 2020, "350403"),
        ("三元区教育局", 2022, "350404"),
        ("崇川区教育局", 2019, "320602"),
        ("崇川区教育局", 2020, "320613"),
        ("莱芜市教育局", 2017, "371200"),
        ("莱芜区教育局", 2020, "370116"),
        ("临平区教育局", 2020, "330113"),
        ("蓟县财政局", 2019, "120119"),
        ("襄樊市财政局", 2020, "420600"),
        ("市中区财政局", 2021, None),
    ],
)
def test_codes_of_the_report_year_are_preferred(name: str, year: int, code: str | None) -> None:
    assert resolve(name, year=year).code == code


@pytest.mark.parametrize(
    ("name", "address", "code"),
    [
        ("县政府办", "东辽县府前街1号", "220422"),
        ("区发改局", "天水市麦积区建设大街91号", "620503"),
        ("市发改局", "天水市麦积区建设大街91号", "620500"),
        ("县发改局", "天水市麦积区建设大街91号", None),
        ("发改局", "天水市麦积区建设大街91号", None),
        ("区发改局", "麦积区建设大街91号；地址：秦州区人民路2号", None),
    ],
)
def test_an_address_tells_the_place_of_a_name_that_says_its_level(
    name: str, address: str, code: str | None
) -> None:
    assert resolve(name, f"联系地址：{address}。", year=2022).code == code


@pytest.mark.parametrize(("county", "code"), [("保康县", "420626"), ("康县", "621224")])
def test_a_county_within_a_longer_name_is_not_named(county: str, code: str) -> None:
    assert resolve("城关镇人民政府", f"办公地址：{county}人民路100号。", year=2022).code == code


def test_words_of_pages_are_no_part_of_a_place() -> None:
    assert (
        resolve("县交通运输局", "首页政务公开县交通运输局由新宁县交通运输局编制。", year=2023).code
        == "430528"
    )


@pytest.mark.parametrize("name", ["鼓楼区人民政府", "市中区财政局", "长安区教育局", "通州区教育局"])
def test_a_name_that_several_bear_is_never_picked(name: str) -> None:
    found = resolve(name, year=2022)
    assert found.code is None
    assert len(found.candidates) == {"鼓": 4, "市": 4, "长": 2, "通": 2}[name[0]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("地址：南京市中山北路", "320106"),
        ("（地址：江苏省徐州市鼓楼区平山路）", "320302"),
        ("电话：0591-87551234", "350102"),
        ("邮编：350001", "350102"),
        ("邮编：210009", None),
        ("南京市鼓楼区高度重视", "320106"),
        ("南京市\n鼓楼区高度重视", "320106"),
        ("在南京市委、市政府的领导下", "320106"),
        ("开封市人民政府办公室印发", "410204"),
        ("按照徐州市人民政府办公室部署，贯彻江苏省人民政府办公厅要求", "320302"),
        ("赴南京市鼓楼区学习考察", None),
        ("对接徐州市鼓楼区", None),
        ("南京市鼓楼区与徐州市鼓楼区", None),
        ("到过南京，也到过徐州", None),
        ("", None),
    ],
)
def test_evidence_in_the_text_decides(text: str, code: str | None) -> None:
    assert resolve("鼓楼区人民政府", text, year=2022).code == code


def test_a_strong_clue_goes_before_a_weak_one() -> None:
    text = "地址：福州市鼓楼区。南京市鼓楼区来访"
    assert resolve("鼓楼区教育局", text, year=2022).code == "350102"
    assert resolve("鼓楼区教育局", text, year=2022, host="jyj.nanjing.gov.cn").code == "320106"


def test_an_unknown_host_says_nothing() -> None:
    assert resolve("鼓楼区教育局", year=2022, host="example.invalid").code is None


@pytest.mark.parametrize(
    ("name", "located_in"),
    [
        ("杨凌示范区人力资源和社会保障局(医疗保障局)", "610403"),
        ("陕西省杨凌示范区教育局", "610403"),
        ("西咸新区教育体育局", "610000"),
        ("重庆市两江新区管理委员会", "500000"),
        ("四川天府新区管理委员会", "510000"),
        ("苏州工业园区教育局", "320500"),
        ("滁州经开区管委会", "341100"),
        ("滁州市南谯区经济开发区管委会", "341103"),
        ("石家庄市正定新区管委会", "130123"),
        ("高新区管委会", None),
    ],
)
def test_zones_have_no_code(name: str, located_in: str | None) -> None:
    found = resolve(name, "杨陵区", year=2022)
    assert found.code is None
    assert (bool(found.zone), found.located_in) == (True, located_in)


@pytest.mark.parametrize(
    "name", ["中华人民共和国教育部", "教育部", "国务院国资委", "中国人民银行", "水利部太湖流域管理局"]
)
def test_central_organs_have_no_code(name: str) -> None:
    assert resolve(name) == Resolution(None, evidence=(f"central organ: {name}",), central=True)


def test_a_customs_district_is_no_division() -> None:
    found = resolve("南京海关", "地址：南京市龙蟠中路")
    assert (found.code, found.central, found.located_in) == (None, True, "320100")


def test_a_township_has_its_countys_code_only_if_the_county_is_named() -> None:
    assert resolve("岔河镇人民政府", "全镇上下", year=2022).code is None
    assert len(resolve("岔河镇人民政府", "全镇上下", year=2022).candidates) > 1
    assert resolve("岔河镇人民政府", "由洪泽区岔河镇编制", year=2022).code == "320813"
    assert resolve("岔河镇人民政府", "洪泽区政府办公室要求", year=2022).code == "320813"
    assert resolve("淮安市岔河镇人民政府", "", year=2022).code is None
    assert resolve("城关镇人民政府", "", year=2022).code is None


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("县人社局", "西和县人力资源和社会保障局编制", "621225"),
        ("县教育局", "落实陇南市教育局要求。西和县教育局编制", "621225"),
        ("教育局", "按照淮安市教育局要求", None),
        ("教育局", "在淮安市教育局的指导下", None),
        ("人力资源和社会保障局", "江苏省人力资源和社会保障厅发文", None),
        ("教育局", "西和县教育局，礼县教育局", None),
        ("江苏省虚构县教育局", "", None),
    ],
)
def test_a_name_without_its_place(name: str, text: str, code: str | None) -> None:
    assert resolve(name, text, year=2022).code == code


def signed(division: str) -> str:
    body = f"11{division}014320813"
    return next(body + last for last in credit_code.ALPHABET if credit_code.is_valid(body + last))


@given(st.text(credit_code.ALPHABET, min_size=17, max_size=17), st.integers(0, 17))
def test_one_wrong_character_breaks_a_credit_code(body: str, place: int) -> None:
    code = next(body + last for last in credit_code.ALPHABET if credit_code.is_valid(body + last))
    wrong = credit_code.ALPHABET[(credit_code.ALPHABET.index(code[place]) + 1) % 31]
    assert not credit_code.is_valid(code[:place] + wrong + code[place + 1 :])


def test_a_published_credit_code_is_valid() -> None:
    assert credit_code.is_valid("91350100M000100Y43")
    assert not credit_code.is_valid("91350100M000100Y44")


def test_the_credit_code_decides_and_survives_a_change_of_division() -> None:
    assert resolve("鼓楼区教育局", year=2022, credit_code=signed("320302")).code == "320302"
    assert resolve("洪泽区教育局", year=2022, credit_code=signed("320829")).code == "320813"
    assert resolve("教育局", year=2022, credit_code=signed("320829")).code == "320813"
    assert resolve("鼓楼区教育局", year=2022, credit_code=signed("320302")[:-1] + "?").code is None


def test_a_contradicting_credit_code_leaves_it_open() -> None:
    found = resolve("临淄区教育局", year=2022, credit_code=signed("440300"))
    assert found.code is None
    assert "440300" in found.conflict


def test_the_register_holds_together() -> None:
    register = load_divisions()
    current = {d.code for d in IN_FORCE}
    assert len(IN_FORCE) == len(current)
    assert 2800 < sum(d.level == "county" for d in IN_FORCE) < 2900
    assert not [d for d in IN_FORCE if d.parent_code and d.parent_code not in current]
    assert not [d for d in register.divisions if d.name in {"市辖区", "县", "省直辖县级行政区划"}]
    assert not [d for d in register.divisions for heir in d.successors if heir not in register.by_code]
    assert not [z for z in register.zones if z.located_in not in register.by_code]
    assert not [z for z in register.zones if not z.key.isascii()]
