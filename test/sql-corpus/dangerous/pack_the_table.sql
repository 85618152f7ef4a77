-- expect: vacuum-full-cluster
vacuum full verbose orders;
