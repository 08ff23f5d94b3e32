-- Polls: request the addresses of a list in turns. Arguments: `wrk … -- LIST CODING STATUS PAUSE`.
--
-- LIST    a file with an address and an entity tag on every line, separated by a tab; without a tag, the request is
--         unconditional
-- CODING  the Accept-Encoding of all requests
-- STATUS  the expected status of all answers, or 0 for any status below 400. Checking answers takes wrk time, so timed
--         runs use 0; wrk itself counts answers from 400
-- PAUSE   the mean pause of a connection before the next request in milliseconds, or 0
--
-- Prints a line of JSON: requests, microseconds, bytes, errors, and percentiles of the latency in microseconds.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local expected, pause = tonumber(args[3]), tonumber(args[4])
   sent, wrong, polls = 0, 0, {}
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
      delay = function() -- random: otherwise all connections would send at the same moment
         return math.random(0, 2 * pause)
      end
   end
end

function request()
   sent = sent + 1
   return polls[sent % #polls + 1]
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
