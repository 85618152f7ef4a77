-- expect: index-dim-limit
create table pictures (id bigint primary key, embedding vector(3072));
create index on pictures using hnsw (embedding vector_cosine_ops);
