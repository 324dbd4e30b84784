"""`qlop relay` as a process: one for each home, killed and ended without loss."""

import json
import resource
import socket
import stat
import subprocess
from contextlib import ExitStack

from core.base.identifiers import new_run_id
from core.relay.tokens import relay_key
from core.services.relay_process import living_relay
from core.store.home import Home


def test_after_a_kill_the_next_relay_goes_on_from_the_file(mortal_relay, living_run, logged, whole_log, dial):
    client = dial(mortal_relay, living_run.run_id)
    client.follow(from_seq=1)
    seen = client.events_to(logged(500))
    mortal_relay.kill()
    last = logged(500)
    mortal_relay.start()
    client = dial(mortal_relay, living_run.run_id)
    client.follow(from_seq=len(seen) + 1)
    assert seen + client.events_to(last) == whole_log()


def test_a_relay_that_is_asked_to_end_says_so_and_ends_well(mortal_relay, living_run, logged, dial):
    client = dial(mortal_relay, living_run.run_id)
    client.follow(from_seq=1)
    client.events_to(logged(20))
    assert mortal_relay.terminate() == 0
    error = client.read("error")
    assert (error["code"], error["is_final"]) == ("closing", True)
    assert client.end()[0] == 1001
    assert living_relay(mortal_relay.home) is None
    assert not (mortal_relay.home.path / "relay" / "relay.json").exists()


def test_what_announces_a_relay_is_for_its_owner_and_holds_no_secret(mortal_relay):
    path = mortal_relay.home.path / "relay" / "relay.json"
    key = mortal_relay.configuration / "relay.key"
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, key)] == [0o600, 0o600]
    assert set(json.loads(path.read_text())) == {"url", "process"}
    assert relay_key(key).hex() not in path.read_text()


def test_a_second_relay_of_a_home_is_refused_by_the_name_of_the_first(mortal_relay):
    found = living_relay(mortal_relay.home)
    with mortal_relay.another(0, stderr=subprocess.PIPE, text=True) as second:
        said = " ".join(second.communicate(timeout=60)[1].split())
    assert second.returncode not in (0, 2)
    assert f"has a relay already: process {found.process.pid} at {found.url}." in said


def test_a_taken_port_is_refused_with_the_option_that_changes_it(mortal_relay, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        mortal_relay.home = Home(tmp_path / "another home")
        with mortal_relay.another(port, stderr=subprocess.PIPE, text=True) as second:
            said = " ".join(second.communicate(timeout=60)[1].split())
    assert second.returncode == 2
    assert f"Port {port} of 127.0.0.1 is taken. Choose another one with --port" in said


def test_a_relay_that_others_can_reach_says_what_that_means(mortal_relay, tmp_path):
    mortal_relay.home = Home(tmp_path / "another home")
    with mortal_relay.another(0, "--host", "0.0.0.0", stdout=subprocess.PIPE, text=True) as relay:
        told = [relay.stdout.readline(), relay.stdout.readline()]
        relay.terminate()
    assert " at ws://127.0.0.1:" in told[0]
    assert "other machines can reach it" in told[1]
    assert "not encrypted" in told[1]


def test_a_search_finds_line_3_of_200000_after_joining_at_the_tail(served_relay, run_home, dial):
    run_id = new_run_id()
    folder = run_home.create().path / "runs" / run_id
    folder.mkdir(parents=True)
    line = '{"task_id":"%s","seq":%d,"timestamp_utc":"2026-01-05T09:00:00.000000Z","type":"log",'
    line += '"payload":{"level":"info","message":"%s %d","logger":"qlop","fields":{}}}\n'
    lines = (line % (run_id, seq, "the needle" if seq == 3 else "some hay", seq) for seq in range(1, 200_001))
    (folder / "events.jsonl").write_text("".join(lines))
    client = dial(served_relay, run_id)
    ack = client.follow(tail=10)
    assert (ack["from_seq"], ack["head_seq"]) == (199_991, 200_000)
    assert len(client.events_to(200_000)) == 10
    client.send(frame="search", request_id="s1", text="NEEDLE", levels=["info"], before_seq=None, limit=200)
    answer = client.read("batch", "error")
    assert [event["seq"] for event in answer["events"]] == [3]
    assert (answer["match_count"], answer["searched_to_seq"], answer["has_more"]) == (1, 200_000, False)


def test_a_damaged_line_ends_what_is_shown_until_it_is_repaired(served_relay, living_run, logged, dial):
    head = logged(3)
    path = living_run.folder.events_path
    whole = path.read_bytes()
    with path.open("ab") as file:
        file.write(b"\0" * 50 + b"\n")
    client = dial(served_relay, living_run.run_id)
    assert client.follow(from_seq=1)["head_seq"] == head
    assert len(client.events_to(head)) == head
    path.write_bytes(whole)
    assert client.events_to(logged(1))[-1]["seq"] == head + 1


def test_a_damaged_line_among_others_is_shown_as_such_and_those_after_it_follow(
    served_relay, living_run, logged, whole_log, dial
):
    head = logged(3)
    path = living_run.folder.events_path
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"message":"line 2"', b'"message":"line\0 2"'))
    client = dial(served_relay, living_run.run_id)
    client.follow(from_seq=1)
    events = client.events_to(head)
    assert "is damaged" in events[head - 2]["payload"]["message"]
    later = logged(1)
    assert client.events_to(later)[-1]["seq"] == later
    client.send(frame="fetch", request_id="f", from_seq=1, to_seq=head)
    assert client.read("batch")["events"] == events


def test_large_lines_come_in_answers_that_are_not(served_relay, living_run, logged, dial):
    head = logged(40, "needle" + "x" * 60_000)
    client = dial(served_relay, living_run.run_id)
    client.read("ack")
    most = client.first["limits"]["batch_bytes"] + 100_000
    asked = {"fetch": {"from_seq": 1, "to_seq": head}, "search": {"text": "needle"}}
    for name, request in asked.items():
        client.send(frame=name, request_id=name, **request)
        answer = client.read("batch")
        assert 0 < len(answer["events"]) < 10
        assert len(json.dumps(answer)) < most
    assert answer["has_more"]


def test_a_relay_that_is_granted_few_open_files_says_how_many_it_serves_and_bears_a_crowd(
    relay_process, living_run, dial
):
    relay = relay_process
    few = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (240, 240))}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with relay.another(0, **pipes, **few) as process, ExitStack() as stack:
        stack.callback(process.kill)
        told = "The system grants 240 open files (ulimit -n), so this relay serves 12 connections instead of 2,000. "
        assert process.stdout.readline().startswith(told)
        relay.port = int(process.stdout.readline().rpartition(":")[2])
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
        assert dial(relay, living_run.run_id).read("ack", "error")["frame"] == "ack"
        process.terminate()
        assert process.stdout.readline() == "The relay has stopped.\n"
