-- One hit in a sliding log. KEYS[1]: a list of moments, newest first. ARGV: now, seconds, limit.
-- Nil where the hit was counted, else how many count and the oldest of them.
local now, seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local count = redis.call('LLEN', KEYS[1])
local oldest = redis.call('LINDEX', KEYS[1], count - 1)
while count > 0 and tonumber(oldest) <= now - seconds do
    count = count - 1
    oldest = count > 0 and redis.call('LINDEX', KEYS[1], count - 1)
end
if count >= limit then
    return {count, oldest}
end
-- An empty list is no list: LTRIM to nothing removes the key.
if count > 0 then
    redis.call('LTRIM', KEYS[1], 0, count - 1)
else
    redis.call('DEL', KEYS[1])
end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], seconds)
return false
