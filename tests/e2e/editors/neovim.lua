-- Opens a revision, waits for findings, asks for a hover, chooses a repair as a person would, and tells what it saw as JSON.
-- FORESHOT_CONFIG is a file with the configuration to try, FORESHOT_REPORT the file to write, FORESHOT_CHOOSE what the
-- repair's title contains.
local seen = {}

local function position(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = line:find(text, 1, true)
    if column then
      return { number, column - 1 }
    end
  end
  error("the buffer has no " .. text)
end

local function of_rule(rule)
  return vim.tbl_filter(function(finding)
    return finding.code == rule
  end, vim.diagnostic.get(0))
end

local function report()
  local file = assert(io.open(vim.env.FORESHOT_REPORT, "w"))
  file:write(vim.fn.json_encode(seen))
  file:close()
end

local fine, problem = pcall(function()
  vim.cmd("filetype on")
  dofile(vim.env.FORESHOT_CONFIG)
  vim.cmd("edit " .. vim.env.FORESHOT_FILE)
  seen.filetype = vim.bo.filetype
  assert(vim.wait(20000, function()
    return #vim.diagnostic.get(0) > 0
  end, 20), "no findings")
  seen.findings = vim.tbl_map(function(finding)
    return { finding.source, finding.code, finding.lnum, finding.col, finding.message }
  end, vim.diagnostic.get(0))

  local place = position("add_column")
  vim.api.nvim_win_set_cursor(0, place)
  for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/hover", vim.lsp.util.make_position_params(), 10000)) do
    seen.hover = answer.result and answer.result.contents.value
  end

  vim.ui.select = function(choices, options, choose)
    seen.offered = vim.tbl_map(options.format_item, choices)
    for number, title in ipairs(seen.offered) do
      if title:find(vim.env.FORESHOT_CHOOSE, 1, true) then
        seen.chosen = title
        return choose(choices[number], number)
      end
    end
    error("nobody offered it")
  end
  local row, column = unpack(position(vim.env.FORESHOT_AT))
  vim.api.nvim_win_set_cursor(0, { row, column })
  vim.lsp.buf.code_action()
  assert(vim.wait(10000, function()
    return vim.bo.modified
  end, 20), "the buffer did not change")
  seen.lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  assert(vim.wait(10000, function()
    return #of_rule(vim.env.FORESHOT_RULE) == 0
  end, 20), "the finding stayed")
end)
seen.problem = not fine and problem or nil
report()
vim.cmd("qall!")
