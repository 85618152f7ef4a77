-- expect: rename-enum-value
alter type mood rename value 'sad' to 'blue';
