(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function

(function_declaration
  name: (dot_index_expression table: (_) @receiver field: (_) @name)
  body: (block)? @body) @definition.function

(function_declaration
  name: (method_index_expression table: (_) @receiver method: (_) @name)
  body: (block)? @body) @definition.function

(variable_declaration
  (assignment_statement
    (variable_list . name: (identifier) @name)
    (expression_list . value: (function_definition body: (block)? @body)))) @definition.function

(assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function

; A function that a call takes, bound to a name.
(chunk
  (variable_declaration
    (assignment_statement
      (variable_list . name: (identifier) @name)
      (expression_list
        . value: (function_call
          arguments: (arguments (function_definition body: (block)? @body)))))) @definition.function)

(chunk
  (assignment_statement
    (variable_list . name: (dot_index_expression table: (_) @receiver field: (_) @name))
    (expression_list
      . value: (function_call
        arguments: (arguments (function_definition body: (block)? @body))))) @definition.function)

(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @receiver field: (_) @name))
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function

(assignment_statement
  (variable_list . name: (bracket_index_expression table: (_) @receiver field: (_) @name))
  (expression_list . value: (function_definition body: (block)? @body))) @definition.function

; Functions in a table that has a name belong to that name.
(assignment_statement
  (variable_list . name: (_) @receiver)
  (expression_list
    . value: (table_constructor
      (field
        name: (_) @name
        value: (function_definition body: (block)? @body)) @definition.function)))

(field
  name: (_) @name
  value: (function_definition body: (block)? @body)) @definition.function

; A table of values; one that holds functions is cut into them.
(chunk
  (assignment_statement
    (variable_list . name: (_) @name)
    (expression_list . value: (table_constructor) @body)) @definition.constant
  (#not-match? @body "function"))

(chunk
  (variable_declaration
    (assignment_statement
      (variable_list . name: (identifier) @name)
      (expression_list . value: (table_constructor) @body))) @definition.constant
  (#not-match? @body "function"))

; Test suites and their cases, as busted has them.
((function_call
  name: (identifier) @_suite
  arguments: (arguments . (string) @name . (function_definition body: (block)? @body))) @definition.namespace
  (#any-of? @_suite "describe" "context" "insulate" "expose"))

((function_call
  name: (identifier) @_case
  arguments: (arguments . (string) @name . (function_definition body: (block)? @body))) @definition.test
  (#any-of? @_case "it" "spec" "test"))

((chunk
  (variable_declaration
    (assignment_statement
      (variable_list . name: (identifier) @member)
      (expression_list . value: (_) @_value))))
  (#not-match? @_value "^require"))

(chunk (assignment_statement (variable_list name: [(identifier) @member (dot_index_expression field: (_) @member)])))

(function_call name: (identifier) @call)

(function_call name: (dot_index_expression field: (identifier) @call))

(function_call name: (method_index_expression method: (identifier) @call))
