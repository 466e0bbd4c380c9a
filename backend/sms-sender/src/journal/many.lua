-- What the scripts begin with, after record.lua, that take a step of each of many messages in one call: all that stands is read first, all that
-- the steps come to is written last, and in between each step sees what those before it came to.
local known, unread, is_older = {}, {}, {}
local fresh, moved = {}, {}
local sub, find = string.sub, string.find

-- The list of a stretch.
local function of(lists, stretch)
  local list = lists[stretch]
  if not list then
    list = {}
    lists[stretch] = list
  end
  return list
end

-- The last argument that all steps share has a line for each, so that what is nearly always used whole, or nothing, need not be taken apart.
local function lines_of(text)
  local lines = {}
  for line in string.gmatch(text .. '\n', '([^\n]*)\n') do
    lines[#lines + 1] = line
  end
  return lines
end

-- What older senders left of these messages, nearly always nothing.
local function read_all_older(ids)
  local names = {}
  for number, id in ipairs(ids) do
    names[number] = OLDER .. id
  end
  if #names == 0 or redis.call('EXISTS', unpack(names)) == 0 then
    return
  end
  for _, id in ipairs(ids) do
    local well, text = pcall(read_older, id)
    if not well then
      unread[id] = text
    elseif text then
      known[id], is_older[id] = text, true
    end
  end
end

-- Reads the records of these messages. What cannot be read is the trouble of its message alone. Returns the stretch of each; `is_one`: all are of
-- the same, as nearly always.
local function read_all(ids, is_one)
  local stretches, by_stretch, missing = {}, {}, {}
  if is_one then
    local stretch = stretch_of(ids[1])
    by_stretch[stretch] = ids
    for number = 1, #ids do
      stretches[number] = stretch
    end
  else
    for number, id in ipairs(ids) do
      local stretch = stretch_of(id)
      stretches[number] = stretch
      local those = of(by_stretch, stretch)
      those[#those + 1] = id
    end
  end
  for stretch, those in pairs(by_stretch) do
    local texts = redis.pcall('HMGET', HASHES .. stretch, unpack(those))
    for number, id in ipairs(those) do
      if texts.err then
        unread[id] = texts
      elseif texts[number] then
        known[id] = texts[number]
      else
        missing[#missing + 1] = id
      end
    end
  end
  read_all_older(missing)
  return stretches
end

-- What a step makes of a record.
local function becomes(stretch, id, text)
  known[id] = text
  local fields = of(fresh, stretch)
  local last = #fields
  fields[last + 1], fields[last + 2] = id, text
  if is_older[id] then
    local names = of(moved, stretch)
    names[#names + 1] = OLDER .. id
  end
end

-- Writes what the steps come to. Returns the errors by stretch: of those nothing was written.
local function write_all(keep)
  local errors = {}
  for stretch, fields in pairs(fresh) do
    local hash = HASHES .. stretch
    local written = redis.pcall('HSET', hash, unpack(fields))
    if type(written) == 'table' then
      errors[stretch] = written
    else
      redis.call('PEXPIRE', hash, keep)
      if moved[stretch] then
        redis.call('UNLINK', unpack(moved[stretch]))
      end
    end
  end
  return errors
end

