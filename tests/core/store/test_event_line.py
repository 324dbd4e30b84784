from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from core.base.events import Event, EventType, LogPayload, MetricPayload, Payload, RunState, StatusPayload
from core.store.event_line import EventLines, payload_text

RUN = "d94b7f9a-3f65-4a3e-9a53-0a3f5f3c2b11"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
PAYLOADS: st.SearchStrategy[Payload] = st.one_of(
    st.builds(
        LogPayload,
        level=st.just("info"),
        message=st.text(),
        fields=st.dictionaries(st.text(max_size=8), SCALARS, max_size=3),
    ),
    st.builds(MetricPayload, name=st.text(), value=st.none() | st.floats()),
    st.builds(StatusPayload, state=st.sampled_from(RunState), current_status=st.text()),
)


@given(
    run_id=st.just(RUN) | st.text(min_size=1),
    seq=st.integers(1, 10**12),
    moment=st.datetimes(timezones=st.just(UTC)),
    payload=PAYLOADS,
)
def test_a_line_is_the_text_that_the_event_itself_gives(run_id, seq, moment, payload):
    lines = EventLines(run_id)
    line = lines.line(seq, moment, payload, payload_text(payload))
    checked = Event(
        task_id=run_id, seq=seq, timestamp_utc=moment, type=EventType(payload.kind), payload=payload
    )  # every field validated
    assert Event.model_validate_json(line) == checked == lines.event(seq, moment, payload)
    assert line.decode() == f"{checked.model_dump_json()}\n"
