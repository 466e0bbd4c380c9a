-- KEYS: journal. Returns its record, or nil.
return read(KEYS[1]) or false
