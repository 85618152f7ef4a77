-- expect: nothing
alter type order_state add value if not exists 'returned' after 'shipped';
