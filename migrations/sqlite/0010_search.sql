-- By what orders are found (docs/adr/0011-search.md): for each a list of terms that the program makes, kept in the transaction of the order. Only which
-- order has which term is kept: no text, no positions. `rowid` is the number of the order. Orders that are here already get their terms when the
-- server starts.
CREATE VIRTUAL TABLE orders_search USING fts5 (terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
