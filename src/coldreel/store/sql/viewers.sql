-- name: viewer
-- The user of a request with all that is known of it, in one row; none for a new one.
select u.id,
       u.served,
       case when u.explored_on = current_date then u.explored else 0 end,
       s.interests,
       s.weights,
       s.positives,
       s.aversions,
       s.updated_at,
       coalesce((select array_agg(h.creator) from hidden_creators h where h.user_id = u.id), '{{}}'),
       f.items,
       f.liked,
       f.vectors
from users u
left join user_state s on s.user_id = u.id and s.space = {space}
left join lateral (
    select array_agg(x.item) as items,
           array_agg(x.liked) as liked,
           string_agg(vector_send(v.v), ''::bytea) as vectors
    from (
        select x.item, x.liked
        from interactions x
        where x.user_id = u.id and x.pleased
        order by x.last_at desc
        limit %(favourites)s
    ) x
    join vectors v on v.space = {space} and v.item = x.item
) f on true
where u.ref = %(ref)s
