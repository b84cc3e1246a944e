; A bats test, which the parser sees as a function; see bats.py.
(function_definition
  name: (word) @name
  body: (_) @body
  (#match? @name "^@test")) @definition.test

(function_definition
  name: (word) @name
  body: (_) @body) @definition.function

(program (variable_assignment name: (variable_name) @member))

(program (declaration_command (variable_assignment name: (variable_name) @member)))

(command
  name: (command_name (word) @call)
  (#match? @call "^[A-Za-z_]"))
