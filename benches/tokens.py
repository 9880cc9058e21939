"""The token endpoint with one of many clients, and introspection, in turn with `oidc-provider` from npm."""

import base64
import http.client
import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import measure
from seed import Api

HERE = Path(__file__).resolve().parent
FORM = "application/x-www-form-urlencoded"
ASK = "grant_type=client_credentials"
OPAQUE_AIM = ("20,000 a second on a calm disk, where a bare route was answered 89,000 to 93,000 times a second (0.22); "
              "5,000 on PostgreSQL")


def clients(port, token, count, token_format):
    """Makes applications with clients that act for themselves. Returns what they send in Authorization."""
    partner = Api(port, token).create("partners", name=f"Bench {token_format}")

    def client(number):
        api = Api(port, token)
        made = api.create("applications", name=f"{token_format} {number}", owner={"partner": partner["id"]})
        made = api.create(f"applications/{made['id']}/client", client_type="custom",
                          grant_types=["client_credentials"], access_token_format=token_format)
        pair = f"{made['client_id']}:{made['client_secret']}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(client, range(count)))


def sign_with(port, token, algorithm):
    """The default definition signs with an algorithm from now on."""
    api = Api(port, token)
    path = "/api/v1/oauth/token-definitions"
    api.connection.request("GET", path, headers=api.headers)
    listed = json.loads(api.connection.getresponse().read())["items"]
    default = next(item for item in listed if item["is_default"])
    body = json.dumps({"algorithm": algorithm})
    api.connection.request("PATCH", f"{path}/{default['id']}", body, {**api.headers, "If-Match": "*"})
    response = api.connection.getresponse()
    assert response.status == 200, response.read()
    response.read()


def post(port, path, authorization, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, body, {"Authorization": authorization, "Content-Type": FORM})
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, f"{path} is answered {response.status}: {answer.decode(errors='replace')}"
    return json.loads(answer)


def forms(folder, name, pairs):
    path = folder / name
    path.write_text("".join(f"{authorization}\t{body}\n" for authorization, body in pairs))
    return path


def section(title, results, ours, theirs, aim):
    ratios = measure.ratios(results[ours], results[theirs], f"{theirs}'s")
    return [f"## {title}", "", *measure.table(results), "", *ratios, f"- Aim: {aim}.", ""]


def in_turn(options, servers, paths, files):
    def run(server, seconds):
        script = {"FORMS_FILE": str(files[server.name])}
        return measure.load(server, paths[server.name], "form.lua", script, seconds or options.seconds, options.connections)

    return measure.alternate(servers, options.rounds, run)


def peer(folder, modules, sent, token_format):
    port = measure.free_port()
    command = ["node", HERE / "peer.mjs", port, sent, token_format, modules]
    return measure.Server("oidc-provider", command, port, folder / f"peer-{token_format}.log", probe="/readyz")


def tokens(options, folder, Keywright, bare_route, root):
    desk = Keywright(folder / "desk", options.database)
    report = [f"# Tokens for one of {options.clients:,} clients", "", measure.machine(root) + ".", ""]
    with desk.start() as ours:
        ours.name, ours.port = "Keywright", ours.public_port
        admin = desk.token()
        known = {kind: clients(ours.port, admin, options.clients, kind) for kind in ("jwt", "opaque")}
        sent = {kind: forms(folder, kind, [(who, ASK) for who in known[kind]]) for kind in known}
        for algorithm, aim in (("ES256", 6), ("EdDSA", 8), ("RS256", 1.4)):
            sign_with(ours.port, admin, algorithm)
            head = post(ours.port, "/oauth2/token", known["jwt"][0], ASK)["access_token"].split(".")[0]
            assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == algorithm
            with peer(folder, options.peer, sent["jwt"], algorithm) as theirs:
                assert post(theirs.port, "/token", known["jwt"][0], ASK)["access_token"].count(".") == 2
                paths = {ours.name: "/oauth2/token", theirs.name: "/token"}
                results = in_turn(options, [ours, theirs], paths, {name: sent["jwt"] for name in paths})
                report += section(f"JWT, {algorithm}", results, ours.name, theirs.name, f"{aim} times")
        with bare_route(folder) as bare:
            paths = {ours.name: "/oauth2/token", bare.name: "/"}
            results = in_turn(options, [ours, bare], paths, {name: sent["opaque"] for name in paths})
            report += section("Opaque, written durably", results, ours.name, bare.name, OPAQUE_AIM)
        with peer(folder, options.peer, sent["opaque"], "opaque") as theirs:
            paths = {ours.name: "/oauth2/introspect", theirs.name: "/token/introspection"}
            files = {}
            for server, path in ((ours, "/oauth2/token"), (theirs, "/token")):
                some = random.sample(known["opaque"], min(1_000, options.clients))
                live = [(who, f"token={post(server.port, path, who, ASK)['access_token']}") for who in some]
                assert post(server.port, paths[server.name], *live[0])["active"] is True
                files[server.name] = forms(folder, f"live-{server.name}", live)
            results = in_turn(options, [ours, theirs], paths, files)
            report += section("Introspection", results, ours.name, theirs.name, "12 times")
        memory = ours.memory()
    report += [f"- Keywright's resident memory at the end: {memory[0]:.1f} MiB, {memory[1]:.1f} without the program's file.", ""]
    return "\n".join(report)
