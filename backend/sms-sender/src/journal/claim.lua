-- Takes a message up that has to wait: says where it stands, and makes its journal when there is none.
-- KEYS: journal. ARGV: hand (one per taking-up), now, keep (ms), ttn, entry id, request id, suspect (1: count this taking-up).
-- A hand counts once however often its call is repeated. Returns the record.
local journal = KEYS[1]
local hand, now, keep = ARGV[1], ARGV[2], ARGV[3]
local before = read(journal)
local record = before and fields_of(before) or { state = 'claimed', attempts = 0, since = now }
record.ttn, record.entry, record.request = ARGV[4], ARGV[5], ARGV[6]
if ARGV[7] == '1' and record.hand ~= hand then
  record.hand, record.takes = hand, (tonumber(record.takes) or 0) + 1
end
local text = text_of(record)
write(journal, text, keep)
return text
