-- A script for wrk: `-- DEPTH` requests at a time on each connection, and one line of figures at the end.
local requests

init = function(arguments)
  requests = string.rep(wrk.format(), tonumber(arguments[1]))
end

request = function()
  return requests
end

done = function(summary, latency)
  local errors = summary.errors
  print(string.format("FIGURES %d %f %d %f %f", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
