(class_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.class

(record_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.class

(struct_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.struct

(interface_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.interface

(enum_declaration
  name: (identifier) @name
  body: (_) @body) @definition.enum

(namespace_declaration
  name: (_) @name
  body: (_) @body) @definition.namespace

(delegate_declaration name: (identifier) @name) @definition.type

(method_declaration
  name: (identifier) @name
  body: (_)? @body) @definition.function

(constructor_declaration
  name: (identifier) @name
  body: (_) @body) @definition.method

(destructor_declaration
  name: (identifier) @name
  body: (_) @body) @definition.method

(operator_declaration
  operator: _ @name
  body: (_) @body) @definition.method

(conversion_operator_declaration
  type: (_) @name
  body: (_) @body) @definition.method

(indexer_declaration
  "this" @name
  accessors: (_) @body) @definition.method

(indexer_declaration
  "this" @name
  value: (_) @body) @definition.method

; A property whose accessors run code is found like a method; the others are members.
(property_declaration
  name: (identifier) @name
  accessors: (accessor_list (accessor_declaration body: (_))) @body) @definition.method

(property_declaration
  name: (identifier) @name
  value: (arrow_expression_clause) @body) @definition.method

(property_declaration name: (identifier) @member)

(record_declaration (parameter_list (parameter name: (identifier) @member)))

(event_declaration name: (identifier) @member)

(field_declaration (variable_declaration (variable_declarator name: (identifier) @member)))

(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @member)))

(enum_member_declaration name: (identifier) @member)

(invocation_expression function: (identifier) @call)

(invocation_expression function: (generic_name (identifier) @call))

(invocation_expression function: (member_access_expression name: (identifier) @call))

(invocation_expression function: (member_access_expression name: (generic_name (identifier) @call)))

(invocation_expression
  function: (conditional_access_expression (member_binding_expression name: (identifier) @call)))

(object_creation_expression type: (identifier) @call)

(object_creation_expression type: (generic_name (identifier) @call))
