-- Waits and asks no more; what is kept for this session goes to the next one. ARGV: TTN, session.
leave_line(ME)
local present = redis.call('GET', LOCK)
local owner, word
if present then
    owner, word = split(present)
end
if redis.call('HGET', ASK, 'session') == ME then
    redis.call('DEL', ASK)
    if owner then
        tell(owner, '{"told":"ask_ended","ttn":"' .. TTN .. '"}')
    end
end
if owner == ME and (word == 'granted' or word == 'reserved') then
    redis.call('DEL', LOCK)
    pass_on(true)
end
return 1
