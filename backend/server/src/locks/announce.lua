-- Put before the other scripts. KEYS[1] the lock, KEYS[2] the index of locks held for editing; CHANNEL is told of every change.
-- The index serves the snapshot only; nobody decides by it.
local CHANNEL = 'po:locks:news'

local function announce_held(ttn, holder, lease_ms)
    redis.call('SADD', KEYS[2], ttn)
    local view = '{"ttn":"' .. ttn .. '","holder":' .. holder .. ',"expires_in_ms":' .. lease_ms .. '}'
    redis.call('PUBLISH', CHANNEL, '{"snapshot":false,"held":[' .. view .. '],"freed":[]}')
end

local function announce_freed(ttn)
    redis.call('SREM', KEYS[2], ttn)
    redis.call('PUBLISH', CHANNEL, '{"snapshot":false,"held":[],"freed":["' .. ttn .. '"]}')
end

