-- Takes a message up: says where it stands, and makes its journal when there is none.
-- KEYS: journal. ARGV: hand (one per taking-up), now, keep (ms), ttn, entry id, request id.
-- A hand counts once however often its call is repeated. Returns state, attempts, takes, since, deadline, reason, segments.
local journal = KEYS[1]
local hand, now, keep, ttn, entry, request = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HEXISTS', journal, 'state') == 0 then
  redis.call('HSET', journal, 'state', 'claimed', 'attempts', 0, 'takes', 0, 'since', now)
end
redis.call('HSET', journal, 'ttn', ttn, 'entry', entry, 'request', request)
if redis.call('HGET', journal, 'hand') ~= hand then
  redis.call('HSET', journal, 'hand', hand)
  redis.call('HINCRBY', journal, 'takes', 1)
end
redis.call('PEXPIRE', journal, keep)
return redis.call('HMGET', journal, 'state', 'attempts', 'takes', 'since', 'deadline', 'reason', 'segments')
