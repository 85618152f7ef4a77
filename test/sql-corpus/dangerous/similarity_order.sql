-- expect: vector-order-not-indexed
select id, 1 - (embedding <=> '[0.1, 0.2]') as similarity from documents order by similarity desc limit 10;
