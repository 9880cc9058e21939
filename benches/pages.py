"""How long pages take with 10,000 applications in the database: each of the console, and those about one application,
partner, API, version, plan and credential."""

import http.client
import json
import re
import statistics
import subprocess
import time
from urllib.parse import urlencode

import measure
import seed

EMAIL, PASSWORD = "root@example.com", "correct horse battery staple"
#: What the second segment of a path stands for, by the first thing of its kind that the API lists.
KINDS = {
    "applications": "applications", "partners": "partners", "apis": "apis", "plans": "plans",
    "credentials": "credentials", "subscriptions": "subscriptions", "auth-strategies": "auth-strategies",
}


class Browser:
    """Signed in as an administrator, over one connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = {}

    def ask(self, method, path, fields=None):
        headers = {"Accept": "text/html", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if fields is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        began = time.monotonic()
        self.connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        took = (time.monotonic() - began) * 1000
        for line in response.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return response.status, text, took

    def sign_in(self):
        _, page, _ = self.ask("GET", "/sign-in")
        form = page[page.index('action="/sign-in"'):]
        csrf = re.search(r'name="csrf" value="([^"]+)"', form)[1]
        status, page, _ = self.ask("POST", "/sign-in", {"csrf": csrf, "email": EMAIL, "password": PASSWORD})
        if status != 303:
            raise SystemExit(f"signing in is answered {status}: {page[:500]}")


def paths(program, desk, token):
    """The pages of administrators, with the ids of the first things there are."""
    said = subprocess.run([program, "routes", "--json"], cwd=desk.folder, env=desk.env, check=True, timeout=60,
                          stdout=subprocess.PIPE)
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=60)

    def first(kind):
        connection.request("GET", f"/api/v1/{kind}?limit=1", headers={"Authorization": f"Bearer {token}"})
        items = json.loads(connection.getresponse().read()).get("items", [])
        return items[0]["id"] if items else None

    ids = {kind: first(kind) for kind in KINDS}
    api = ids["apis"]
    connection.request("GET", f"/api/v1/apis/{api}/versions?limit=1", headers={"Authorization": f"Bearer {token}"})
    ids["api-versions"] = json.loads(connection.getresponse().read())["items"][0]["id"]
    for route in json.loads(said.stdout)["routes"]:
        path = route["path"]
        if path.endswith(".csv") or route["listener"] != "public" or route["method"] != "GET" or path.startswith(("/api/", "/oauth2/", "/portal/")):
            continue
        kind = path.split("/{")[0].rsplit("/", 1)[-1]
        if "{" in path and (path.count("{") > 1 or not ids.get(kind)):
            continue
        yield re.sub(r"\{\w+\}", str(ids.get(kind)), path)


def pages(options, folder, keywright, program, root):
    desk = keywright(folder / "desk")
    subprocess.run([program, "admin", "create", "--data-dir", desk.data, "--email", EMAIL, "--password-stdin"],
                   input=PASSWORD.encode(), cwd=desk.folder, env=desk.env, check=True, timeout=60, stdout=subprocess.PIPE)
    with desk.start():
        token = desk.token()
        seed.seed(desk.port, token, options.applications, 1)
        browser = Browser(desk.port)
        browser.sign_in()
        found = []
        for path in paths(program, desk, token):
            answers = [browser.ask("GET", path) for _ in range(options.tries_of_a_page)]
            if answers[0][0] == 200:
                times = [took for _, _, took in answers]
                found.append((statistics.median(times), max(times), path))
    found.sort(reverse=True)
    rows = [f"| `{re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', 'id', path)}` | {median:.1f} | {longest:.1f} |"
            for median, longest, path in found[:12]]
    slow = sum(1 for median, _, _ in found if median >= 50)
    return "\n".join([
        f"# Pages with {options.applications:,} applications",
        "",
        measure.machine(root) + ".",
        "",
        f"{len(found)} pages, each {options.tries_of_a_page} times over one connection, on one core, SQLite. Milliseconds from the request "
        f"to the last byte. The aim is under 50; {slow or 'none'} of them took longer in the median. The slowest twelve:",
        "",
        "| page | median | longest |",
        "| --- | --- | --- |",
        *rows,
        "",
    ])
