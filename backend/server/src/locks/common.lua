-- Put before the other scripts of this folder; docs/LOCKS.md is the protocol. KEYS: 1 lock, 2 queue, 3 waiting, 4 ask; all in one slot.
--   lock     "<session> <word> <holder as JSON>"; words: edit_place, command, granted (given, not confirmed), reserved (confirmed)
--   queue    sessions that wait, first come first
--   waiting  session -> "<alive until> <holder as JSON>"
--   ask      session, party (JSON), asked_at, until, kept
-- ARGV[1] is the TTN, ARGV[2] the session that calls. Times are milliseconds by Redis' own clock.
local LOCK, QUEUE, WAITING, ASK = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local TTN, ME = ARGV[1], ARGV[2]
local CHANNEL = 'po:locks:news'
-- A grant that nobody confirms ends after this; the keys of a line that nobody stands in any more after that.
local CONFIRM_MS, LINE_MS = 3000, 60000

local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A number as JSON; Lua would write large ones with 14 digits.
local function number(value)
    return string.format('%.0f', value)
end

-- Session, word and holder of a lock's value. A session is 36 characters long.
local function split(value)
    local space = string.byte(value, 37) == 32 and string.find(value, ' ', 38, true)
    if not space then
        error({ err = 'FOREIGN the key of a lock holds something else' })
    end
    return string.sub(value, 1, 36), string.sub(value, 38, space - 1), string.sub(value, space + 1)
end

local function stamped(holder, now)
    return (string.gsub(holder, '"since":0', '"since":' .. number(now), 1))
end

-- `passed`: whoever had it gave it up in this very step.
local function tell_held(holder, lease_ms, passed)
    redis.call('PUBLISH', CHANNEL, '{"news":{"snapshot":false,"held":[{"ttn":"' .. TTN .. '","holder":' .. holder
        .. ',"expires_in_ms":' .. lease_ms .. '}],"freed":[' .. (passed and '"' .. TTN .. '"' or '') .. ']}}')
end

local function tell_freed()
    redis.call('PUBLISH', CHANNEL, '{"news":{"snapshot":false,"held":[],"freed":["' .. TTN .. '"]}}')
end

-- Tells one session, wherever it is.
local function tell(session, what)
    redis.call('PUBLISH', CHANNEL, '{"told":{"session":"' .. session .. '","told":' .. what .. '}}')
end

-- A lock that would last longer than any lease does: Redis' clock was set back after it was taken. Its holder, if alive, renews.
local function bound(longest_ms)
    if redis.call('PTTL', LOCK) > tonumber(longest_ms) then
        redis.call('PEXPIRE', LOCK, longest_ms)
    end
end

local function leave_line(session)
    redis.call('LREM', QUEUE, 0, session)
    redis.call('HDEL', WAITING, session)
end

-- Gives the free lock to the first live waiter; its session and holder, or nothing.
local function grant_next(now, passed)
    while true do
        local session = redis.call('LPOP', QUEUE)
        if not session then
            return nil
        end
        local entry = redis.call('HGET', WAITING, session)
        redis.call('HDEL', WAITING, session)
        local alive_until, holder = string.match(entry or '', '^(%d+) (.*)$')
        if alive_until and tonumber(alive_until) > now then
            holder = stamped(holder, now)
            redis.call('SET', LOCK, session .. ' granted ' .. holder, 'PX', CONFIRM_MS)
            redis.call('DEL', ASK)
            tell_held(holder, CONFIRM_MS, passed)
            tell(session, '{"told":"granted","ttn":"' .. TTN .. '"}')
            return session, holder
        end
    end
end

-- After the lock was given up: the next one, or free. `shown`: it was announced as held.
local function pass_on(shown)
    if redis.call('EXISTS', QUEUE, ASK) > 0 then
        redis.call('DEL', ASK)
        if grant_next(now_ms(), true) then
            return
        end
    end
    if shown then
        tell_freed()
    end
end

