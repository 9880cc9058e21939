"""A third party's gateway, as small as can be. It speaks only what the vendor's tutorial says.

It listens on a port of 127.0.0.1 for events. Asked for an access token, it makes credentials and stores them by PUT on
the application, with the event's id; asked to revoke one, it PUTs without a body. Everything it hears goes to
`events.jsonl` in its folder, everything it is answered to `answers.jsonl`. While a file `refuse` is there, it answers
500 to every event; while a file `silent` is there, it takes events and does nothing.

Arguments: port, folder, URL of the portal, user, password, and the Basic login that it wants to see itself.
"""

import base64
import http.server
import json
import os
import sys
import threading
import urllib.error
import urllib.request
import uuid

PORT, FOLDER, PORTAL, USER, PASSWORD, EXPECTED = sys.argv[1:7]
LOCK = threading.Lock()


def note(name, value):
    with LOCK, open(os.path.join(FOLDER, name), "a") as file:
        file.write(json.dumps(value) + "\n")


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def credentials():
    return [
        {"expiry": None, "apiKey": str(uuid.uuid4()), "type": "APIKey"},
        {
            "clientId": str(uuid.uuid4()),
            "clientSecret": str(uuid.uuid4()),
            "scopes": [],
            "tokenLifeTime": 3600,
            "tokenRefreshLimit": 0,
            "authorizationUris": ["https://gateway.example:5543/authorize"],
            "accessTokenUris": ["https://gateway.example:5543/token"],
            "redirectUris": ["https://desk.example/portal/rest/v1/oauth/callback"],
            "refreshTokenUris": ["https://gateway.example:5543/refresh"],
            "type": "OAuth2",
        },
        {
            "claimsets": [{"name": "default", "claims": [{"key": "app_id", "value": str(uuid.uuid4())}]}],
            "accesstoken_uris": None,
            "type": "JWT",
        },
    ]


def call_back(event):
    application = event["contextdata"]["application_id"]
    body = b""
    if event["type"] == "REQUEST_ACCESS_TOKEN":
        name = event["contextdata"]["consumer_appName"]
        body = json.dumps({"name": name, "credentials": credentials()}).encode()
    request = urllib.request.Request(
        f"{PORTAL}/rest/v1/applications/{application}?eventId={event['eventid']}", data=body, method="PUT"
    )
    request.add_header("Authorization", basic(f"{USER}:{PASSWORD}"))
    if body:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            note("answers.jsonl", {"status": answer.status, "body": json.loads(answer.read())})
    except urllib.error.HTTPError as error:
        note("answers.jsonl", {"status": error.code, "body": error.read().decode()})


class Gateway(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        refuses = os.path.exists(os.path.join(FOLDER, "refuse"))
        known = self.headers.get("Authorization") == basic(EXPECTED)
        event = json.loads(body)
        kind = self.headers.get("Content-Type")
        note("events.jsonl", {"authorized": known, "content_type": kind, "refused": refuses, "event": event})
        status = 401 if not known else 500 if refuses else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if status == 200 and not os.path.exists(os.path.join(FOLDER, "silent")):
            threading.Thread(target=call_back, args=(event,)).start()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Gateway).serve_forever()
