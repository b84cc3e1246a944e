(function_item
  name: (identifier) @name
  body: (block) @body) @definition.function

(function_signature_item name: (identifier) @name) @definition.function

(struct_item
  name: (type_identifier) @name
  body: (_)? @body) @definition.struct

(union_item
  name: (type_identifier) @name
  body: (_) @body) @definition.struct

(enum_item
  name: (type_identifier) @name
  body: (_) @body) @definition.enum

(trait_item
  name: (type_identifier) @name
  body: (_) @body) @definition.trait

(impl_item
  type: [
    (type_identifier) @name
    (generic_type type: (type_identifier) @name)
    (generic_type type: (scoped_type_identifier name: (type_identifier) @name))
    (scoped_type_identifier name: (type_identifier) @name)
    (reference_type type: (_) @name)
    (primitive_type) @name
    (dynamic_type) @name
    (tuple_type) @name
    (array_type) @name
    (pointer_type) @name
    (unit_type) @name
    (function_type) @name
    (macro_invocation) @name
  ]
  body: (_) @body) @definition.impl

(mod_item
  name: (identifier) @name
  body: (_) @body) @definition.namespace

(macro_definition
  name: (identifier) @name
  . ["(" "{" "["] @body) @definition.macro

(source_file (type_item name: (type_identifier) @name) @definition.type)

(source_file (const_item name: (identifier) @name) @definition.constant)

(source_file (static_item name: (identifier) @name) @definition.constant)

(struct_item body: (field_declaration_list (field_declaration name: (field_identifier) @member)))

(enum_variant name: (identifier) @member)

(declaration_list [(const_item name: (identifier) @member) (static_item name: (identifier) @member)])

(declaration_list (type_item name: (type_identifier) @member))

; What lazy_static!, bitflags! and macros for conditional compilation hold.
(macro_invocation (token_tree ["fn" "struct" "enum" "static"] . (identifier) @member . [(token_tree) ":" "<" ";"]))

(macro_invocation (token_tree "static" . (identifier) . (identifier) @member . ":"))

(call_expression function: (identifier) @call)

(call_expression function: (field_expression field: (field_identifier) @call))

(call_expression function: (scoped_identifier name: (identifier) @call))

(call_expression function: (generic_function function: (identifier) @call))

(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @call)))

(call_expression function: (generic_function function: (field_expression field: (field_identifier) @call)))

(macro_invocation macro: (identifier) @call)

(macro_invocation macro: (scoped_identifier name: (identifier) @call))
