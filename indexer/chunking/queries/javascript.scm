; Class fields; everything else is shared with TypeScript in ecmascript.scm.
(field_definition
  property: (_) @name
  value: [
    (arrow_function body: (_) @body)
    (function_expression body: (_) @body)
  ]) @definition.function

(field_definition property: (property_identifier) @member)
