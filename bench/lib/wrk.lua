-- For wrk: sends one delivery, from the files that the environment names, again and again.
local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local ID = "X-GitHub-Delivery"
local prefix = os.getenv("BENCH_ID_PREFIX")
local headers = {}
for line in io.lines(os.getenv("BENCH_HEADERS")) do
  local name, value = line:match("^([^:]+):%s*(.*)$")
  headers[name] = value
end
local message, before, after
local count = 0

-- Formatting once and joining leaves the load time to keep the server busy.
init = function()
  local mark = "BENCH-ID-GOES-HERE"
  if prefix ~= "" then headers[ID] = mark end
  message = wrk.format("POST", os.getenv("BENCH_PATH"), headers, read(os.getenv("BENCH_BODY")))
  if prefix ~= "" then
    local first, last = message:find(mark, 1, true)
    before, after = message:sub(1, first - 1) .. prefix, message:sub(last + 1)
  end
end

request = function()
  if not before then return message end
  count = count + 1
  return before .. count .. after
end

done = function(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("ANSWERED %d FAILED %d\n", summary.requests, failed))
end
