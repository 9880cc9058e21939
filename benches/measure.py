"""Servers on one core, load on the other, both sides in turn.

What disturbs this machine disturbs both sides alike when they alternate within one run, so ratios hold where absolute
figures do not. "CPU µs" (user and system time of a server / requests) is the steadiest of them.
"""

import contextlib
import os
import re
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = "0", "1"
NICE = 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def set_priority():
    """Runs in a new session: Linux shares the processor between sessions first (autogroups), so the session has to be
    given the priority as well."""
    if NICE:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(NICE))


class Server:
    """A program that serves on loopback, pinned to one core. It is ended with the `with` block."""

    def __init__(self, name, command, port, log, probe="/", env=None, cwd=None):
        self.name, self.port = name, port
        started = time.monotonic()
        self.log = open(log, "w+b")
        self.process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, command)], env=env, cwd=cwd, start_new_session=True,
            preexec_fn=set_priority, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        try:
            self.first_answer_ms = self._first_answer(probe, started)
        except BaseException:
            self.__exit__()
            raise

    def _first_answer(self, probe, started):
        request = f"GET {probe} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        while time.monotonic() - started < 30:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(request)
                if connection.recv(12).startswith(b"HTTP/1.1 200"):
                    return (time.monotonic() - started) * 1000
            time.sleep(0.001)
        self.log.seek(0)
        raise SystemExit(f"{self.name} does not answer:\n{self.log.read()[-2000:].decode(errors='replace')}")

    def memory(self):
        """Resident memory in MiB: all of it, and the part that is not just the program's file."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "RssAnon"))

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def busy_s():
    """What all programs took, and what the host took from this machine."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def load(server, url_path, script, env, seconds, connections):
    """One run of wrk against a server."""
    cpu, busy, children = server.cpu_s(), busy_s(), os.times()
    output = subprocess.run(
        ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
         "-s", HERE / script, f"http://127.0.0.1:{server.port}{url_path}"],
        env={**os.environ, **env}, start_new_session=True, preexec_fn=set_priority, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=seconds + 30,
    )
    after = os.times()
    cpu, busy = server.cpu_s() - cpu, busy_s() - busy
    said = re.search(r"^RESULT (.*)$", output.stdout, re.MULTILINE)
    if not said:
        raise SystemExit(f"wrk against {server.name}:\n{output.stdout}{output.stderr}")
    result = {name: int(value) for name, value in (pair.split("=") for pair in said[1].split())}
    wrk = after.children_user + after.children_system - children.children_user - children.children_system
    elapsed = result["micros"] / 1e6
    return {
        "rate": result["requests"] / elapsed,
        "p50": result["p50"],
        "p99": result["p99"],
        "errors": result["errors"],
        "cpu": cpu * 1e6 / max(result["requests"], 1),
        "server": 100 * cpu / elapsed,
        "wrk": 100 * wrk / elapsed,
        "others": 100 * max(busy - cpu - wrk, 0) / elapsed,
        "memory": server.memory(),
    }


def alternate(servers, rounds, run):
    """Results by server: A B, B A, A B … after one run each that does not count."""
    for server in servers:
        run(server, 2)
    results = {server.name: [] for server in servers}
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            results[server.name].append(run(server, None))
    return results


def median(results, what):
    return statistics.median(result[what] for result in results)


def spread(values, form=",.0f"):
    values = list(values)
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def table(results):
    yield "| | requests/s | p50 µs | p99 µs | CPU µs per request | server CPU % | wrk CPU % | others' CPU % | failed |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, runs in results.items():
        cells = [name, spread(run["rate"] for run in runs)]
        cells += [f"{median(runs, what):,.0f}" for what in ("p50", "p99")]
        cells += [f"{median(runs, 'cpu'):.1f}"]
        cells += [f"{median(runs, what):.0f}" for what in ("server", "wrk", "others")]
        yield f"| {' | '.join(cells)} | {sum(run['errors'] for run in runs)} |"


def ratios(ours, theirs, whose="the bare route's"):
    """Of ours to theirs, round by round."""
    yield f"- Requests/s: {spread((a['rate'] / b['rate'] for a, b in zip(ours, theirs)), '.2f')} times {whose}."
    yield f"- CPU per request: {spread((a['cpu'] / b['cpu'] for a, b in zip(ours, theirs)), '.2f')} times {whose}."


def machine(root):
    def first(pattern, path):
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
        return found[1].strip() if found else "unknown"

    def said(*command):
        return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()

    memory = int(first(r"^MemTotal:\s+(\d+)", "/proc/meminfo")) / 2**20
    processor = first(r"^model name\s*: (.*)", "/proc/cpuinfo")
    return (
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {os.uname().release}, {said('rustc', '--version')}, "
        f"commit {said('git', 'rev-parse', '--short', 'HEAD')}, {time.strftime('%Y-%m-%d')}"
    )
