-- For wrk: forms that clients post, chosen at random. Prints one line, which `load` in measure.py reads.
-- Environment: FORMS_FILE (one a line: the value of Authorization, a tab, the body).

local requests = {}

function init(_)
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  for line in io.lines(os.getenv("FORMS_FILE")) do
    local authorization, body = line:match("^(.-)\t(.*)$")
    wrk.headers["Authorization"] = authorization
    requests[#requests + 1] = wrk.format("POST", nil, nil, body)
  end
  math.randomseed(os.time())
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format("RESULT requests=%d micros=%d p50=%d p99=%d errors=%d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout + e.status))
end
