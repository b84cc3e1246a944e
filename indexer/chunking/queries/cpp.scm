; TEST_F(Fixture, does) {…}
(function_definition
  !type
  declarator: (function_declarator
    declarator: (identifier) @_test
    parameters: (parameter_list
      . (parameter_declaration type: (type_identifier) @name !declarator)
      . (parameter_declaration type: (type_identifier) @name !declarator)? .))
  body: (_) @body
  (#match? @_test "TEST")) @definition.test

; class EXPORTED Name {…}, which the parser takes for a function.
(function_definition
  type: (class_specifier name: (type_identifier) !body)
  declarator: (identifier) @name
  body: (compound_statement) @body) @definition.class

(function_definition
  type: (struct_specifier name: (type_identifier) !body)
  declarator: (identifier) @name
  body: (compound_statement) @body) @definition.struct

(class_specifier
  name: [(type_identifier) @name (template_type name: (type_identifier) @name)]
  body: (_) @body) @definition.class

(class_specifier
  name: (qualified_identifier scope: (_) @receiver name: (type_identifier) @name)
  body: (_) @body) @definition.class

(struct_specifier
  name: (template_type name: (type_identifier) @name)
  body: (_) @body) @definition.struct

(namespace_definition
  name: (_) @name
  body: (_) @body) @definition.namespace

(function_definition
  declarator: [
    (function_declarator
      declarator: (qualified_identifier scope: (_) @receiver name: (_) @name))
    (reference_declarator
      (function_declarator declarator: (qualified_identifier scope: (_) @receiver name: (_) @name)))
    (pointer_declarator
      declarator: (function_declarator
        declarator: (qualified_identifier scope: (_) @receiver name: (_) @name)))
  ]
  body: (_) @body) @definition.function

(function_definition
  declarator: [
    (function_declarator
      declarator: [
        (identifier)
        (field_identifier)
        (operator_name)
        (destructor_name)
        (template_function name: (identifier))
      ] @name)
    (reference_declarator (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
    (pointer_declarator
      declarator: (function_declarator declarator: [(identifier) (field_identifier) (operator_name)] @name))
    (operator_cast type: (_) @name)
  ]
  body: (_)? @body) @definition.function

(concept_definition name: (identifier) @name) @definition.type

(alias_declaration name: (type_identifier) @name) @definition.type

; A lambda that has a name at namespace level.
(translation_unit
  (declaration
    declarator: (init_declarator
      declarator: (identifier) @name
      value: (lambda_expression body: (_) @body))) @definition.function)

(template_declaration "template" @attribute parameters: (_) @attribute)

(field_declaration declarator: (function_declarator declarator: (field_identifier) @member))

(declaration_list
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

(call_expression function: (qualified_identifier name: (identifier) @call))

(call_expression function: (qualified_identifier name: (qualified_identifier name: (identifier) @call)))

(call_expression function: (template_function name: (identifier) @call))

(call_expression function: (field_expression field: (template_method name: (field_identifier) @call)))

(new_expression type: (type_identifier) @call)
