-- expect: opclass-mismatch
create index concurrently documents_nearest on documents using hnsw (embedding vector_l2_ops);
create function nearest(p_query vector) returns setof bigint language sql stable as $$
  select d.id from documents d order by d.embedding <=> p_query limit 10
$$;
