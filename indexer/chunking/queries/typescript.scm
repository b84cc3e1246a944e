(abstract_class_declaration
  name: (_) @name
  body: (class_body) @body) @definition.class

(interface_declaration
  name: (_) @name
  body: (_) @body) @definition.interface

(type_alias_declaration
  name: (_) @name
  value: (object_type) @body) @definition.type

(type_alias_declaration name: (_) @name) @definition.type

(enum_declaration
  name: (_) @name
  body: (_) @body) @definition.enum

(internal_module
  name: (_) @name
  body: (_) @body) @definition.namespace

(module
  name: (_) @name
  body: (_) @body) @definition.namespace

; What a type is said of is what it would be without.
(variable_declarator
  name: (identifier) @name
  value: [
    (as_expression
      . (object
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body)
    (satisfies_expression
      . (object
        [(method_definition) (pair value: [(arrow_function) (function_expression)])]) @body)
  ]) @definition.namespace

(variable_declarator
  name: (identifier) @name
  value: (as_expression
    . (parenthesized_expression [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
    ]))) @definition.function

; Overloads: declarations that their implementation goes on with.
(function_signature name: (identifier) @name) @definition.function

(class_body (method_signature name: (_) @name) @definition.function)

(abstract_method_signature name: (_) @name) @definition.function

(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
    (call_expression
      arguments: (arguments [
        (arrow_function body: (statement_block) @body)
        (function_expression body: (statement_block) @body)
      ]))
  ]) @definition.function

(public_field_definition name: (_) @member)

(required_parameter (accessibility_modifier) pattern: (identifier) @member)

(ambient_declaration (_ (variable_declarator name: (identifier) @member)))

(ambient_declaration (statement_block (_ (variable_declarator name: (identifier) @member))))

(internal_module
  body: (statement_block [
    (lexical_declaration (variable_declarator name: (identifier) @member))
    (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @member)))
  ]))

(module
  body: (statement_block [
    (lexical_declaration (variable_declarator name: (identifier) @member))
    (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @member)))
  ]))

(type_alias_declaration value: (object_type (property_signature name: (_) @member)))

(interface_body (property_signature name: (_) @member))

(interface_body (method_signature name: (_) @member))

(enum_body name: (property_identifier) @member)

(enum_assignment name: (property_identifier) @member)
