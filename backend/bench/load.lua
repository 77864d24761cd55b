-- What wrk asks: one of the requests on standard input, drawn anew each time, with a key that no other request has.
-- Its last line of output is the result as JSON. The argument is a random hexadecimal number.

local texts
local threads = {}

function setup(thread)
  texts = texts or io.read("*a")
  table.insert(threads, thread)
  thread:set("number", #threads)
  thread:set("texts_of_thread", texts)
end

local requests = {} -- each in pieces, between which the key goes
local start
local count = 0
statuses = {}

function init(args)
  start = args[1] .. "-" .. number .. "-"
  math.randomseed(tonumber(args[1]:sub(1, 8), 16) + number)
  for text in texts_of_thread:gmatch("[^\30]+") do
    local pieces = {}
    for piece in (text .. "$KEY$"):gmatch("(.-)%$KEY%$") do
      table.insert(pieces, piece)
    end
    table.insert(requests, pieces)
  end
end

function request()
  count = count + 1
  return table.concat(requests[math.random(#requests)], start .. count)
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local errors = summary.errors
  local total = { [0] = errors.connect + errors.read + errors.write + errors.timeout }
  for _, thread in ipairs(threads) do
    for status, answers in pairs(thread:get("statuses")) do
      total[status] = (total[status] or 0) + answers
    end
  end
  local parts = {}
  for status, answers in pairs(total) do
    if answers > 0 then
      table.insert(parts, string.format('"%d": %d', status, answers))
    end
  end
  local line = '{"seconds": %f, "p50": %f, "p99": %f, "statuses": {%s}}\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(string.format(line, summary.duration / 1e6, p50, p99, table.concat(parts, ", ")))
end
