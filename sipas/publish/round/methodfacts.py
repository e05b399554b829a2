"""Further lines of the method sheet: what an instrument's fieldwork and weights were, what happened to the round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sipas.publish.labels import format_date, format_number
from sipas.publish.round.surveyresults import MethodFact, rows
from sipas.publish.round.weightfacts import weight_facts
from sipas.steps.given import Given
from sipas.steps.survey import joined_strata
from sipas.steps.values import FACTS as VALUES_FACTS

# Lines of the round under this heading stand on the list of sheets too.
REOPENED: Final = "Mở lại đợt"
# Lines on values that another agency gave.
TAKEN_OVER: Final = "Số liệu của cơ quan khác"


def values_facts(given: Given) -> tuple[MethodFact, ...]:
    """An instrument without respondents: whose figures it has, and what they came in."""
    rules, facts = given.values_rules, given.facts(f"values/{VALUES_FACTS}")
    with_errors = ", ".join(facts["nodes_with_errors"])
    errors = f"Cơ quan cung cấp cho sai số chuẩn của: {with_errors}. " if with_errors else ""
    lines = [
        (TAKEN_OVER, "Nguồn", rules.source_vi),
        (TAKEN_OVER, "Tệp nhận được", facts["file_name"]),
        (TAKEN_OVER, "SHA-256 của tệp", facts["file"]),
        (TAKEN_OVER, "Số đơn vị có giá trị", format_number(facts["n_units"], 0)),
        (TAKEN_OVER, "Đơn vị đã kết thúc trong đợt, không dùng giá trị", ", ".join(facts["ended"])),
        ("Sai số", "Số liệu của cơ quan khác", f"{errors}Giá trị không kèm sai số chuẩn được coi là không có sai số"),
    ]
    return tuple(MethodFact(*line) for line in lines if line[2])


def fieldwork_facts(given: Given, manifest: Mapping[str, Any]) -> tuple[MethodFact, ...]:
    """An instrument with respondents: frame, receipt, reserves, weights, errors."""
    rules, plan, frame = given.rules, manifest["plan"], given.facts("frame/frame_facts.json")
    window = " đến ".join(format_date(plan[edge]) for edge in ("window_start", "window_end"))
    bears_dates = plan["target"] == "transaction"
    lines = [
        ("Dàn mẫu", "Đơn vị chọn mẫu", {"transaction": "hồ sơ", "person": "người"}[plan["target"]]),
        *([("Dàn mẫu", "Thời gian lấy hồ sơ", window)] if bears_dates else []),
        ("Dàn mẫu", "Số đơn vị mẫu trong dàn", format_number(frame["counts"]["on_frame"], 0)),
        ("Dàn mẫu", "Không có thông tin liên hệ", format_number(frame["without_contact"], 0)),
        ("Thu phiếu", "Hạn nhận phiếu", format_date(rules.fieldwork.cutoff)),
        *_reserve_lines(given),
    ]
    joined = "; ".join(f"{a} vào {b}" for a, b in joined_strata(given)) or "không có"
    weights = weight_facts(rules.weights, given.facts("weight/joined.json")["joined"])
    errors = MethodFact("Sai số", "Tầng đã ghép để tính sai số", joined)
    return (*(MethodFact(group, name, value) for group, name, value in lines), *weights, errors)


def round_facts(given: Given) -> Iterator[MethodFact]:
    """The round itself: instruments that were cancelled, units that ended in the field, reopenings."""
    for survey in rows(given.ledger("cancelled")):
        words = f"đã hủy ngày {format_date(survey['day'])}: {survey['reason']}"
        yield MethodFact("Phiếu khảo sát", survey["title_vi"], words)
    for event in rows(given.ledger("events")):
        what = f"sáp nhập vào {event['successor_id']}" if event["successor_id"] else "giải thể"
        name = f"{event['unit_id']}, từ {format_date(event['effective_on'])}"
        yield MethodFact("Đơn vị", name, f"{what}, theo {event['decision']}")
    for reopening in rows(given.ledger("reopenings")):
        name = f"Lần {reopening['reopen_no']}, {format_date(reopening['day'])}"
        until = format_date(reopening["counts_until"])
        yield MethodFact(REOPENED, name, f"{reopening['reason']} (tính phiếu nhận từ ngày đó đến hết {until})")


def _reserve_lines(given: Given) -> Iterator[tuple[str, str, str]]:
    for change in rows(given.ledger("reserves")):
        what = {"release": "phát thêm", "withdraw": "rút bớt"}[change["kind"]]
        words = f"{what} thứ tự {change['first_order']}-{change['last_order']}: {change['reason']}"
        yield "Mẫu dự phòng", f"Tầng {change['stratum_id']}", words
