-- expect: replica-identity-or-disable-trigger
set session_replication_role = 'replica';
