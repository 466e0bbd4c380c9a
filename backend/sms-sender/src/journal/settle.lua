-- Moves messages to a state in which their stream entries are done, and in the same breath acknowledges the entries and tells the servers.
-- So an outcome can neither be lost between the two nor be told twice. Many messages go in one call; each is a step of its own, and one that
-- fails does not touch the others.
-- KEYS: outbox stream, outcome stream, then every hash of records that is touched.
-- ARGV: group, keep (ms), outcome field, for every message a line with its outcome (JSON); then for every message: event id; entry id ('' = the
-- one in the journal); its new state and reason as they stand in a record, with ' again' after them to tell even when nothing moves, because the
-- servers ask by publishing the event again.
-- Returns a line for every message: '1' when it moved, '0' when not, or '!' and an error.
local outbox, outcomes = KEYS[1], KEYS[2]
local group, keep, field, all = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local BEFORE, EACH = 4, 3
local forward = {
  claimed = { accepted = true, delivered = true, failed = true, unknown = true },
  attempting = { accepted = true, delivered = true, failed = true, unknown = true },
  accepted = { delivered = true, failed = true },
  unknown = { delivered = true, failed = true },
  delivered = {},
  failed = {},
}

-- Many come to the same.
local ends = {}
local function end_of(words)
  local new = ends[words]
  if not new then
    local state, reason, again = string.match(words, '^(%S+) (%S+)(.*)$')
    new = { state = state, reason = reason, head = state .. ' ' .. reason .. ' ', again = again ~= '' }
    ends[words] = new
  end
  return new
end

-- The outcome of a message; nearly always all go as they came.
local lines
local function outcome_of(number)
  lines = lines or lines_of(all)
  return lines[number]
end

local entries, told = {}, {}

-- Returns whether it moved, or nil and an error.
local function settle(number, stretch, id, entry, new)
  local before = known[id]
  -- A message without a journal (Redis lost it) is where it can go anywhere from.
  local state, rest = 'claimed', nil
  if before then
    local _, _, word, past = find(before, '^(%S+) %S+ ()')
    if not word then
      return nil, NO_RECORD
    end
    state, rest = word, past
  elseif unread[id] then
    return nil, unread[id]
  end
  if entry == '' and before then
    local well, record = pcall(fields_of, before)
    if not well then
      return nil, record
    end
    entry = record.entry or ''
  end
  entries[number] = entry
  local moves = forward[state] and forward[state][new.state] or false
  if moves or (new.again and state == new.state) then
    told[#told + 1] = number
  end
  if moves then
    becomes(stretch, id, rest and new.head .. sub(before, rest)
      or text_of({ state = new.state, reason = new.reason, ttn = cjson.decode(outcome_of(number)).ttn }))
  end
  return moves
end

local ids, answers, failures = {}, {}, {}
for at = BEFORE + 1, #ARGV, EACH do
  ids[#ids + 1] = ARGV[at]
end
local stretches = read_all(ids, #KEYS == 3)
for number, id in ipairs(ids) do
  local at = BEFORE + EACH * number
  local moved_it, why = settle(number, stretches[number], id, ARGV[at - 1], end_of(ARGV[at]))
  failures[number] = why
  answers[number] = moved_it and '1' or '0'
end

-- What can fail (no memory, a key of the wrong type) comes first, and a record is written when its outcome was told. Where either fails, the
-- steps have done nothing, also those that a step before them in this call made superfluous.
local errors, trouble = {}, nil
if #told > 0 then
  local text = all
  if #told < #ids then
    for at, number in ipairs(told) do
      told[at] = outcome_of(number)
    end
    text = table.concat(told, '\n')
  end
  local added = redis.pcall('XADD', outcomes, '*', field, text)
  trouble = type(added) == 'table' and added.err and added or nil
end
if not trouble then
  errors = write_all(keep)
end
local done = {}
for number, stretch in ipairs(stretches) do
  local failed = failures[number] or trouble or errors[stretch]
  if failed then
    answers[number] = failure(failed)
  elseif entries[number] ~= '' then
    done[#done + 1] = entries[number]
  end
end
if #done > 0 then
  -- No such group or stream any more: then there is nothing to acknowledge.
  redis.pcall('XACK', outbox, group, unpack(done))
end
return table.concat(answers, '\n')
