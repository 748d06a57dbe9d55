"""Who may do what: host names, foreign pages, keys and cookies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from api_site import coldreel, environment, event, raw, running
from coldreel import Coldreel
from coldreel.store.embedded.server import stop

KEY = "a-key-of-more-than-16-characters"
BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="session")
def keyed(demo_catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the demo shorts that has a key and listens on every address."""
    said = tmp_path_factory.mktemp("keyed")
    env = environment(COLDREEL_API_KEY=KEY)
    command = ("serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", demo_catalogue)
    with running(said, *command, env=env) as server:
        yield server.address().replace("0.0.0.0", "127.0.0.1")


@pytest.fixture
def stranger(keyed: str) -> Iterator[httpx.Client]:
    """Somebody without the key."""
    with httpx.Client(base_url=keyed, timeout=30) as client:
        yield client


def _forbidden(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and answer.json()["code"] == "forbidden"


# --- on loopback ----------------------------------------


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LocalHost", "localhost:1234"])
def test_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/api/items?n=1", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[::1",
        "",
        "localhost@evil",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/items", "/api/feed"])
def test_other_names_are_not(site: str, host: str, path: str) -> None:
    """A name of another site that resolves here must not open the catalogue to its pages."""
    answer = raw(site, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] in {"400", "403"}, answer


def test_every_address_of_this_machine_alone_will_do(demo_catalogue: Path, tmp_path: Path) -> None:
    where = ("--host", "127.0.0.2", "--port", "0", "--data-dir", demo_catalogue)
    with running(tmp_path, "serve", *where) as server:
        address = server.address()
        assert address.startswith("http://127.0.0.2:")
        assert httpx.get(f"{address}/api/items?n=1").status_code == 200
        for host, status in (("localhost", 200), ("evil.example", 403)):
            assert httpx.get(f"{address}/", headers={"Host": host}).status_code == status


def test_no_host_at_all_is_not_answered(site: str) -> None:
    assert raw(site, "GET /api/items HTTP/1.0\r\n\r\n").split()[1] in {"400", "403"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_may_not_write(client: httpx.Client, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/api/feedback"), ("POST", "/api/items"), ("DELETE", "/api/items/x"),
                         ("DELETE", "/api/users/x"), ("POST", "/api/ingest/1/retry")):  # fmt: skip
        answer = client.request(method, path, headers=headers)
        assert _forbidden(answer), (method, path, answer.text)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_picture_on_a_page_of_another_site_makes_nobody_a_user(client: httpx.Client) -> None:
    """<img src="http://127.0.0.1:8765/api/feed?user=ann"> would hold back what it is served."""
    name = f"user-{uuid4().hex}"
    for method in ("GET", "HEAD"):
        for path in (f"/api/feed?user={name}", "/api/feed", f"/api/f%65ed?user={name}"):
            answer = client.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
    assert client.get(f"/api/users/{name}").status_code == 404
    assert client.get("/api/feed?n=1", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_the_own_page_may_write(client: httpx.Client, site: str) -> None:
    ref = client.get("/api/items?n=1").json()["items"][0]["ref"]
    headers = {"Origin": site, "Sec-Fetch-Site": "same-origin"}
    sent = client.post("/api/feedback", json={"events": [event(uuid4().int % 2**60, ref)]}, headers=headers)
    assert sent.json()["accepted"] == 1


def test_pages_of_other_sites_cannot_read_either(client: httpx.Client) -> None:
    """No CORS header: a browser keeps the answer from the page that asked."""
    answer = client.get("/api/items", headers={"Origin": "http://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_anybody_on_this_machine_may_name_a_user(client: httpx.Client) -> None:
    name = f"user-{uuid4().hex}"
    answer = client.get("/api/feed", params={"user": name, "n": 3})
    assert answer.json()["user"] == name
    assert "set-cookie" not in answer.headers


# --- cookies ----------------------------------------


def test_a_browser_stays_the_same_user(client: httpx.Client) -> None:
    first, second = (client.get("/api/feed?n=3") for _ in range(2))
    assert first.json()["user"] == second.json()["user"]
    assert "set-cookie" not in second.headers


def test_another_browser_is_another_user(client: httpx.Client, site: str) -> None:
    assert httpx.get(f"{site}/api/feed?n=1").json()["user"] != client.get("/api/feed?n=1").json()["user"]


def test_the_cookie_is_for_the_server_alone(client: httpx.Client) -> None:
    cookie = client.get("/api/feed?n=1").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize("what", ["a letter changed", "another user", "unsigned", "nonsense", "empty"])
def test_a_forged_cookie_makes_a_new_user(client: httpx.Client, site: str, what: str) -> None:
    user = client.get("/api/feed?n=1").json()["user"]
    ((name, cookie),) = client.cookies.items()
    forged = {
        "a letter changed": cookie[:-2] + ("A" if cookie[-2] != "A" else "B") + cookie[-1],
        "another user": '"victim".' + cookie.rpartition(".")[2],
        "unsigned": cookie.rpartition(".")[0],
        "nonsense": "%00.\xff..",
        "empty": "",
    }[what]
    answer = httpx.get(f"{site}/api/feed?n=1", headers={b"Cookie": f"{name}={forged}".encode("latin-1")})
    assert answer.status_code == 200
    assert answer.json()["user"] not in {user, "victim"}
    assert answer.headers["set-cookie"].startswith(f"{name}=")


def test_the_cookie_holds_at_every_server_of_the_catalogue(client: httpx.Client, keyed: str) -> None:
    user = client.get("/api/feed?n=1").json()["user"]
    assert httpx.get(f"{keyed}/api/feed?n=1", cookies=dict(client.cookies)).json()["user"] == user


def test_two_catalogues_on_one_machine_do_not_take_each_other_for_their_own(
    client: httpx.Client, tmp_path: Path
) -> None:
    """A browser sends the cookies of one port to every other."""
    with running(tmp_path / "said", "serve", "--port", "0", "--data-dir", tmp_path / "data") as other:
        feeds = ["/api/feed?n=1", f"{other.address()}/api/feed?n=1"]
        before, after = ([client.get(feed).json()["user"] for feed in feeds] for _ in range(2))
    stop(tmp_path / "data")
    assert before == after
    assert len(set(before)) == len(client.cookies) == 2


# --- beyond loopback ----------------------------------------


def test_without_a_key_it_does_not_listen_beyond_loopback(demo_catalogue: Path) -> None:
    for command in ("serve", "up"):
        ended = coldreel(command, "--host", "0.0.0.0", "--port", "0", "--data-dir", demo_catalogue)
        assert ended.returncode == 1
        assert "COLDREEL_API_KEY" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stdout == ""


def test_a_short_key_is_refused_by_its_name(demo_catalogue: Path) -> None:
    env = environment(COLDREEL_API_KEY="short")
    ended = coldreel("serve", "--port", "0", "--data-dir", demo_catalogue, env=env)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "COLDREEL_API_KEY" in ended.stderr


WRITES = [
    ("POST", "/api/items"),
    ("DELETE", "/api/items/nothing"),
    ("POST", "/api/ingest/999999/retry"),
    ("GET", "/api/feed?user=ann"),
    ("POST", "/api/feedback?user=ann"),
    ("GET", "/api/users/ann"),
    ("DELETE", "/api/users/ann"),
]
WRONG = [
    {},
    {"Authorization": "Bearer wrong-key-of-many-characters"},
    {"Authorization": f"Basic {KEY}"},
    {"Authorization": KEY},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer \xe9"},
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("headers", WRONG, ids=str)
def test_without_the_key_nobody_writes_or_speaks_for_others(
    stranger: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    content: dict[str, object] = {"json": {"events": []}} if "feedback" in path else {}
    if method == "POST" and path == "/api/items":
        content = {"files": {"file": ("x.mp4", b"x")}}
    answer = stranger.request(method, path, headers=encoded, **content)  # type: ignore[arg-type]
    assert _forbidden(answer), answer.text


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/items"), ("POST", "/api/ingest/1/retry")])
def test_without_the_key_no_body_is_waited_for(keyed: str, method: str, path: str) -> None:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    assert raw(keyed, head).split()[1] == "403"


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/api/items", 3_000_000_000, "413"),
        ("/api/feedback", 2_000_000, "413"),
        ("/api/items", None, "411"),
        ("/api/feedback", None, "411"),
    ],
)
def test_a_body_without_measure_is_refused_before_it_is_read(
    site: str, path: str, length: int | None, status: str
) -> None:
    said = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    assert raw(site, f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{said}\r\n\r\n").split()[1] == status


@pytest.fixture
def failed_source(reel: Coldreel, tmp_path: Path) -> Iterator[str]:
    """A file that is no video, in the catalogue for the length of a test."""
    path = tmp_path / "secret project" / "notes.mp4"
    path.parent.mkdir()
    path.write_text("no film")
    (source,) = reel.enlist(path).sources
    reel.store.database.execute(
        b"update ledger set state = 'failed', due = null, error_code = 'work', error_text = %(text)s"
        b" where source = %(source)s",
        {"source": source, "text": f"{path} is odd"},
    )
    yield str(path)
    reel.store.database.execute(b"delete from sources where id = %(source)s", {"source": source})


def test_strangers_are_not_told_the_folders_of_files(
    stranger: httpx.Client, keyed: str, failed_source: str
) -> None:
    assert "secret project" not in stranger.get("/api/ingest").text
    assert "notes.mp4" in stranger.get("/api/ingest").text
    (failure,) = httpx.get(f"{keyed}/api/ingest", headers=BEARER).json()["failures"]
    assert failure["uri"] == failed_source
    assert failure["reason"] == f"{failed_source} is odd"


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_key_every_door_is_open(keyed: str, method: str, path: str, scheme: str) -> None:
    content: dict[str, object] = {"json": {"events": []}} if "feedback" in path else {}
    headers = {"Authorization": f"{scheme} {KEY}"}
    answer = httpx.request(method, keyed + path, headers=headers, **content)  # type: ignore[arg-type]
    assert answer.status_code in {200, 204, 404, 422}


def test_the_key_opens_the_door_to_programs_whatever_their_origin(keyed: str) -> None:
    answer = httpx.post(
        f"{keyed}/api/feedback?user=ann", json={"events": []}, headers=BEARER | {"Origin": "http://elsewhere"}
    )
    assert answer.status_code == 200


def test_without_the_key_everybody_watches(stranger: httpx.Client) -> None:
    ref = stranger.get("/api/items?n=1").json()["items"][0]["ref"]
    for path in ("/", "/api/feed", f"/api/items/{ref}", f"/api/items/{ref}/similar", "/api/search?q=fish",
                 f"/media/{ref}/poster", "/api/ingest"):  # fmt: skip
        assert stranger.get(path).status_code == 200, path
    sent = stranger.post("/api/feedback", json={"events": [event(uuid4().int % 2**60, ref)]})
    assert sent.json()["accepted"] == 1


def test_a_user_reads_and_erases_what_is_its_own(stranger: httpx.Client) -> None:
    user = stranger.get("/api/feed?n=1").json()["user"]
    assert stranger.get(f"/api/users/{user}").json()["user"] == user
    assert stranger.delete(f"/api/users/{user}").status_code == 204


def test_beyond_loopback_any_host_name_is_answered(stranger: httpx.Client) -> None:
    assert stranger.get("/api/items", headers={"Host": "reel.example"}).status_code == 200


def test_beyond_loopback_pages_of_other_sites_may_not_write_either(stranger: httpx.Client) -> None:
    headers = {"Origin": "http://evil.example"}
    assert _forbidden(stranger.post("/api/feedback", json={"events": []}, headers=headers))
