-- wrk script: sends requests from a file in turn. A line is "METHOD<tab>path<tab>token<tab>body", "-" for no
-- token or no body. Answers other than the expected status are counted; the result is one line, "RESULT" and JSON.
--
-- Arguments after "--": file, expected status, "every" or "errors". With "every" each answer's status is looked
-- at, which costs the driver some microseconds; with "errors" wrk's own count of those above 399 is used.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  requests, count, position, unexpected, first_unexpected = {}, 0, 0, 0, 0
  expected = tonumber(args[2])
  for line in io.lines(args[1]) do
    local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S+)\t(.+)$")
    local headers = { ["Host"] = wrk.headers["Host"] }
    if token ~= "-" then headers["Authorization"] = "Bearer " .. token end
    if body == "-" then body = nil else headers["Content-Type"] = "application/json" end
    count = count + 1
    requests[count] = wrk.format(method, path, headers, body)
  end
  if args[3] == "every" then
    response = function(status)
      if status ~= expected then
        unexpected = unexpected + 1
        if first_unexpected == 0 then first_unexpected = status end
      end
    end
  end
end

function request()
  position = position % count + 1
  return requests[position]
end

function done(summary, latency)
  local unexpected, first = 0, 0
  for _, thread in ipairs(threads) do
    unexpected = unexpected + thread:get("unexpected")
    if first == 0 then first = thread:get("first_unexpected") end
  end
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, '
      .. '"unexpected": %d, "first_unexpected": %d, "above_399": %d, "socket_errors": %d, "timeouts": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, unexpected, first, errors.status, errors.connect + errors.read + errors.write,
    errors.timeout))
end
