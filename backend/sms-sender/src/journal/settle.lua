-- Moves messages to a state in which their stream entries are done, and in the same breath acknowledges the entries and tells the servers.
-- So an outcome can neither be lost between the two nor be told twice. Many messages go in one call; each is a step of its own, and one that
-- fails does not touch the others.
-- KEYS: outbox stream, outcome stream, then the journal of every message.
-- ARGV: group, keep (ms), outcome field, then for every message: entry id ('' = the one in the journal), its new state and reason as they stand
-- in a record, with ' again' after them to tell even when nothing moves, because the servers ask by publishing the event again; outcome (JSON).
-- Returns a line for every message: '1' when it moved, '0' when not, or '!' and an error.
local outbox, outcomes = KEYS[1], KEYS[2]
local group, keep, field = ARGV[1], ARGV[2], ARGV[3]
local forward = {
  claimed = { accepted = true, delivered = true, failed = true, unknown = true },
  attempting = { accepted = true, delivered = true, failed = true, unknown = true },
  accepted = { delivered = true, failed = true },
  unknown = { delivered = true, failed = true },
  delivered = {},
  failed = {},
}

-- All records with one command. What is no text is looked at alone; what was written here is known from then on.
local journals = { unpack(KEYS, 3) }
local known = {}
for number, text in ipairs(redis.call('MGET', unpack(journals))) do
  known[journals[number]] = text
end

-- Many come to the same.
local ends = {}
local function end_of(words)
  if not ends[words] then
    local state, reason, again = string.match(words, '^(%S+) (%S+)(.*)$')
    ends[words] = { state = state, reason = reason, head = state .. ' ' .. reason .. ' ', again = again ~= '' }
  end
  return ends[words]
end

local done = {}

local function settle(journal, entry, words, outcome)
  local new = end_of(words)
  local before = known[journal] or read(journal)
  -- A message without a journal (Redis lost it) is where it can go anywhere from.
  local state, rest = 'claimed', nil
  if before then
    state, rest = string.match(before, '^(%S+) %S+ (.+)$')
    if not state then
      error(NO_RECORD)
    end
  end
  local moves = forward[state] and forward[state][new.state] or false
  -- What can fail (no memory, a key of the wrong type) comes first, so that a failed step has done nothing.
  if moves or (new.again and state == new.state) then
    redis.call('XADD', outcomes, '*', field, outcome)
  end
  if moves then
    local text = before and new.head .. rest
      or text_of({ state = new.state, reason = new.reason, ttn = cjson.decode(outcome).ttn })
    write(journal, text, keep)
    known[journal] = text
  end
  if entry == '' and before then
    entry = fields_of(before).entry or ''
  end
  if entry ~= '' then
    done[#done + 1] = entry
  end
  return moves and '1' or '0'
end

local answers = {}
for number, journal in ipairs(journals) do
  local at = 1 + 3 * number
  local well, answer = pcall(settle, journal, ARGV[at], ARGV[at + 1], ARGV[at + 2])
  answers[number] = well and answer or '!' .. (type(answer) == 'table' and answer.err or tostring(answer))
end
if #done > 0 then
  -- No such group or stream any more: then there is nothing to acknowledge.
  redis.pcall('XACK', outbox, group, unpack(done))
end
return table.concat(answers, '\n')
