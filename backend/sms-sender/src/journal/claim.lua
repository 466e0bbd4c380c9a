-- Takes a message up that has to wait: says where it stands, and makes its journal when there is none.
-- KEYS: its hash. ARGV: event id, keep (ms), hand (one per taking-up), now, ttn, entry id, request id, suspect (1: count this taking-up).
-- A hand counts once however often its call is repeated. Returns the record.
local id, keep, hand = ARGV[1], ARGV[2], ARGV[3]
local before = read(id)
local record = before and fields_of(before) or { state = 'claimed', attempts = 0, since = ARGV[4] }
record.ttn, record.entry, record.request = ARGV[5], ARGV[6], ARGV[7]
if ARGV[8] == '1' and record.hand ~= hand then
  record.hand, record.takes = hand, (tonumber(record.takes) or 0) + 1
end
local text = text_of(record)
write(id, text, keep)
return text
