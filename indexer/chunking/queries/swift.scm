; The first pattern that fits a node decides what it is.

(class_declaration
  declaration_kind: "extension"
  name: (_) @name
  body: (_) @body) @definition.impl

(class_declaration
  declaration_kind: "struct"
  name: (_) @name
  body: (_) @body) @definition.struct

(class_declaration
  declaration_kind: "enum"
  name: (_) @name
  body: (_) @body) @definition.enum

(class_declaration
  declaration_kind: ["class" "actor"]
  name: (_) @name
  body: (_) @body) @definition.class

(protocol_declaration
  name: (_) @name
  body: (_) @body) @definition.interface

(source_file (typealias_declaration name: (type_identifier) @name) @definition.type)

; Going on to the body, tree-sitter would take .1 s to compile it.
(function_declaration
  "func"
  . name: _ @name) @definition.function @bodied

(protocol_function_declaration
  name: (simple_identifier) @name) @definition.function

(init_declaration
  name: "init" @name
  body: (_) @body) @definition.method

(deinit_declaration
  "deinit" @name
  body: (_) @body) @definition.method

(subscript_declaration
  "subscript" @name
  (computed_property) @body) @definition.method

; A computed property runs code, so it is found like a method.
(property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)
  computed_value: (computed_property) @body) @definition.method

(macro_declaration
  (simple_identifier) @name) @definition.macro

(attribute) @attribute

(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @member) !computed_value))

(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @member))

(enum_entry name: (simple_identifier) @member)

(associatedtype_declaration name: (type_identifier) @member)

(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @member)))

(class_body (typealias_declaration name: (type_identifier) @member))

(call_expression . (simple_identifier) @call)

(call_expression
  . (navigation_expression
    suffix: (navigation_suffix suffix: (simple_identifier) @call)))
