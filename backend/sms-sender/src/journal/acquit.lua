-- A suspect message did no harm: nothing is held against it any more.
-- KEYS: journal.
local before = read(KEYS[1])
if before then
  local record = fields_of(before)
  record.takes = nil
  write(KEYS[1], text_of(record))
end
