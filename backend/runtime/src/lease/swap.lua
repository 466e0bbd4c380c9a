-- KEYS: lease. ARGV: token that holds it, new token ('' = nobody), length (ms). Only a holder that is named can be replaced.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
