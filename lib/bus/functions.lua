#!lua name=jackfield_7
--[[
SPDX-License-Identifier: GPL-2.0-or-later

What must happen in Redis at once or not at all. Every function gets one key,
the partition's prefix "{pN}", from which it makes its keys, and validates
everything before its first write. The library's name ends in its version:
a newer program loads a newer library beside an older one.
]]

local TRIM_EVERY = 16 -- commits: the stream may be that much longer

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function num(s)
  return tonumber(s or 0) or 0
end

-- A decimal number that a double holds exactly, or nil.
local function whole(s)
  return s and #s <= 15 and string.match(s, '^%d+$') and tonumber(s)
end

local function text(n)
  return string.format('%.0f', n)
end

-- The lease did not end just now: this is a new installation, or a Redis that
-- was away, refused, or lost its end or everything. Who holds the partition has
-- its state and asks within a lease: for so long the others wait.
local function holder_may_come(meta, lease_ms, now)
  local since = num(redis.call('HGET', meta, 'vacant'))
  if since > now or now - since > 2 * lease_ms then
    redis.call('HSET', meta, 'vacant', text(now))
    since = now
  end
  return since + lease_ms - now
end

local function drop_state(prefix)
  local kinds = prefix .. ':kinds'
  for _, k in ipairs(redis.call('SMEMBERS', kinds)) do
    redis.call('DEL', prefix .. ':state:' .. k)
  end
  redis.call('DEL', kinds)
end

--[[ acquire(prefix; owner, token, lease_ms, random, born, held)
-> {1, generation, now, commit, cursor, last token, last born}
or {0, owner, now, ms left, last born}.
born: of the newest acquisition that the asker knows; held: '1' when that is
its own, and it has the state. The last token tells a holder whose lease ran
out whether somebody else was here meanwhile; the last born, whether that was
after it or, in a Redis that lost its end, before it. ]]
local function acquire(keys, args)
  local lease, meta = keys[1] .. ':lease', keys[1] .. ':meta'
  local now, held = now_ms(), args[6] == '1'
  local l = redis.call('HMGET', lease, 'token', 'until', 'owner')
  local m = redis.call('HMGET', meta, 'commit', 'cursor', 'born', 'token', 'whole')
  local last = num(m[3])
  if l[1] and l[1] ~= '' and l[1] ~= args[2] and num(l[2]) > now and
     not (held and num(args[5]) > last) then
    return {0, l[3] or '', text(now), text(num(l[2]) - now), text(last)}
  end
  local just_now = num(args[3]) * (l[1] == '' and 2 or 0.5)
  if not held and now - num(l[2]) > just_now then
    local left = holder_may_come(meta, num(args[3]), now)
    if left > 0 then
      return {0, '', text(now), text(left), text(last)}
    end
  end
  -- Whoever told the state again died over it: what is there is a part.
  if not held and num(m[1]) < num(m[5]) then
    drop_state(keys[1])
    redis.call('HDEL', meta, 'whole')
  end
  local born = math.max(now, last + 1, num(args[5]) + 1)
  local generation = string.format('%012x', born) .. args[4]
  redis.call('HSET', lease, 'owner', args[1], 'token', args[2],
             'until', text(now + num(args[3])), 'ms', args[3])
  redis.call('HSET', meta, 'token', args[2], 'generation', generation,
             'born', text(born))
  redis.call('HDEL', meta, 'vacant')
  return {1, generation, text(now), m[1] or '0', m[2] or '0-0', m[4] or '', text(last)}
end

--[[ renew(prefix; token, lease_ms) -> {1, now, commit} or {0, now, commit} ]]
local function renew(keys, args)
  local lease = keys[1] .. ':lease'
  local now = now_ms()
  local commit = redis.call('HGET', keys[1] .. ':meta', 'commit') or '0'
  if redis.call('HGET', lease, 'token') ~= args[1] then
    return {0, text(now), commit}
  end
  redis.call('HSET', lease, 'until', text(now + num(args[2])))
  return {1, text(now), commit}
end

--[[ release(prefix; token) -> 1 or 0. What is left says when. ]]
local function release(keys, args)
  local lease = keys[1] .. ':lease'
  if redis.call('HGET', lease, 'token') ~= args[1] then
    return 0
  end
  redis.call('HSET', lease, 'token', '', 'until', text(now_ms()))
  return 1
end

-- Where the arguments behind `count` items of `width` each begin, or nil.
local function behind(args, at, count, width)
  local next_ = count and at + count * width
  return next_ and next_ <= #args + 1 and next_ or nil
end

local function is_dest(s)
  return s == 'journal' or s == 'push' or (s and string.sub(s, 1, 4) == 'out:')
end

-- The effects' positions, or nil: dest, pairs, field, value, ...
local function effects_of(args, at, count)
  local list = {}
  for _ = 1, count do
    local pairs_ = whole(args[at + 1])
    if not is_dest(args[at]) or not pairs_ or pairs_ < 1 or pairs_ > 100 or
       #args < at + 1 + pairs_ * 2 then
      return nil
    end
    list[#list + 1] = {at, pairs_}
    at = at + 2 + pairs_ * 2
  end
  return list, at
end

local function add(key, limit, args, at, pairs_)
  local cmd = {'XADD', key}
  if limit then
    cmd[3], cmd[4], cmd[5] = 'MAXLEN', '~', limit
  end
  cmd[#cmd + 1] = '*'
  for i = at, at + pairs_ * 2 - 1 do
    cmd[#cmd + 1] = args[i]
  end
  return redis.call(unpack(cmd))
end

-- Kinds that have ever had a record are in a set: looking for keys would walk
-- through all of Redis.
local function store(prefix, args, at, count)
  for i = at, at + count * 3 - 1, 3 do
    local kind, id, value = args[i], args[i + 1], args[i + 2]
    local key = prefix .. ':state:' .. kind
    if value == '' then
      redis.call('HDEL', key, id)
    elseif redis.call('HSET', key, id, value) == 1 then
      redis.call('SADD', prefix .. ':kinds', kind)
    end
  end
end

local function emit(prefix, args, list)
  local fresh = {}
  for _, e in ipairs(list) do
    local dest = args[e[1]]
    local key = prefix .. ':' .. dest
    if dest == 'journal' then -- every row reaches PostgreSQL
      add(key, nil, args, e[1] + 2, e[2])
    elseif dest == 'push' then -- seen now or not at all
      add(key, 10000, args, e[1] + 2, e[2])
    else -- the node trims what it has done; a dead one's leaves
      add(key, 100000, args, e[1] + 2, e[2])
      fresh[key] = true
    end
  end
  for key in pairs(fresh) do
    redis.call('EXPIRE', key, 3600)
  end
end

-- A commit is a sign of life: the renewals stand behind thousands of them when
-- an owner tells a Redis again what it lost.
local function keep_alive(lease, until_, ms)
  local now = now_ms()
  if num(until_) - now < num(ms) / 2 then
    redis.call('HSET', lease, 'until', text(now + num(ms)))
  end
end

local function is_cursor(s)
  return s == '' or string.match(s, '^%d+%-%d+$')
end

--[[ commit(prefix; token, number, cursor, records, {kind, id, value} ...,
effects, {dest, pairs, field, value ...} ...) -> number; errors FENCE, GAP <last>,
ARGS. cursor '' leaves it. ]]
local function commit(keys, args)
  local prefix = keys[1]
  local meta = prefix .. ':meta'
  local n, nrec = whole(args[2]), whole(args[4])
  local at = behind(args, 5, nrec, 3)
  local neff = at and whole(args[at])
  local list, last
  if neff then
    list, last = effects_of(args, at + 1, neff)
  end
  if not n or not list or last ~= #args + 1 or not is_cursor(args[3]) then
    return redis.error_reply('ARGS shape')
  end
  local lease = prefix .. ':lease'
  local l = redis.call('HMGET', lease, 'token', 'until', 'ms')
  if l[1] ~= args[1] then
    return redis.error_reply('FENCE')
  end
  local have = num(redis.call('HGET', meta, 'commit') or '0')
  if n ~= have + 1 then
    return redis.error_reply('GAP ' .. text(have))
  end
  store(prefix, args, 5, nrec)
  emit(prefix, args, list)
  if args[3] == '' then
    redis.call('HSET', meta, 'commit', args[2])
  else
    redis.call('HSET', meta, 'commit', args[2], 'cursor', args[3])
    if n % TRIM_EVERY == 0 then
      redis.call('XTRIM', prefix .. ':in', 'MINID', '~', args[3])
    end
  end
  keep_alive(lease, l[2], l[3])
  return n
end

--[[ rebase(prefix; token, number, whole): the state before commit number is
lost; commits follow from this number on, and a snapshot under number whole.
-> 1; error FENCE. ]]
local function rebase(keys, args)
  if redis.call('HGET', keys[1] .. ':lease', 'token') ~= args[1] then
    return redis.error_reply('FENCE')
  end
  drop_state(keys[1])
  redis.call('HSET', keys[1] .. ':meta', 'commit',
             text(num(args[2]) - 1), 'whole', args[3])
  return 1
end

-- A message's type, of its packed form (lib/base/pack.h) or of its field t.
local function type_of(field, value)
  return field == 'm' and string.match(value, '^t=%d+:([^;]+);') or value
end

--[[ Whether this producer may write the leg's record. Another boot's is taken
over by leg.restored alone: a node that slept, and whose legs moved, does not
touch them when it wakes up. ]]
local function may_write(key, src, boot, event)
  local old = event ~= 'leg.restored' and redis.call('GET', key)
  local node = old and string.match(old, ' node=(%S+)')
  return not node or (node == src and
                      (string.match(old, ' boot=(%S+)') or boot) == boot)
end

--[[ append(prefix; src, boot, seq, leg, previous, record, field, value ...)
-> the stream id, or '' when this seq was taken before; errors ARGS, GAP <last>.
leg '' : no record; one that is another's is left alone. previous: the seq sent before this one, when the producer
still has it, else 0. An event whose predecessor was refused is refused too:
the producer sends both again, and none is taken for old. ]]
local function append(keys, args)
  local prefix, seq, previous = keys[1], whole(args[3]), whole(args[5])
  if not seq or not previous or #args < 8 or #args > 206 or #args % 2 ~= 0 then
    return redis.error_reply('ARGS shape')
  end
  local taken = prefix .. ':seq:' .. args[1] .. ':' .. args[2]
  local have = num(redis.call('GET', taken) or '0')
  if have >= seq then
    return ''
  elseif have < previous then
    return redis.error_reply('GAP ' .. text(have))
  end
  redis.call('SET', taken, args[3], 'EX', 3600)
  local key = prefix .. ':leg:' .. args[4]
  if args[4] ~= '' and may_write(key, args[1], args[2],
                                   type_of(args[7], args[8])) then
    if args[6] == '' then
      redis.call('DEL', key)
    else
      redis.call('SET', key, args[6])
    end
  end
  return add(prefix .. ':in', 1000000, args, 7, (#args - 6) / 2)
end

--[[ load(prefix) -> {kind, id, value, ...}: the whole state. ]]
local function load(keys)
  local out = {}
  for _, kind in ipairs(redis.call('SMEMBERS', keys[1] .. ':kinds')) do
    local all = redis.call('HGETALL', keys[1] .. ':state:' .. kind)
    for i = 1, #all, 2 do
      out[#out + 1] = kind
      out[#out + 1] = all[i]
      out[#out + 1] = all[i + 1]
    end
  end
  return out
end

-- A Redis without memory refuses new events; what is under way goes on, and
-- what is consumed leaves.
local function always(name, callback)
  redis.register_function{function_name = name, callback = callback,
                          flags = {'allow-oom'}}
end

redis.register_function{function_name = 'jf_load_7', callback = load,
                        flags = {'no-writes'}}
always('jf_acquire_7', acquire)
always('jf_renew_7', renew)
always('jf_release_7', release)
always('jf_commit_7', commit)
always('jf_rebase_7', rebase)
redis.register_function('jf_append_7', append)
