-- expect: nothing
create domain public_name as text;
