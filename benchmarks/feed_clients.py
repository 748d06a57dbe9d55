"""Clients that keep asking over HTTP, in a process of their own so that their CPU is counted apart.

Each is a thread with one kept connection, and as light as Python allows: requests are ready-made bytes, and
of an answer only its length is read, and the request id and first item where feedback follows.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

_CHUNK = 1 << 16


@dataclass(slots=True)
class Client:
    """feedback: share of pages that feedback on their first item follows
    latencies: seconds of each request for the path that is measured; failed: answers that were not 200
    """

    port: int
    path: str
    users: int
    feedback: float
    seed: int
    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, until: float) -> None:
        rng = random.Random(self.seed)  # noqa: S311 - lighter than numpy, and guards nothing
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < until:
                user = f"user-{rng.randrange(self.users)}"
                began = time.perf_counter()
                connection.sendall(_get(self.path.format(user=user)))
                status, body = _answer(connection)
                self.latencies.append(time.perf_counter() - began)
                self.failed += status != 200
                if status == 200 and rng.random() < self.feedback:
                    connection.sendall(_feedback(user, body, rng))
                    self.failed += _answer(connection)[0] != 200


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def _feedback(user: str, page: bytes, rng: random.Random) -> bytes:
    """The first item of a page was watched, for a while."""
    feed = json.loads(page)
    now = datetime.now(UTC)
    bits = int(now.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62
    bits |= rng.getrandbits(12) << 64 | rng.getrandbits(62)
    event = {
        "event_id": str(uuid.UUID(int=bits)),
        "item": feed["items"][0]["ref"],
        "kind": "view",
        "at": now.isoformat(),
        "watched_s": round(rng.expovariate(0.1), 1),
        "request_id": feed["request_id"],
    }
    body = json.dumps({"events": [event]}).encode()
    head = (
        f"POST /api/feedback?user={user} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body. Raises ConnectionError when the server goes away."""
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += _more(connection)
    head = got[:end].lower()
    start = head.index(b"content-length:") + len(b"content-length:")
    length = int(head[start : head.find(b"\r\n", start) if b"\r\n" in head[start:] else end])
    while len(got) < end + 4 + length:
        got += _more(connection)
    return int(got[9:12]), got[end + 4 :]


def _more(connection: socket.socket) -> bytes:
    more = connection.recv(_CHUNK)
    if not more:
        raise ConnectionError("The server closed the connection")
    return more


def main(port: int, path: str, users: int, feedback: float, count: int, seconds: float) -> None:
    """Ask until the time is over; print latencies and failures as JSON."""
    until = time.monotonic() + seconds
    clients = [Client(port, path, users, feedback, seed) for seed in range(count)]
    threads = [threading.Thread(target=client.run, args=(until,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies = [round(each, 6) for client in clients for each in client.latencies]
    print(json.dumps({"latencies": latencies, "failed": sum(client.failed for client in clients)}))


if __name__ == "__main__":
    port, path, users, feedback, count, seconds = sys.argv[1:]
    main(int(port), path, int(users), float(feedback), int(count), float(seconds))
