-- KEYS: slot. ARGV: token, lease (ms). Renews our lease, or takes it again when it lapsed. Returns the other holder, or nothing.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return holder
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
