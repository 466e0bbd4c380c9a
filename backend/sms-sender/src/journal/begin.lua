-- Writes intents down: claimed -> attempting, and a message that nobody took up before straight to attempting. Only the holder of the slot
-- may, and only one of those who took a message up wins. The money is counted in the same step, so that several senders together cannot
-- spend more than the day allows. Many messages go in one call; each is a step of its own, and one that fails does not touch the others.
-- KEYS: slot, then every hash of records and every sum of money that is touched.
-- ARGV: slot token, keep (ms), for every message a line with its cost, the day's cap and the key of what was spent that day ('' = no money is
-- counted); then for every message: event id, and its record as it is with this intent when nobody took it up before.
-- Returns a line for every message: 'begun', 'no_slot', 'spend_cap', 'elsewhere' (it is not where the caller believes it to be), or '!' and
-- an error.
local token, keep, money = ARGV[1], ARGV[2], ARGV[3]
local FIRST = 'attempting - 1 '
local BEFORE, EACH = 3, 2
local charges = find(money, '[^\n]') and lines_of(money) or {}

local function begin(stretch, id, new, charge, is_first)
  if unread[id] then
    error(unread[id])
  end
  local intent, before = fields_of(new), known[id]
  local record = before and fields_of(before) or {}
  local state, attempts, attempt = record.state, record.attempts, intent.attempts
  -- The answer to this very call was lost and it comes again.
  if state == 'attempting' and attempts == attempt and record.by == intent.by then
    return 'begun'
  end
  local is_new = not before and is_first
  if not is_new and (state ~= 'claimed' or tonumber(attempts) ~= tonumber(attempt) - 1) then
    return 'elsewhere'
  end
  if charge then
    local cost, cap, spent = string.match(charge, '^(%d+) (%d+) (.+)$')
    if tonumber(redis.call('GET', spent) or '0') + tonumber(cost) > tonumber(cap) then
      return 'spend_cap'
    end
    redis.call('INCRBY', spent, cost)
    redis.call('EXPIRE', spent, 3 * 86400)
  end
  if before then
    for _, name in ipairs({ 'state', 'attempts', 'by', 'deadline', 'segments' }) do
      record[name] = intent[name]
    end
    new = text_of(record)
  end
  becomes(stretch, id, new)
  return 'begun'
end

local ours = redis.call('GET', KEYS[1]) == token
local ids, answers = {}, {}
for at = BEFORE + 1, #ARGV, EACH do
  ids[#ids + 1] = ARGV[at]
end
local stretches = ours and read_all(ids, #KEYS == 2)
for number, id in ipairs(ids) do
  local new, charge = ARGV[BEFORE + EACH * number], charges[number]
  charge = charge ~= '' and charge or nil
  local is_first = sub(new, 1, #FIRST) == FIRST
  if not ours then
    answers[number] = 'no_slot'
  elseif is_first and not charge and not known[id] and not unread[id] then
    -- Nearly all: nobody took it up before, and there is no money to count.
    becomes(stretches[number], id, new)
    answers[number] = 'begun'
  else
    local well, answer = pcall(begin, stretches[number], id, new, charge, is_first)
    answers[number] = well and answer or failure(answer)
  end
end
local errors = write_all(keep)
if next(errors) then
  for number, answer in ipairs(answers) do
    local trouble = errors[stretches[number]]
    answers[number] = trouble and answer == 'begun' and failure(trouble) or answer
  end
end
return table.concat(answers, '\n')
