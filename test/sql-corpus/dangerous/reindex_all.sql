-- expect: reindex-not-concurrent
reindex table orders;
