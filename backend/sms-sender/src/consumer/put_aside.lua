-- Puts an entry aside that cannot be worked on: into the dead letters, out of the group, and told to the servers when we know of which event.
-- KEYS: outbox stream, dead letters, outcome stream.
-- ARGV: group, entry id, why, first bytes of the content, outcome field, outcome (JSON, '' = nobody to tell), most dead letters kept.
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if not pending[1] then
  return 0 -- done by an earlier call whose answer was lost
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], '*', 'entry', ARGV[2], 'why', ARGV[3], 'content', ARGV[4])
if ARGV[6] ~= '' then
  redis.call('XADD', KEYS[3], '*', ARGV[5], ARGV[6])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return 1
