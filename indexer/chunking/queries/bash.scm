; A bats test, which the parser sees as a function; see bats.py.
(function_definition
  name: (word) @name
  body: (_) @body
  (#match? @name "^@test")) @definition.test

(function_definition
  name: (word) @name
  body: (_) @body) @definition.function

(command
  name: (command_name (word) @call)
  (#match? @call "^[A-Za-z_]"))
