-- Says "still working on it": sets the idle time of entries back that are ours, so that no other slot claims them.
-- KEYS: stream. ARGV: group, consumer, entry ids. Only what is still ours: claiming back what another slot took would be a tug of war.
local touched = 0
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    touched = touched + 1
  end
end
return touched
