-- expect: nothing
create index concurrently documents_nearest on documents using hnsw (embedding vector_cosine_ops);
create or replace function match_documents(p_query vector(1536), p_count int)
returns table (document_id bigint, similarity double precision)
language sql stable
as $$
  select d.id, 1 - (d.embedding <=> p_query) from documents d order by d.embedding <=> p_query limit p_count
$$;
