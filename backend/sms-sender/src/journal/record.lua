-- What every script of the journal begins with: how the record of a message is read and written.
-- A record is one text of these fields in this order, with a space between them and '-' where there is nothing; a step reads it with one
-- command and writes it with another. Only the last field may have spaces in it.
local FIELDS = {
  'state', 'reason', 'attempts', 'by', 'deadline', 'segments', 'since', 'takes', 'hand', 'waits', 'ttn', 'entry', 'request',
}
local NO_RECORD = { err = 'WRONGTYPE what stands under the key of the journal is no record' }

local function text_of(record)
  local parts = {}
  for number, name in ipairs(FIELDS) do
    local value = tostring(record[name] or '-')
    parts[number] = value == '' and '-' or value
  end
  return table.concat(parts, ' ')
end

-- The text of a record, or nil when there is none.
local function read(journal)
  local text = redis.pcall('GET', journal)
  if type(text) == 'string' then
    return text
  end
  if not text then
    return nil
  end
  -- Senders before this one kept a hash; it becomes a text with the next write.
  if redis.call('TYPE', journal).ok ~= 'hash' then
    error(text)
  end
  local record = {}
  for number, value in ipairs(redis.call('HMGET', journal, unpack(FIELDS))) do
    record[FIELDS[number]] = value
  end
  return text_of(record)
end

local function fields_of(text)
  local parts = { string.match(text, '^' .. string.rep('(%S+) ', #FIELDS - 1) .. '(.+)$') }
  if #parts == 0 then
    error(NO_RECORD)
  end
  local record = {}
  for number, value in ipairs(parts) do
    record[FIELDS[number]] = value ~= '-' and value or nil
  end
  return record
end

-- keep (ms): how long from now; nil: as long as before.
local function write(journal, text, keep)
  if keep then
    redis.call('SET', journal, text, 'PX', keep)
  else
    redis.call('SET', journal, text, 'KEEPTTL')
  end
end

