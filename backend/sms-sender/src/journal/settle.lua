-- Moves messages to a state in which their stream entries are done, and in the same breath acknowledges the entries and tells the servers.
-- So an outcome can neither be lost between the two nor be told twice. Many messages go in one call; each is a step of its own, and one that
-- fails does not touch the others.
-- KEYS: outbox stream, outcome stream, then the journal of every message.
-- ARGV: group, keep (ms), outcome field, then for every message: entry id ('' = the one in the journal), new state, reason, ttn, outcome (JSON),
-- again (1: tell even when nothing moves, because the servers ask by publishing the event again).
-- Returns for every message '1' when it moved, '0' when not, or '!' and an error.
local outbox, outcomes = KEYS[1], KEYS[2]
local group, keep, field = ARGV[1], ARGV[2], ARGV[3]
local PARTS = 6
local forward = {
  claimed = { accepted = true, delivered = true, failed = true, unknown = true },
  attempting = { accepted = true, delivered = true, failed = true, unknown = true },
  accepted = { delivered = true, failed = true },
  unknown = { delivered = true, failed = true },
  delivered = {},
  failed = {},
}
local done = {}

local function settle(journal, at)
  local entry, new, reason, ttn = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local before = read(journal)
  -- A message without a journal (Redis lost it) is where it can go anywhere from.
  local state, rest = 'claimed', nil
  if before then
    state, rest = string.match(before, '^(%S+) %S+ (.+)$')
    if not state then
      error(NO_RECORD)
    end
  end
  local moves = forward[state] and forward[state][new] or false
  -- What can fail (no memory, a key of the wrong type) comes first, so that a failed step has done nothing.
  if moves or (ARGV[at + 5] == '1' and state == new) then
    redis.call('XADD', outcomes, '*', field, ARGV[at + 4])
  end
  if moves and before then
    write(journal, new .. ' ' .. (reason == '' and '-' or reason) .. ' ' .. rest, keep)
  elseif moves then
    write(journal, text_of({ state = new, reason = reason, ttn = ttn }), keep)
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
for number = 1, #KEYS - 2 do
  local well, answer = pcall(settle, KEYS[2 + number], 4 + (number - 1) * PARTS)
  answers[number] = well and answer or '!' .. (type(answer) == 'table' and answer.err or tostring(answer))
end
if #done > 0 then
  -- No such group or stream any more: then there is nothing to acknowledge.
  redis.pcall('XACK', outbox, group, unpack(done))
end
return answers
