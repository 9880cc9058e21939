"""Fills a running Keywright through its management API, as a customer's script would."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor

CALL_PATH = "/bench/things/17"


class Api:
    """The management API over one connection."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def create(self, path, **body):
        self.connection.request("POST", f"/api/v1/{path}", json.dumps(body), self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 201:
            raise SystemExit(f"POST /api/v1/{path} is answered {response.status}: {answer.decode(errors='replace')}")
        return json.loads(answer)


def seed(port, token, keys, per_application):
    """Makes one API behind one plan, applications that subscribe to it, and their keys. Returns the keys."""
    api = Api(port, token)
    plan = api.create("plans", name="bench")
    thing = api.create("apis", name="Bench")
    version = api.create(f"apis/{thing['id']}/versions", name="v1", path_prefixes=["/bench"], plan_ids=[plan["id"]])
    partner = api.create("partners", name="Bench")

    def application(number):
        api = Api(port, token)
        made = api.create("applications", name=f"bench {number}", owner={"partner": partner["id"]})
        api.create("subscriptions", application_id=made["id"], api_version_id=version["id"], plan_id=plan["id"])
        path = f"applications/{made['id']}/credentials"
        return [api.create(path, name=f"key {key}")["secret"] for key in range(per_application)]

    with ThreadPoolExecutor(4) as pool:
        return [secret for secrets in pool.map(application, range(keys // per_application)) for secret in secrets]
