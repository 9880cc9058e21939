# A little bridge before an authorization server that exists in its memory only. Run by bridge.rs.
#
# python bridge.py PORT KEY
#
# What it is to do wrong is said by PUT /_fault, and what it has seen is told by GET /_seen.
import json
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, KEY = int(sys.argv[1]), sys.argv[2]
clients, seen, lock = {}, [], threading.Lock()
fault = {"kind": "none"}


class Bridge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, kind="application/json"):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if data:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_any(self):
        global fault
        body = self.body()
        if self.path == "/_fault":
            fault = json.loads(body)
            return self.answer(204)
        if self.path == "/_seen":
            with lock:
                return self.answer(200, {"clients": clients, "calls": seen})
        assert self.path.startswith("/dcr"), self.path
        path = self.path[len("/dcr"):]
        with lock:
            seen.append({
                "call": f"{self.command} {path}",
                "body": json.loads(body) if body else None,
                "length": self.headers.get("Content-Length"),
            })
        if self.headers.get("X-API-KEY") != KEY:
            return self.answer(401, {"error": "unauthorized", "error_description": "another key is wanted"})
        now = fault
        if now["kind"] == "status":
            return self.answer(now["status"], {"error": "fault", "error_description": "as was wished"})
        if now["kind"] == "text":
            return self.answer(200, now["text"].encode(), "text/html")
        if now["kind"] == "hang_up":
            self.close_connection = True
            return None
        if now["kind"] == "slow_before":
            time.sleep(now["seconds"])
        if self.command == "POST" and path == "/":
            client = now.get("client_id") or "client/" + uuid.uuid4().hex[:12]
            secret = "*8pNH%|(9PRH|" + uuid.uuid4().hex
            with lock:
                clients[client] = secret
            made = {"client_id": client, "client_secret": secret, "client_id_issued_at": "2026-11-23T04:00:00Z"}
            for name in now.get("without", []):
                made.pop(name)
            status, reply = 201, made
        else:
            client, _, part = path[1:].partition("/")
            client = client.replace("%2F", "/")
            with lock:
                if client not in clients:
                    return self.answer(404, {"error": "unknown", "error_description": client})
                if self.command == "DELETE" and not part:
                    del clients[client]
                    status, reply = 204, None
                elif part == "new-secret":
                    clients[client] = uuid.uuid4().hex
                    status, reply = 200, {"client_id": client, "client_secret": clients[client]}
                elif part == "event-hook":
                    status, reply = 200, None
                else:
                    return self.answer(404)
        if now["kind"] == "slow_after":
            time.sleep(now["seconds"])
        return self.answer(status, reply)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


Server(("127.0.0.1", PORT), Bridge).serve_forever()
