-- By what orders are found (docs/adr/0011-search.md): for each a list of terms that the program makes, kept in the transaction of the order. A table of
-- its own, because an index on `orders` would be written anew with every change of an order. Besides the terms an order has its eras, blocks of
-- numbers of four sizes: a GIN index cannot give the newest first, but it can be asked about the newest era. Orders that are here already get
-- their terms from `migrate`.
CREATE TABLE orders_search (
    number BIGINT PRIMARY KEY,
    terms  TSVECTOR NOT NULL
);
-- A search looks through the list of what is not sorted in yet; it must stay short.
CREATE INDEX orders_search_terms ON orders_search USING gin (terms) WITH (gin_pending_list_limit = 512);
