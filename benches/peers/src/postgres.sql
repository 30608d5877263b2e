-- Plain double entry: an entry, two postings, and what stands in each account, in one transaction and one round trip.
-- An entry is known again by its request, no account goes below what it may, and what is taken from one comes to another.

create table accounts (
    id bigint primary key,
    balance bigint not null default 0,
    lowest bigint not null,
    check (balance >= lowest)
) with (fillfactor = 50);

create table entries (
    id bigint generated always as identity primary key,
    request uuid not null unique,
    kind smallint not null,
    occurred_on date not null,
    recorded_at timestamptz not null default now()
);

create table postings (
    entry bigint not null references entries,
    account bigint not null references accounts,
    minutes bigint not null,
    primary key (entry, account)
);

insert into accounts (id, lowest) select id, -1000000000 from generate_series(0, 9999) as id;

-- The accounts are taken in the order of their numbers, so that no two wait for each other.
create function book(asked uuid, giver bigint, receiver bigint, given bigint, day date) returns bigint
language plpgsql as $$
declare
    made bigint;
begin
    insert into entries (request, kind, occurred_on) values (asked, 1, day)
        on conflict (request) do nothing returning id into made;
    if made is null then
        select id into made from entries where request = asked;
        return made;
    end if;
    if giver < receiver then
        update accounts set balance = balance + given where id = giver;
        update accounts set balance = balance - given where id = receiver;
    else
        update accounts set balance = balance - given where id = receiver;
        update accounts set balance = balance + given where id = giver;
    end if;
    insert into postings (entry, account, minutes) values (made, giver, given), (made, receiver, -given);
    return made;
end
$$;

-- Many at once: each table is written by one statement.
create function book_all(asked uuid[], givers bigint[], receivers bigint[], given bigint, day date) returns void
language plpgsql as $$
begin
    perform 1 from accounts where id = any (givers) or id = any (receivers) order by id for no key update;
    with wanted as (
        select * from unnest(asked, givers, receivers) as w (request, giver, receiver)
    ), made as (
        insert into entries (request, kind, occurred_on) select request, 1, day from wanted
            on conflict (request) do nothing returning id, request
    )
    insert into postings (entry, account, minutes)
        select made.id, side.account, side.minutes
        from made join wanted using (request),
            lateral (values (wanted.giver, given), (wanted.receiver, -given)) as side (account, minutes);
    update accounts set balance = balance + moved.minutes
        from (
            select account, sum(minutes) as minutes
            from unnest(givers || receivers,
                array_fill(given, array[cardinality(givers)]) || array_fill(-given, array[cardinality(receivers)]))
                as side (account, minutes)
            group by account
        ) as moved
        where accounts.id = moved.account;
end
$$;
