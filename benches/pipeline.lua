-- A script for wrk: `-- DEPTH [KEYS STRIDE METHOD BODY]`. DEPTH requests at a time on each connection, and one line of figures at the
-- end. With KEYS, each request has another of so many tokens, every STRIDEth of those that tokens.py makes.
local batches, at = {}, 0

init = function(arguments)
  local depth, keys, stride = tonumber(arguments[1]), tonumber(arguments[2] or 0), tonumber(arguments[3] or 1)
  local requests = {}
  wrk.method = arguments[4] or "GET"
  if arguments[5] ~= "" then
    wrk.body = arguments[5]
  end
  for key = 1, math.max(keys, 1) do
    if keys > 0 then
      wrk.headers["Authorization"] = string.format("Token %040x", key * stride)
    end
    requests[key] = wrk.format()
  end
  for first = 1, #requests do
    local batch = {}
    for offset = 0, depth - 1 do
      batch[offset + 1] = requests[(first + offset - 1) % #requests + 1]
    end
    batches[first] = table.concat(batch)
  end
end

request = function()
  at = at % #batches + 1
  return batches[at]
end

done = function(summary, latency)
  local errors = summary.errors
  print(string.format("FIGURES %d %f %d %f %f", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
