from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import FaultsFound, RulebookError
from sipas.indices import IndexDefinition, check_against, coefficients, load_index

TOML = """
id = "nho"
title_vi = "Chỉ số nhỏ"
definition = "share_4_5"
questionnaire = "phieu"
satisfied_codes = ["4", "5"]
min_n = 10
decision = "không có"
source = "made for this test"

[[combiners]]
from_year = 2021
to_year = 2021
combiner = "factors"
basis = "unconfirmed"

[[combiners]]
from_year = 2022
to_year = 2022
combiner = "contents"
basis = "unconfirmed"

[[combiners]]
from_year = 2023
to_year = 2026
combiner = "items"
basis = "derived"

[[variants]]
name = "official"
label_vi = "Chính thức"
weights = "none"
filter = "all"
official = true

[[variants]]
name = "weighted"
label_vi = "Có quyền số"
weights = "final"
filter = "all"
"""
# I has one factor of 2 items; II has factors of 1 and 3 items
NODES = """node_code,parent,level,name_vi,name_en,item_code
T,,overall,Chung,,
I,T,content,Một,,
I.A,I,factor,Một A,,
i1,I.A,item,Câu 1,,q1
i2,I.A,item,Câu 2,,q2
II,T,content,Hai,,
II.A,II,factor,Hai A,,
i3,II.A,item,Câu 3,,q3
II.B,II,factor,Hai B,,
i4,II.B,item,Câu 4,,q4
i5,II.B,item,Câu 5,,q5
i6,II.B,item,Câu 6,,q6
"""
ROW = {"T": 0, "I": 1, "I.A": 2, "II": 5, "II.A": 6, "II.B": 8}
ITEMS = ("q1", "q2", "q3", "q4", "q5", "q6")


def folder(path: Path, toml: str = TOML, nodes: str = NODES) -> Path:
    (path / "index.toml").write_text(toml, encoding="utf-8")
    (path / "nodes.csv").write_text(nodes, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> IndexDefinition:
    return load_index(folder(tmp_path_factory.mktemp("chỉ số nhỏ")))


def faults(path: Path) -> list[tuple[str, str, int, str]]:
    with pytest.raises(FaultsFound) as error:
        load_index(path)
    assert error.value.rule == "indices.folder"
    return [(fault.rule, fault.file, fault.row, fault.got) for fault in error.value.faults]


def test_what_the_folder_says(small: IndexDefinition) -> None:
    assert (small.id, small.definition, small.questionnaire, small.min_n) == ("nho", "share_4_5", "phieu", 10)
    assert small.item_codes() == ITEMS
    assert small.official.name == "official"
    assert small.variant().name == "official"
    assert small.variant("weighted").weights == "final"
    assert small.combiner(2022).combiner == "contents"
    assert small.combiner(2026).basis == "derived"
    assert [node.code for node in small.tree.children("T")] == ["I", "II"]


def test_unknown_variant_and_year_are_named(small: IndexDefinition) -> None:
    with pytest.raises(RulebookError) as error:
        small.variant("users_only")
    assert (error.value.rule, error.value.expected) == ("indices.unknown_variant", "official | weighted")
    with pytest.raises(RulebookError) as error:
        coefficients(small, 2027)
    assert (error.value.rule, error.value.got) == ("indices.no_combiner", "2027")


@pytest.mark.parametrize(
    ("year", "overall", "second"),
    [
        # items: 1/6 each; II is the mean of its four items
        (2024, [1 / 6] * 6, [0, 0, 1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        # contents: 1/2 for each content, spread over 2 and 4 items
        (2022, [1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8], [0, 0, 1 / 4, 1 / 4, 1 / 4, 1 / 4]),
        # factors: 1/3 for each of three factors with 2, 1 and 3 items; II is the mean of its two factors
        (2021, [1 / 6, 1 / 6, 1 / 3, 1 / 9, 1 / 9, 1 / 9], [0, 0, 1 / 2, 1 / 6, 1 / 6, 1 / 6]),
    ],
)
def test_coefficients_of_each_combiner(
    small: IndexDefinition, year: int, overall: list[float], second: list[float]
) -> None:
    nodes, items, matrix = coefficients(small, year)
    assert nodes == ("T", "I", "I.A", "i1", "i2", "II", "II.A", "i3", "II.B", "i4", "i5", "i6")
    assert items == ITEMS
    assert matrix.shape == (12, 6)
    np.testing.assert_allclose(matrix[ROW["T"]], overall, atol=1e-15)
    np.testing.assert_allclose(matrix[ROW["II"]], second, atol=1e-15)
    for code in ("I", "I.A"):
        np.testing.assert_allclose(matrix[ROW[code]], [1 / 2, 1 / 2, 0, 0, 0, 0], atol=1e-15)
    np.testing.assert_allclose(matrix[ROW["II.B"]], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3], atol=1e-15)
    np.testing.assert_array_equal(matrix[[3, 4, 7, 9, 10, 11]], np.eye(6))


@given(
    values=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    year=st.sampled_from([2021, 2022, 2023]),
    better=st.integers(0, 5),
)
def test_a_node_lies_between_its_items_and_never_falls(
    small: IndexDefinition, values: list[float], year: int, better: int
) -> None:
    _, _, matrix = coefficients(small, year)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-14)
    shares = np.array(values)
    raised = shares.copy()
    raised[better] = 1.0
    assert (matrix @ raised >= matrix @ shares - 1e-15).all()
    below = matrix > 0
    for row, value in enumerate(matrix @ shares):
        assert shares[below[row]].min() - 1e-12 <= value <= shares[below[row]].max() + 1e-12


@pytest.mark.parametrize(
    ("year", "policy", "factors", "overall"),
    [
        # 2024: contents 83.84 and 84.09, overall 83.94 as published (vietnam.vnanet.vn 392158); the mean of
        # the two contents would be 83.965
        (2024, 83.84, [84.09] * 5, "83.94"),
        # 2023: policy 82.49, five service factors and overall 82.66 as published (en.vietnamplus.vn 284704)
        (2023, 82.49, [83.00, 83.02, 83.12, 83.03, 82.27], "82.66"),
    ],
)
def test_published_national_values_come_out(year: int, policy: float, factors: list[float], overall: str) -> None:
    sipas = load_index(Path(__file__).parents[2] / "data" / "indices" / "sipas")
    nodes, items, matrix = coefficients(sipas, year)
    service = dict(zip(("II.A", "II.B", "II.C", "II.D", "II.E"), factors, strict=True))
    values = np.array([policy if item.startswith("I.") else service[item[:4]] for item in items])
    assert f"{(matrix @ values)[nodes.index('SIPAS')]:.2f}" == overall


def test_every_fault_of_the_nodes(tmp_path: Path) -> None:
    nodes = NODES + (
        "X,,overall,Gốc thứ hai,,\n"
        "i7,II.A,item,Trùng câu,,q1\n"
        "i8,II.A,item,Thiếu câu,,\n"
        "III,T,content,Rỗng,,q9\n"
        "IV,I.A,content,Sai cấp,,\n"
        "i9,V,item,Lạc,,q8\n"
        "i1,II.A,item,Trùng mã,,q7\n"
        "i10,II.A,leaf,Cấp lạ,,q11\n"
    )
    assert faults(folder(tmp_path, nodes=nodes)) == [
        ("data.field", "nodes.csv", 21, "leaf"),
        ("indices.item_code", "nodes.csv", 16, ""),
        ("indices.item_code", "nodes.csv", 17, "q9"),
        ("indices.item_twice", "nodes.csv", 15, "q1"),
        ("indices.level", "nodes.csv", 18, "content"),
        ("indices.no_items", "nodes.csv", 14, "X"),
        ("indices.no_items", "nodes.csv", 17, "III"),
        ("indices.no_items", "nodes.csv", 18, "IV"),
        ("indices.one_root", "nodes.csv", 0, "T, X"),
        ("tree.duplicate", "nodes.csv", 20, "i1"),
        ("tree.unknown_parent", "nodes.csv", 19, "V"),
    ]


def test_an_item_outside_every_group_is_a_fault(tmp_path: Path) -> None:
    nodes = NODES + "i7,T,item,Ngoài nội dung,,q7\ni8,II,item,Ngoài yếu tố,,q8\n"
    with pytest.raises(FaultsFound) as error:
        load_index(folder(tmp_path, nodes=nodes))
    assert [(fault.rule, fault.got, fault.expected) for fault in error.value.faults] == [
        ("indices.ungrouped", "i7", "content"),
        ("indices.ungrouped", "i7", "factor"),
        ("indices.ungrouped", "i8", "factor"),
    ]


def test_every_fault_of_the_header(tmp_path: Path) -> None:
    toml = (
        TOML.replace("to_year = 2021", "to_year = 2020")
        .replace("from_year = 2023", "from_year = 2022")
        .replace('name = "weighted"', 'name = "official"\nofficial = true')
    )
    assert faults(folder(tmp_path, toml=toml)) == [
        ("indices.duplicate_variant", "index.toml", 0, "official"),
        ("indices.official", "index.toml", 0, "official, official"),
        ("indices.years", "index.toml", 0, "2021-2020"),
        ("indices.years_overlap", "index.toml", 0, "2022-2026"),
    ]


def test_no_official_variant_is_a_fault(tmp_path: Path) -> None:
    assert faults(folder(tmp_path, toml=TOML.replace("official = true", ""))) == [
        ("indices.official", "index.toml", 0, "0")
    ]


def test_index_against_questionnaire(small: IndexDefinition) -> None:
    assert check_against(small, questionnaire_id="phieu", rated_items=ITEMS, satisfied={"5", "4"}) == []
    found = check_against(small, questionnaire_id="khac", rated_items=ITEMS[1:], satisfied={"3", "4", "5"})
    assert [(fault.rule, fault.got, fault.expected) for fault in found] == [
        ("indices.other_questionnaire", "phieu", "khac"),
        ("indices.satisfied_codes", "4, 5", "3, 4, 5"),
        ("indices.unknown_item", "q1", "khac"),
    ]


GIVEN = """
id = "nho"
title_vi = "Chỉ số nhận từ cơ quan khác"
definition = "portal"
item_value = "given"
decision = "thử"
source = "thử"

[[variants]]
name = "official"
label_vi = "Như cơ quan cung cấp"
weights = "none"
filter = "all"
official = true
"""
GIVEN_NODES = (
    "node_code,parent,level,name_vi,name_en,item_code\nT,,overall,Chung,,\nI,T,content,Một,,\ni1,I,item,Một một,,\n"
)


def test_an_index_of_values_has_nodes_and_one_variant(tmp_path: Path) -> None:
    index = load_index(folder(tmp_path, GIVEN, GIVEN_NODES))
    assert index.is_given and index.official.name == "official"
    assert [node.node_code for node in index.nodes] == ["T", "I", "i1"]
    found = check_against(index, questionnaire_id="phieu", rated_items=ITEMS, satisfied=set())
    assert [(one.rule, one.got) for one in found] == [("indices.given", "nho")]


def test_what_an_index_of_values_cannot_have(tmp_path: Path) -> None:
    head = 'questionnaire = "phieu"\nmin_n = 10\nfull_code = 5\n'
    other = '\n[[variants]]\nname = "weighted"\nlabel_vi = "Khác"\nweights = "final"\nfilter = "all"\n'
    combiner = '\n[[combiners]]\nfrom_year = 2020\nto_year = 2026\ncombiner = "items"\nbasis = "stated"\n'
    nodes = GIVEN_NODES.replace("i1,I,item,Một một,,", "i1,I,item,Một một,,q1")
    assert faults(folder(tmp_path, head + GIVEN + other + combiner, nodes)) == [
        ("indices.entry", "index.toml", 0, "combiners"),
        ("indices.entry", "index.toml", 0, "min_n"),
        ("indices.entry", "index.toml", 0, "questionnaire"),
        ("indices.given_variants", "index.toml", 0, "official, weighted"),
        ("indices.item_code", "nodes.csv", 4, "q1"),
        ("indices.item_value", "index.toml", 0, "5"),
    ]


def test_an_index_of_answers_still_needs_form_combiner_and_least_number(tmp_path: Path) -> None:
    lines = [line for line in TOML.splitlines() if not line.startswith(("questionnaire", "min_n"))]
    head, _, variants = "\n".join(lines).partition("[[variants]]")
    toml = head.partition("[[combiners]]")[0] + "\n[[variants]]" + variants
    assert faults(folder(tmp_path, toml=toml)) == [("indices.entry", "index.toml", 0, "")] * 3
