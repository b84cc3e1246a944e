(function_definition
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator
      declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
    (function_declarator declarator: (parenthesized_declarator (identifier) @name))
  ]
  body: (compound_statement) @body) @definition.function

; PHP_FUNCTION(name) {…}
(function_definition
  type: (type_identifier)
  declarator: (parenthesized_declarator (identifier) @name)
  body: (compound_statement) @body) @definition.function

; TEST(suite, name) {…} and TEST_CASE("does") {…}
((expression_statement
  (call_expression
    function: (identifier) @_test
    arguments: (argument_list . [(identifier) (string_literal)] @name . (identifier)? @name))) @definition.test
  . (compound_statement) @body @end
  (#match? @_test "TEST|SCENARIO"))

(type_definition
  type: [
    (struct_specifier body: (_) @body)
    (union_specifier body: (_) @body)
  ]
  declarator: (type_identifier) @name) @definition.struct

(type_definition
  type: (enum_specifier body: (_) @body)
  declarator: (type_identifier) @name) @definition.enum

(type_definition
  declarator: [
    (type_identifier) @name
    (pointer_declarator declarator: (type_identifier) @name)
    (function_declarator
      declarator: [
        (type_identifier) @name
        (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name))
      ])
  ]) @definition.type

(struct_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.struct

(union_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.struct

(enum_specifier
  name: (type_identifier) @name
  body: (_) @body) @definition.enum

(preproc_function_def
  name: (identifier) @name
  value: (_)? @body) @definition.macro

; A table: an array or struct with its values.
(declaration
  declarator: (init_declarator
    declarator: [
      (identifier) @name
      (array_declarator declarator: (identifier) @name)
      (array_declarator declarator: (array_declarator declarator: (identifier) @name))
      (pointer_declarator declarator: (identifier) @name)
      (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))
    ]
    value: (initializer_list) @body)) @definition.constant

(preproc_def name: (identifier) @name) @definition.macro

(field_declaration
  declarator: [
    (field_identifier) @member
    (pointer_declarator declarator: (field_identifier) @member)
    (array_declarator declarator: (field_identifier) @member)
    (function_declarator
      declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @member)))
  ])

(enumerator name: (identifier) @member)

; A variable outside of functions.
(translation_unit
  (declaration
    declarator: [
      (identifier) @member
      (array_declarator declarator: (identifier) @member)
      (init_declarator
        declarator: [
          (identifier) @member
          (pointer_declarator declarator: (identifier) @member)
          (array_declarator declarator: (identifier) @member)
        ])
    ]))

(preproc_ifdef
  (declaration
    declarator: [
      (identifier) @member
      (array_declarator declarator: (identifier) @member)
      (init_declarator
        declarator: [
          (identifier) @member
          (pointer_declarator declarator: (identifier) @member)
          (array_declarator declarator: (identifier) @member)
        ])
    ]))

(call_expression function: (identifier) @call)

(call_expression function: (field_expression field: (field_identifier) @call))
