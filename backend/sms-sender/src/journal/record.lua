-- What every script of the journal begins with: how records are kept, read and written.
-- The records of all messages of one stretch of time stand in one hash, each under its event id, so the steps of many messages are read with
-- one command and written with another. A UUIDv7 begins with its time, of which its first eight digits are about a minute (65.5 s): they name
-- the hash, so whoever knows an id finds its record. An id of another kind is kept the same way.
-- A hash is forgotten a while after the last step of any of its messages.
-- KEYS names what a script touches, for a Redis that is a cluster; the records find themselves by the ids in ARGV.
-- A record is one text of these fields in this order, with a space between them and '-' where there is nothing. Only the last field may have
-- spaces in it.
local FIELDS = {
  'state', 'reason', 'attempts', 'by', 'deadline', 'segments', 'since', 'takes', 'hand', 'waits', 'ttn', 'entry', 'request',
}
local NO_RECORD = { err = 'WRONGTYPE what stands in the journal under this event id is no record' }
local HASHES = '{po}:sms:messages:'
-- Senders before this one kept a key for every message: a text, and before that a hash of the fields. Both are read as a record, and the next
-- step moves it. Not in KEYS: nearly never there, and in the same slot of a cluster by its braces.
local OLDER = '{po}:sms:message:'

local function text_of(record)
  local parts = {}
  for number, name in ipairs(FIELDS) do
    local value = tostring(record[name] or '-')
    parts[number] = value == '' and '-' or value
  end
  return table.concat(parts, ' ')
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

local function stretch_of(id)
  return string.sub(id, 1, 8)
end

local function read_older(id)
  local text = redis.pcall('GET', OLDER .. id)
  if type(text) == 'string' then
    return text
  end
  if not text then
    return nil
  end
  if redis.call('TYPE', OLDER .. id).ok ~= 'hash' then
    error(text)
  end
  local record = {}
  for number, value in ipairs(redis.call('HMGET', OLDER .. id, unpack(FIELDS))) do
    record[FIELDS[number]] = value
  end
  return text_of(record)
end

-- The text of a record, or nil when there is none.
local function read(id)
  return redis.call('HGET', HASHES .. stretch_of(id), id) or read_older(id)
end

-- keep (ms): how long from now.
local function write(id, text, keep)
  local hash = HASHES .. stretch_of(id)
  redis.call('HSET', hash, id, text)
  redis.call('PEXPIRE', hash, keep)
  redis.call('UNLINK', OLDER .. id)
end

-- How the answer of one step of many says that it failed.
local function failure(why)
  return '!' .. (type(why) == 'table' and why.err or tostring(why))
end

