-- expect: ivfflat-on-empty
create table documents (id bigint primary key, embedding vector(1536));
create index on documents using ivfflat (embedding vector_cosine_ops) with (lists = 100);
