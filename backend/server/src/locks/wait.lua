-- Waits in line and, if asked to, asks the holder to hand over. Called again every few seconds: it keeps its place and says "still alive".
-- ARGV: TTN, session, holder as JSON with "since":0 and purpose "reserved", alive for ms, reserve ms, ask ms (0: only wait), overrule ms,
-- party as JSON, longest lease of anybody in ms.
-- Answer: {what, holder as JSON, place, number, party, asked at}
--   1 granted (number: ms to open), 2 waiting, 3 asked (ms to answer), 4 kept (ms until it may be asked again), 5 somebody else asks (party),
--   6 granted because the holder was silent (holder: who had it; asked at).
local mine, alive_ms, reserve_ms = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local ask_ms, overrule_ms, party = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local now = now_ms()

local function reserve(holder, passed)
    redis.call('SET', LOCK, ME .. ' reserved ' .. holder, 'PX', reserve_ms)
    tell_held(holder, reserve_ms, passed)
end

local function stand_in_line()
    if redis.call('HEXISTS', WAITING, ME) == 0 then
        redis.call('RPUSH', QUEUE, ME)
    end
    redis.call('HSET', WAITING, ME, number(now + alive_ms) .. ' ' .. mine)
    redis.call('PEXPIRE', QUEUE, LINE_MS)
    redis.call('PEXPIRE', WAITING, LINE_MS)
end

local present = redis.call('GET', LOCK)
if not present then
    stand_in_line()
    grant_next(now, false)
    present = redis.call('GET', LOCK)
end
local owner, word, holder = split(present)
if owner == ME then
    if word == 'granted' then
        reserve(holder)
        return { 1, holder, 0, reserve_ms, '', '' }
    end
    return { 1, holder, 0, redis.call('PTTL', LOCK), '', '' }
end
bound(ARGV[9])
stand_in_line()
local place = redis.call('LPOS', QUEUE, ME) + 1
local ask = redis.call('HMGET', ASK, 'session', 'until', 'kept', 'party', 'asked_at')
if tonumber(ask[5] or '0') > now then
    -- Asked in what is the future now: Redis' clock was set back. The question counts anew.
    redis.call('DEL', ASK)
    ask = {}
end
local asker, left, kept_left = ask[1], tonumber(ask[2] or '0') - now, tonumber(ask[3] or '0') - now
if kept_left > 0 and ask_ms > 0 then
    return { 4, holder, place, number(kept_left), '', '' }
end
if ask_ms == 0 or word ~= 'edit_place' then
    return { 2, holder, place, 0, '', '' }
end
if asker and not ask[3] then
    if asker == ME and left > 0 then
        return { 3, holder, place, number(left), '', '' }
    end
    if asker == ME and left + overrule_ms <= 0 then
        -- Neither the holder nor its desktop answered.
        leave_line(ME)
        redis.call('DEL', ASK)
        local fresh = stamped(mine, now)
        reserve(fresh, true)
        tell(owner, '{"told":"lost","ttn":"' .. TTN .. '","holder":' .. fresh .. ',"how":{"how":"handed_over"}}')
        return { 6, holder, 0, reserve_ms, '', ask[5] }
    end
    if asker == ME then
        return { 3, holder, place, 0, '', '' }
    end
    if left + overrule_ms > 0 then
        return { 5, holder, place, 0, ask[4], '' }
    end
end
redis.call('DEL', ASK)
redis.call('HSET', ASK, 'session', ME, 'party', party, 'asked_at', number(now), 'until', number(now + ask_ms))
-- Longer than its time, so that silence can be seen.
redis.call('PEXPIRE', ASK, ask_ms + overrule_ms + LINE_MS)
tell(owner, '{"told":"asked","ask":{"ttn":"' .. TTN .. '","by":' .. party .. ',"answer_within_ms":' .. number(ask_ms) .. '}}')
return { 3, holder, place, number(ask_ms), '', '' }
