-- Takes a lock, or renews it when the same session holds it (a lost reply, asked again, is the same lock).
-- ARGV: TTN, session, holder as JSON with "since":0, word, lease in ms. (A lock that is put back has its old "since" already.)
-- Answer: {1 taken | 2 held already | 0 somebody else's, holder as JSON}.
local holder, word, lease_ms = ARGV[3], ARGV[4], ARGV[5]
local present = redis.call('GET', LOCK)
if present then
    local owner, was, theirs = split(present)
    if owner ~= ME then
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
elseif redis.call('EXISTS', QUEUE) == 1 then
    -- A lease ran out while others wait: they come first.
    local next_one, theirs = grant_next(now_ms(), false)
    if next_one and next_one ~= ME then
        return { 0, theirs }
    end
end
holder = stamped(holder, now_ms())
redis.call('SET', LOCK, ME .. ' ' .. word .. ' ' .. holder, 'PX', lease_ms)
-- Locks of short commands are over before anyone could read of them.
if word ~= 'command' then
    tell_held(holder, lease_ms)
end
return { 1, holder }
