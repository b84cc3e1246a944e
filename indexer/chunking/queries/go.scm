(function_declaration
  name: (identifier) @name
  body: (block)? @body) @definition.function

(method_declaration
  receiver: (parameter_list
    (parameter_declaration
      type: [
        (type_identifier) @receiver
        (pointer_type (type_identifier) @receiver)
        (generic_type type: (type_identifier) @receiver)
        (pointer_type (generic_type type: (type_identifier) @receiver))
      ]))
  name: (field_identifier) @name
  body: (block)? @body) @definition.method

(type_declaration
  . (type_spec
    name: (type_identifier) @name
    type: (struct_type (field_declaration_list) @body)) .) @definition.struct

(type_declaration
  . (type_spec
    name: (type_identifier) @name
    type: (interface_type "{" @body)) .) @definition.interface

(type_declaration
  . [(type_spec name: (type_identifier) @name) (type_alias name: (type_identifier) @name)] .) @definition.type

; In a parenthesised group each type stands for itself.
(type_spec
  name: (type_identifier) @name
  type: (struct_type (field_declaration_list) @body)) @definition.struct

(type_spec
  name: (type_identifier) @name
  type: (interface_type "{" @body)) @definition.interface

(type_spec name: (type_identifier) @name) @definition.type

(type_alias name: (type_identifier) @name) @definition.type

; A function that a package variable holds.
(source_file
  (var_declaration
    (var_spec
      name: (identifier) @name
      value: (expression_list . (func_literal body: (block) @body)))) @definition.function)

(source_file
  (var_declaration
    (var_spec_list
      (var_spec
        name: (identifier) @name
        value: (expression_list . (func_literal body: (block) @body))) @definition.function)))

; Suites and their cases, as Ginkgo has them.
((call_expression
  function: (identifier) @_suite
  arguments: (argument_list . (interpreted_string_literal) @name (func_literal body: (block) @body))) @definition.namespace
  (#any-of? @_suite "Describe" "Context" "When"))

((call_expression
  function: (identifier) @_case
  arguments: (argument_list . (interpreted_string_literal) @name (func_literal body: (block) @body))) @definition.test
  (#any-of? @_case "It" "Specify"))

(source_file (const_declaration (const_spec . name: (identifier) @name) @definition.constant))

((source_file (var_declaration (var_spec . name: (identifier) @name) @definition.constant))
  (#not-eq? @name "_"))

(source_file (var_declaration (var_spec_list (var_spec . name: (identifier) @name) @definition.constant)))

(field_declaration name: (field_identifier) @member)

(method_elem name: (field_identifier) @member)

; const a, b = 1, 2
(source_file (const_declaration (const_spec name: (identifier) @member)))

((source_file (var_declaration (var_spec name: (identifier) @member)))
  (#not-eq? @member "_"))

(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @member))))

(call_expression function: (identifier) @call)

(call_expression function: (selector_expression field: (field_identifier) @call))

(call_expression function: (parenthesized_expression (selector_expression field: (field_identifier) @call)))
