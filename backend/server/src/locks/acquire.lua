-- Takes a lock, or renews it when the same session holds it (a lost reply, asked again, is the same lock).
-- ARGV: TTN, session, holder as JSON up to its "since", the rest of it, since when ('': from now on), word, lease in ms,
-- longest lease of anybody in ms.
-- Answer: {1 taken, since when} or {2 held already | 0 somebody else's, holder as JSON}.
local word, lease_ms = ARGV[6], ARGV[7]
local since = ARGV[5] ~= '' and ARGV[5] or number(now_ms())
local holder = ARGV[3] .. since .. ARGV[4]
local ours = ME .. ' ' .. word .. ' ' .. holder
local present = redis.call('SET', LOCK, ours, 'NX', 'GET', 'PX', lease_ms)
if present then
    local owner, was, theirs = split(present)
    if owner ~= ME then
        bound(ARGV[8])
        return { 0, theirs }
    end
    if word == 'command' and was ~= 'command' then
        -- A short command under the session's own editor: that goes on.
        return { 2, theirs }
    end
    if was == word then
        redis.call('PEXPIRE', LOCK, lease_ms)
        if word ~= 'command' then
            tell_held(theirs, lease_ms)
        end
        return { 2, theirs }
    end
    -- Opened after it was waited for, or while a short command of the same session runs: a lock of its own from now on.
    redis.call('SET', LOCK, ours, 'PX', lease_ms)
elseif redis.call('EXISTS', QUEUE) == 1 then
    -- A lease ran out while others wait: they come first.
    redis.call('DEL', LOCK)
    local next_one, theirs = grant_next(now_ms(), false)
    if next_one and next_one ~= ME then
        return { 0, theirs }
    end
    redis.call('SET', LOCK, ours, 'PX', lease_ms)
end
-- Locks of short commands are over before anyone could read of them.
if word ~= 'command' then
    tell_held(holder, lease_ms)
end
return { 1, since }
