"""Events round-trip, and their types and payloads belong together."""

import pytest
from pydantic import ValidationError

from core.base.errors import RunError
from core.base.events import ArtifactPathPayload, Event, LogPayload, MetricPayload, ProgressPayload, StatusPayload
from core.base.identifiers import check_run_id, new_run_id
from core.base.time import utc_now

PAYLOADS = [
    LogPayload(level="info", message="<script>", fields={"rows": 3}),
    ProgressPayload(value=1, total=2, unit="folds", step_name="train"),
    MetricPayload(name="loss", value=None, step=1, fold=0),
    StatusPayload(state="running", current_status="training"),
    ArtifactPathPayload(artifact_name="equity", path="artifacts/equity.parquet", size_bytes=1, sha256="0" * 64),
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.kind)
def test_an_event_round_trips_through_its_line(payload):
    event = Event(task_id=new_run_id(), seq=1, timestamp_utc=utc_now(), type=payload.kind, payload=payload)
    line = event.model_dump_json()
    assert Event.model_validate_json(line) == event
    assert '"kind"' not in line


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_say_is_none_in_memory_as_in_the_log(value):
    assert MetricPayload(name="loss", value=value).value is None
    assert LogPayload(level="info", message="", fields={"a": value, "b": 1.5, "c": True}).fields == {
        "a": None,
        "b": 1.5,
        "c": True,
    }
    assert ProgressPayload(value=1, total=abs(value), eta_s=abs(value), step_name="train").total is None
    with pytest.raises(ValidationError):
        ProgressPayload(value=value, step_name="train")


def test_an_event_without_a_time_zone_is_refused():
    with pytest.raises(ValidationError, match="timezone"):
        Event(
            task_id="x",
            seq=1,
            timestamp_utc=utc_now().replace(tzinfo=None),
            type="metric",
            payload=MetricPayload(name="loss", value=1),
        )


def test_an_event_with_another_types_payload_is_refused():
    with pytest.raises(ValidationError):
        Event(task_id="x", seq=1, timestamp_utc=utc_now(), type="metric", payload=PAYLOADS[0].model_dump())


@pytest.mark.parametrize("run_id", ["", "../x", "D94B7F9A-3F65-4A3E-9A53-0A3F5F3C2B11", "0" * 10_000, "a\0b", None, 7])
def test_what_is_not_a_canonical_uuid4_is_no_run_id(run_id):
    with pytest.raises(RunError, match="is not a UUID4"):
        check_run_id(run_id)


def test_fresh_run_ids_pass_their_own_check():
    assert len({check_run_id(new_run_id()) for _ in range(100)}) == 100
