# A program with a real cookie jar, which sends back only what it should. Run by account.rs.
#
# python jar.py BASE EMAIL PASSWORD
import http.cookiejar
import json
import sys
import urllib.error
import urllib.request

base, email, password = sys.argv[1:]
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(base + path, data, kind, method=method)
    try:
        return opener.open(request, timeout=20).status
    except urllib.error.HTTPError as error:
        return error.code


def forget(name):
    for cookie in list(jar):
        if cookie.name == name:
            jar.clear(cookie.domain, cookie.path, cookie.name)


said = [call("POST", "/api/v2/developer/authenticate", {"username": email, "password": password})]
said.append(call("GET", "/api/v2/developer/me"))
said.append(call("GET", "/api/v2/applications"))
# The first one has run out; the second one is sent where it is needed.
forget("portalaccesstoken")
said.append(call("GET", "/api/v2/developer/me"))
said.append(call("POST", "/api/v2/developer/refresh", {}))
said.append(call("GET", "/api/v2/applications"))
said.append(call("POST", "/api/v2/developer/logout", {}))
said.append(call("GET", "/api/v2/developer/me"))
print(json.dumps({"said": said, "left": [cookie.name for cookie in jar]}))
