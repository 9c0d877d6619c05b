#!lua name=jackfield_1
--[[
SPDX-License-Identifier: GPL-2.0-or-later

What must happen in Redis at once or not at all. Every function gets one key,
the partition's prefix "{pN}", from which it makes its keys, and validates
everything before its first write. The library's name ends in its version:
a newer program loads a newer library beside an older one.
]]

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function num(s)
  return tonumber(s) or 0
end

--[[ acquire(prefix; owner, token, lease_ms, random)
-> {1, generation, now, commit, cursor, last token} or {0, owner, now, ms left}.
The last token tells a holder whose lease ran out whether somebody else was
here meanwhile. ]]
local function acquire(keys, args)
  local lease, meta = keys[1] .. ':lease', keys[1] .. ':meta'
  local now = now_ms()
  local l = redis.call('HMGET', lease, 'token', 'until', 'owner')
  if l[1] and l[1] ~= args[2] and num(l[2]) > now then
    return {0, l[3] or '', string.format('%.0f', now), string.format('%.0f', num(l[2]) - now)}
  end
  local m = redis.call('HMGET', meta, 'commit', 'cursor', 'born', 'token')
  local born = math.max(now, num(m[3]) + 1)
  local generation = string.format('%012x', born) .. args[4]
  redis.call('HSET', lease, 'owner', args[1], 'token', args[2],
             'until', string.format('%.0f', now + num(args[3])))
  redis.call('HSET', meta, 'token', args[2], 'generation', generation,
             'born', string.format('%.0f', born))
  return {1, generation, string.format('%.0f', now), m[1] or '0', m[2] or '0-0', m[4] or ''}
end

--[[ renew(prefix; token, lease_ms) -> {1, now, commit} or {0, now, commit} ]]
local function renew(keys, args)
  local lease = keys[1] .. ':lease'
  local now = now_ms()
  local commit = redis.call('HGET', keys[1] .. ':meta', 'commit') or '0'
  if redis.call('HGET', lease, 'token') ~= args[1] then
    return {0, string.format('%.0f', now), commit}
  end
  redis.call('HSET', lease, 'until', string.format('%.0f', now + num(args[2])))
  return {1, string.format('%.0f', now), commit}
end

--[[ release(prefix; token) -> 1 or 0 ]]
local function release(keys, args)
  local lease = keys[1] .. ':lease'
  if redis.call('HGET', lease, 'token') ~= args[1] then
    return 0
  end
  redis.call('DEL', lease)
  return 1
end

-- Cuts `count` items of `width` arguments each off args, from position at.
local function items(args, at, count, width)
  if count < 0 or #args < at + count * width - 1 then
    return nil
  end
  return at + count * width
end

-- The effects' positions, or nil: dest, pairs, field, value, ...
local function effects_of(args, at, count)
  local list = {}
  for _ = 1, count do
    local pairs_ = tonumber(args[at + 1])
    if not args[at] or not pairs_ or #args < at + 1 + pairs_ * 2 then
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

local function store(prefix, args, at, count)
  for i = 0, count - 1 do
    local kind, id, value = args[at + i * 3], args[at + i * 3 + 1], args[at + i * 3 + 2]
    local key = prefix .. ':state:' .. kind
    if value == '' then
      redis.call('HDEL', key, id)
    else
      redis.call('HSET', key, id, value)
    end
  end
end

local function emit(prefix, args, list)
  for _, e in ipairs(list) do
    local dest = args[e[1]]
    local key = prefix .. ':' .. dest
    if dest == 'journal' then
      add(key, nil, args, e[1] + 2, e[2])
    else
      add(key, 10000, args, e[1] + 2, e[2])
    end
    if string.sub(dest, 1, 4) == 'out:' then
      redis.call('EXPIRE', key, 3600)
    end
  end
end

--[[ commit(prefix; token, number, cursor, records, {kind, id, value} ...,
effects, {dest, pairs, field, value ...} ...) -> number; errors FENCE, GAP <last>,
ARGS. cursor '' leaves it. ]]
local function commit(keys, args)
  local prefix = keys[1]
  local meta = prefix .. ':meta'
  local n, nrec = tonumber(args[2]), tonumber(args[4])
  if not n or not nrec then
    return redis.error_reply('ARGS number')
  end
  local at = items(args, 5, nrec, 3)
  local neff = at and tonumber(args[at])
  local list, last
  if neff then
    list, last = effects_of(args, at + 1, neff)
  end
  if not list or last ~= #args + 1 then
    return redis.error_reply('ARGS shape')
  end
  if redis.call('HGET', prefix .. ':lease', 'token') ~= args[1] then
    return redis.error_reply('FENCE')
  end
  local have = num(redis.call('HGET', meta, 'commit') or '0')
  if n ~= have + 1 then
    return redis.error_reply('GAP ' .. string.format('%.0f', have))
  end
  store(prefix, args, 5, nrec)
  emit(prefix, args, list)
  redis.call('HSET', meta, 'commit', args[2])
  if args[3] ~= '' then
    redis.call('HSET', meta, 'cursor', args[3])
    redis.call('XTRIM', prefix .. ':in', 'MINID', '~', args[3])
  end
  return n
end

--[[ rebase(prefix; token, number): the state before commit number is lost; a
snapshot follows under this number. -> 1; error FENCE. ]]
local function rebase(keys, args)
  if redis.call('HGET', keys[1] .. ':lease', 'token') ~= args[1] then
    return redis.error_reply('FENCE')
  end
  local kinds = redis.call('KEYS', keys[1] .. ':state:*')
  for _, k in ipairs(kinds) do
    redis.call('DEL', k)
  end
  redis.call('HSET', keys[1] .. ':meta', 'commit',
             string.format('%.0f', num(args[2]) - 1))
  return 1
end

--[[ append(prefix; src, boot, seq, leg, has record, record, field, value ...)
-> the stream id, or '' when this seq was taken before. leg '' : no record. ]]
local function append(keys, args)
  local prefix, seq = keys[1], tonumber(args[3])
  if not seq or #args < 8 or #args % 2 ~= 0 then
    return redis.error_reply('ARGS shape')
  end
  local taken = prefix .. ':seq:' .. args[1] .. ':' .. args[2]
  if num(redis.call('GET', taken) or '0') >= seq then
    return ''
  end
  redis.call('SET', taken, args[3], 'EX', 120)
  if args[4] ~= '' then
    local key = prefix .. ':leg:' .. args[4]
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
  local out, cut = {}, #keys[1] + #':state:' + 1
  for _, key in ipairs(redis.call('KEYS', keys[1] .. ':state:*')) do
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      out[#out + 1] = string.sub(key, cut)
      out[#out + 1] = all[i]
      out[#out + 1] = all[i + 1]
    end
  end
  return out
end

redis.register_function('jf_load_1', load)
redis.register_function('jf_acquire_1', acquire)
redis.register_function('jf_renew_1', renew)
redis.register_function('jf_release_1', release)
redis.register_function('jf_commit_1', commit)
redis.register_function('jf_rebase_1', rebase)
redis.register_function('jf_append_1', append)
