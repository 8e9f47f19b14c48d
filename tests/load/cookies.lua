-- Sends the Cookie lines of a file in turn, one line of the file for each request. A request without a line has no cookie.

local requests, turn = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local headers = { Host = "localhost" }
    if line ~= "" then headers.Cookie = line end
    table.insert(requests, wrk.format("GET", wrk.path, headers))
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
