-- expect: nothing
create table pictures (id bigint primary key, embedding vector(3072));
create index on pictures using hnsw ((embedding::halfvec(3072)) halfvec_l2_ops);
