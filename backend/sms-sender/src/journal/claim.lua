-- Takes a message up that has to wait: says where it stands, and makes its journal when there is none.
-- KEYS: journal. ARGV: hand (one per taking-up), now, keep (ms), ttn, entry id, request id, suspect (1: count this taking-up).
-- A hand counts once however often its call is repeated. Returns state, attempts, takes, since, deadline, reason, segments, by.
local journal = KEYS[1]
local hand, now, keep, ttn, entry, request = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HEXISTS', journal, 'state') == 0 then
  redis.call('HSET', journal, 'state', 'claimed', 'attempts', 0, 'since', now)
end
redis.call('HSET', journal, 'ttn', ttn, 'entry', entry, 'request', request)
if ARGV[7] == '1' and redis.call('HGET', journal, 'hand') ~= hand then
  redis.call('HSET', journal, 'hand', hand)
  redis.call('HINCRBY', journal, 'takes', 1)
end
redis.call('PEXPIRE', journal, keep)
return redis.call('HMGET', journal, 'state', 'attempts', 'takes', 'since', 'deadline', 'reason', 'segments', 'by')
