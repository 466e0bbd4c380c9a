-- KEYS: hash of the message. ARGV: event id. Returns its record, or nil.
return read(ARGV[1]) or false
