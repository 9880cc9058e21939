"""How many webhooks Keywright delivers a second, and what receivers that hang do to one that answers."""

import http.client
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import measure
import seed

PORT_HOSTS = 8
"""One receiver under so many addresses of this machine: to each only eight requests are under way at once."""


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return json.loads(connection.getresponse().read() or b"null")


def call(api, method, path, **body):
    api.connection.request(method, f"/api/v1/{path}", json.dumps(body), {**api.headers, "If-Match": "*"})
    response = api.connection.getresponse()
    answer = json.loads(response.read() or b"null")
    if response.status >= 300:
        sys.exit(f"{method} /api/v1/{path} is answered {response.status}: {answer}")
    return answer


def post_unnamed(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, b"", {"Content-Length": "0"})
    connection.getresponse().read()


@contextmanager
def postgres(folder):
    """A PostgreSQL of its own, as it is installed: it waits for the disk at each commit."""
    bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    program = bins[-1] if bins else Path(shutil.which("postgres") or sys.exit("no PostgreSQL")).parent
    home = folder / "postgres"
    home.mkdir()
    own = []
    if os.getuid() == 0:
        # It refuses to run as root.
        shutil.chown(home, "postgres", "postgres")
        for parent in [folder, *folder.parents][:-1]:
            parent.chmod(parent.stat().st_mode | 0o011)
        own = ["runuser", "-u", "postgres", "--"]
    data, port = home / "data", measure.free_port()
    run = dict(check=True, timeout=120, stdout=subprocess.DEVNULL, cwd=home)
    subprocess.run([*own, program / "initdb", "-A", "trust", "-U", "keywright", "-D", data], **run)
    control = [*own, program / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", home / "log"]
    options = f"-p {port} -h 127.0.0.1 -k {home} -c max_connections=100"
    subprocess.run([*control, "-o", options, "start"], **run)
    try:
        yield f"postgres://keywright@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], **run)


def wait_for(receiver, unique, within):
    deadline = time.monotonic() + within
    while (said := get(receiver, "/count"))["unique"] < unique:
        if time.monotonic() > deadline:
            sys.exit(f"{said['unique']} of {unique} webhooks came within {within} s")
        time.sleep(0.05)
    time.sleep(1)
    return get(receiver, "/count")


def throughput(desk, nodes, receiver, options):
    """Makes events while nobody is told, then replays all of them to several endpoints at once."""
    with ExitStack() as stack:
        servers = [stack.enter_context(desk.start()) for _ in range(nodes)]
        api = seed.Api(servers[0].public_port, desk.token())
        endpoints = [
            call(api, "POST", "webhook-endpoints", url=f"http://127.0.0.{host + 1}:{receiver}/hook",
                 event_types=["plan.created"])["id"]
            for host in range(PORT_HOSTS)
        ]
        # Known to answer, as they would be in life.
        call(api, "POST", "plans", name="warm up")
        wait_for(receiver, PORT_HOSTS, 30)
        for endpoint in endpoints:
            call(api, "POST", f"webhook-endpoints/{endpoint}/disable")
        for number in range(options.events):
            call(api, "POST", "plans", name=f"Plan {number}")
        time.sleep(2)
        post_unnamed(receiver, "/reset")
        for endpoint in endpoints:
            call(api, "POST", f"webhook-endpoints/{endpoint}/enable")
        for endpoint in endpoints:
            call(api, "POST", f"webhook-endpoints/{endpoint}/replay", since="2020-01-01T00:00:00Z")
        said = wait_for(receiver, PORT_HOSTS * options.events, 600)
        pending = call(api, "GET", "webhook-deliveries?state=pending&limit=1")["items"]
        exhausted = call(api, "GET", "webhook-deliveries?state=exhausted&limit=1")["items"]
        cpu = sum(server.cpu_s() for server in servers)
    assert not pending and not exhausted, "something was not delivered"
    return said, cpu


def latency(api, receiver, options):
    """From the request that makes a plan to the webhook, in milliseconds, one after the other, with a pause between: what
    hangs is tried for 15 seconds, and all of these count."""
    found = []
    for number in range(options.tries):
        waiting = http.client.HTTPConnection("127.0.0.1", receiver, timeout=30)
        waiting.request("GET", "/next")
        time.sleep(options.pause)
        began = time.monotonic()
        call(api, "POST", "plans", name=f"Plan {number} {time.time_ns()}")
        waiting.getresponse().read()
        found.append((time.monotonic() - began) * 1000)
        waiting.close()
    return sorted(found)


def hanging(desk, receiver, options):
    with desk.start() as server:
        api = seed.Api(server.public_port, desk.token())
        call(api, "POST", "webhook-endpoints", url=f"http://127.0.0.1:{receiver}/hook", event_types=["plan.created"])
        call(api, "POST", "plans", name="warm up")
        wait_for(receiver, 1, 30)
        alone = latency(api, receiver, options)
        for number in range(options.hanging):
            host = f"127.{1 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
            call(api, "POST", "webhook-endpoints", url=f"http://{host}:{receiver}/hang",
                 event_types=["plan.updated"])
        # Each of them is left with a delivery that is tried, runs into its time limit, and is tried again.
        plan = call(api, "POST", "plans", name="now they hang")["id"]
        call(api, "PATCH", f"plans/{plan}", description="now they hang")
        wait_until_hanging(receiver)
        before = get(receiver, "/count")["hung"]
        beside = latency(api, receiver, options)
        said = get(receiver, "/count")
        memory = server.memory()[0]
    return alone, beside, said["most_hanging"], said["hung"] - before, memory


def wait_until_hanging(receiver):
    """Until no more of them are taken on at once."""
    before = -1
    for _ in range(60):
        now = get(receiver, "/count")["most_hanging"]
        if now == before:
            return
        before = now
        time.sleep(2)


def line(values):
    def at(share):
        return values[min(len(values) - 1, int(len(values) * share))]

    return f"{at(0.5):.1f} ms | {at(0.95):.1f} ms | {values[-1]:.1f} ms"


def webhooks(options, folder, desk_at, receiver_program):
    """`desk_at(folder, database)` makes a desk; returns the report."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port = measure.free_port()
    receiver = measure.Server("receiver", [receiver_program, f"0.0.0.0:{port}"], port, folder / "receiver.log",
                              probe="/count")
    rows = []
    with ExitStack() as stack:
        stack.enter_context(receiver)
        url = None if options.only_hanging else stack.enter_context(postgres(folder))
        ways = [] if options.only_hanging else [("SQLite, one node", 1, None), ("PostgreSQL, two nodes", 2, url)]
        for name, nodes, database in ways:
            post_unnamed(port, "/reset")
            said, cpu = throughput(desk_at(folder / f"desk-{nodes}", database), nodes, port, options)
            rate = said["unique"] / said["span_s"]
            rows.append(f"| {name} | {said['unique']:,} | {rate:,.0f} | {said['received'] - said['unique']} | "
                        f"{cpu / said['unique'] * 1000:.2f} ms |")
        post_unnamed(port, "/reset")
        alone, beside, most, begun, memory = hanging(desk_at(folder / "desk-hanging", None), port, options)
    return "\n".join([
        "# Webhooks",
        "",
        measure.machine(folder.parent.parent.parent) + ".",
        "",
        f"{options.events:,} events to {PORT_HOSTS} endpoints at once, all of them one local receiver under as many addresses; "
        "at most eight requests are under way to each. Everything on these cores: Keywright, receiver, database.",
        "",
        "| | delivered | a second | twice | CPU for each |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"A receiver that answers, alone and beside {options.hanging:,} endpoints that never do ({most:,} requests hung at "
        f"once, {begun:,} began to while it was measured; {hard:,} files may be open; {memory:.0f} MiB resident). From the "
        f"request that makes a plan to the webhook, {options.tries} times, {options.pause} s apart:",
        "",
        "| | p50 | p95 | longest |",
        "| --- | --- | --- | --- |",
        f"| alone | {line(alone)} |",
        f"| beside those that hang | {line(beside)} |",
        "",
    ])
