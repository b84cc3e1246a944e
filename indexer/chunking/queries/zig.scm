; A function that returns a type is a generic container: what it returns has methods.
(function_declaration
  name: (identifier) @name
  body: (block (expression_statement (return_expression (struct_declaration)))) @body) @definition.struct

(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function

(variable_declaration
  . (identifier) @name
  (struct_declaration) @body) @definition.struct

(variable_declaration
  . (identifier) @name
  (union_declaration) @body) @definition.struct

(variable_declaration
  . (identifier) @name
  (opaque_declaration) @body) @definition.struct

(variable_declaration
  . (identifier) @name
  (enum_declaration) @body) @definition.enum

(variable_declaration
  . (identifier) @name
  (error_set_declaration) @body) @definition.enum

(test_declaration
  [(string (string_content) @name) (identifier) @name]
  (block) @body) @definition.test

(test_declaration
  . (block) @body) @definition.test

(container_field name: (identifier) @member)

((source_file (variable_declaration . (identifier) @member (_) @_value .))
  (#not-match? @_value "^@import"))

(struct_declaration (variable_declaration . (identifier) @member))

(call_expression function: (identifier) @call)

(call_expression function: (field_expression member: (identifier) @call))
