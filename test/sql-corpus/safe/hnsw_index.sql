-- expect: nothing
set maintenance_work_mem = '1GB';
set statement_timeout = 0;
create index concurrently documents_by_embedding on documents using hnsw (embedding vector_cosine_ops);
