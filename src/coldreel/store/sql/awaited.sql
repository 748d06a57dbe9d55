-- name: of
-- The item that a table told of, and that awaits a file of this name.
select id, ref from items where awaits = %(file)s and deleted_at is null

-- name: count
select count(*) from items where awaits is not null and deleted_at is null

-- name: has
select exists (select from items where id = %(item)s and awaits is not null)

-- name: is_there
-- Whether the catalogue has, or had, an item of this ref or file name: the one that is still there first.
select deleted_at is null
from items
where ref = %(file)s or awaits = %(file)s or id in (select item from sources where file = %(file)s)
order by deleted_at is not null
limit 1

-- name: add
-- Nothing where another was quicker.
insert into items (ref, awaits, creator, playback) values (%(file)s, %(file)s, '', 'none')
on conflict do nothing
returning id, ref

-- name: attach
-- The awaited file has come. Nothing where another was quicker, or the item was deleted.
update items
set awaits       = null,
    content_hash = %(content_hash)s,
    duration_s   = %(duration_s)s,
    width        = %(width)s,
    height       = %(height)s,
    fps          = %(fps)s,
    container    = %(container)s,
    video_codec  = %(video_codec)s,
    pixel_format = %(pixel_format)s,
    audio_codec  = %(audio_codec)s,
    ref          = coalesce(%(ref)s, ref),
    creator      = %(creator)s,
    title        = %(title)s,
    tags         = %(tags)s,
    language     = %(language)s,
    made_at      = %(made_at)s,
    playback     = %(playback)s
where id = %(item)s and awaits is not null and deleted_at is null
returning id, ref
