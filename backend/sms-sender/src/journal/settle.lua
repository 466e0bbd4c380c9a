-- Moves a message to a state in which its stream entry is done, and in the same breath acknowledges the entry and tells the servers.
-- So an outcome can neither be lost between the two nor be told twice.
-- KEYS: journal, outbox stream, outcome stream.
-- ARGV: group, entry id ('' = the one in the journal), new state, reason, ttn, keep (ms), outcome field, outcome (JSON), again (1: tell even
-- when nothing moves, because the servers ask by publishing the event again).
-- Returns 1 when the message moved.
local journal, outbox, outcomes = KEYS[1], KEYS[2], KEYS[3]
local group, entry, new, reason, ttn, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local forward = {
  claimed = { accepted = true, delivered = true, failed = true, unknown = true },
  attempting = { accepted = true, delivered = true, failed = true, unknown = true },
  accepted = { delivered = true, failed = true },
  unknown = { delivered = true, failed = true },
  delivered = {},
  failed = {},
}
-- A message without a journal (Redis lost it) is where it can go anywhere from.
local state = redis.call('HGET', journal, 'state') or 'claimed'
local moves = forward[state] and forward[state][new] or false
-- What can fail (no memory, a key of the wrong type) comes first, so that a failed call has done nothing.
if moves or (ARGV[9] == '1' and state == new) then
  redis.call('XADD', outcomes, '*', ARGV[7], ARGV[8])
end
if moves then
  redis.call('HSET', journal, 'state', new, 'reason', reason, 'ttn', ttn)
  redis.call('PEXPIRE', journal, keep)
end
if entry == '' then
  entry = redis.call('HGET', journal, 'entry') or ''
end
if entry ~= '' then
  redis.pcall('XACK', outbox, group, entry)
end
return moves and 1 or 0
