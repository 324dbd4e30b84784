"""The live relay of events: a disposable cache between runs and those who watch them.

Both sides
    tokens: who may publish or watch which run. limits: what one relay bears. frames: what a client sends. answers: what
    the relay sends.
The relay
    server: sockets and time. door: which hosts and origins may knock. waiting_room: who has shown no token yet.
    protocol: the rules of one connection, pure. connection: does what the protocol says. topics: the open tasks. topic:
    one task, and who is live. ring: its newest events. subscriber: who follows it, at its own pace. search: through a
    whole log. raw_log: what is needed of a log. damage: what is shown in place of a damaged line.
Who talks to it
    endpoint: where it is, with which token. greeting: the first frames. refusal: its errors. back_off: pauses between
    tries. patience: their end. link, plain_link: a connection, asynchronous and not, the latter over
    a plain_socket. subscription: frames to events in
    order, pure. client, plain_client: follow a run. publisher: ships a run's log from its process.
"""
