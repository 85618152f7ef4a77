-- Ordered by the distance operator, so that a vector index can answer. The uid comes first and is called what it is:
-- clients that call by names reach either signature, whichever names they use. The id is cast: it stays what clients
-- know while the column becomes bigint.
create function match_documents(
  uid text,
  query_embedding public.vector(1536),
  match_threshold float,
  match_count int
) returns table (id int, content text, query_name text, similarity float)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return query execute format(
    'select e.id::int, e.content, e.query_name, 1 - (e.embedding operator(public.<=>) $1) as similarity
       from public.%I e
      where e.embedding operator(public.<=>) $1 < 1 - $2
      order by e.embedding operator(public.<=>) $1
      limit $3', 'user_embeddings_' || md5(uid))
    using query_embedding, match_threshold, match_count;
end
$$;
