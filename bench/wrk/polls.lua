-- Polls: each request asks for the next address of a list, as `wrk … -- LIST CODING STATUS PAUSE` says.
--
-- LIST    a file with an address and an entity tag on each line, a tab between them; no tag asks unconditionally
-- CODING  the Accept-Encoding that is sent
-- STATUS  what every answer is to be, or 0 for anything below 400. Looking at answers takes wrk time, so runs that are
--         timed are told 0; wrk itself counts what is 400 or more
-- PAUSE   how many milliseconds a connection waits on average before it asks again; 0 for never
--
-- Prints a line of JSON: requests, microseconds, bytes, errors, and percentiles of the latency in microseconds.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local expected, pause = tonumber(args[3]), tonumber(args[4])
   asked, wrong, polls = 0, 0, {}
   for line in io.lines(args[1]) do
      local address, tag = line:match("^(%S+)\t(.*)$")
      local headers = { ["Accept-Encoding"] = args[2] }
      if tag ~= "" then
         headers["If-None-Match"] = tag
      end
      table.insert(polls, wrk.format("GET", address, headers))
   end
   if expected > 0 then
      response = function(status)
         if status ~= expected then
            wrong = wrong + 1
         end
      end
   end
   if pause > 0 then
      delay = function() -- of chance: else all connections would ask at the same moment
         return math.random(0, 2 * pause)
      end
   end
end

function request()
   asked = asked + 1
   return polls[asked % #polls + 1]
end

function done(summary, latency)
   local errors, wrongs = summary.errors, 0
   for _, thread in ipairs(threads) do
      wrongs = wrongs + thread:get("wrong")
   end
   local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status + wrongs
   local line = '{"requests": %d, "microseconds": %d, "bytes": %d, "errors": %d, "median": %d, "p99": %d, "slowest": %d}\n'
   io.write(line:format(summary.requests, summary.duration, summary.bytes, failed,
      latency:percentile(50), latency:percentile(99), latency.max))
end
