-- expect: identifier-over-63-bytes
create index concurrently idx_user_embeddings_0123456789abcdef0123456789abcdef_embedding_hnsw_cosine on documents (id);
