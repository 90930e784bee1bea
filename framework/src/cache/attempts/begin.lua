-- Begins an attempt. KEYS: of each of two limits, the attempts that count, and those of them that still run.
-- ARGV: the attempt's id, the period and the longest run in milliseconds, the two limits.
-- Nil if it has begun, else the index of a full limit from 0, and the milliseconds until it may be tried again, or -1 if
-- running attempts alone make it full.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local period, longest_run = tonumber(ARGV[2]), tonumber(ARGV[3])
local full, wait = nil, -1
for i = 0, 1 do
    local counted, running, limit = KEYS[2 * i + 1], KEYS[2 * i + 2], tonumber(ARGV[4 + i])
    redis.call('ZREMRANGEBYSCORE', counted, '-inf', now - period)
    redis.call('ZREMRANGEBYSCORE', running, '-inf', now - math.min(period, longest_run))
    local count = redis.call('ZCARD', counted)
    if count >= limit then
        local rest = -1
        if count - redis.call('ZCARD', running) >= limit then
            local oldest = redis.call('ZRANGE', counted, count - limit, count - limit, 'WITHSCORES')
            rest = oldest[2] + period - now
        end
        if not full or rest > wait then
            full, wait = i, rest
        end
    end
end
if full then
    return {full, wait}
end
for i = 1, 4 do
    redis.call('ZADD', KEYS[i], string.format('%.0f', now), ARGV[1])
    redis.call('PEXPIRE', KEYS[i], period)
end
return false
