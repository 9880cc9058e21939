-- For wrk: what a gateway asks, with a key chosen at random. Prints one line, which `load` in measure.py reads.
-- Environment: KEYS_FILE (one key a line), CALL_PATH (what the original call was for).

local requests = {}

function init(_)
  wrk.headers["X-Forwarded-Host"] = "api.example.com"
  wrk.headers["X-Forwarded-Method"] = "GET"
  wrk.headers["X-Forwarded-Uri"] = os.getenv("CALL_PATH")
  for key in io.lines(os.getenv("KEYS_FILE")) do
    wrk.headers["X-API-Key"] = key
    requests[#requests + 1] = wrk.format("GET")
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
