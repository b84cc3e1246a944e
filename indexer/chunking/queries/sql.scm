; The name follows its keyword at once; other tables a statement mentions do not name it.

(create_table
  [(keyword_table) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)
  (column_definitions)? @body) @definition.table

(create_view
  [(keyword_view) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)
  (create_query)? @body) @definition.table

(create_materialized_view
  [(keyword_view) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)
  (create_query)? @body) @definition.table

(create_index
  [(keyword_index) (keyword_exists) (keyword_concurrently)] . column: (identifier) @name) @definition.table

(create_trigger
  (keyword_trigger) . (object_reference schema: (_)? @name name: (_) @name)) @definition.table

(create_sequence
  [(keyword_sequence) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)) @definition.table

(create_policy
  (keyword_policy) . (object_reference schema: (_)? @name name: (_) @name)) @definition.table

(create_type
  [(keyword_type) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)) @definition.type

(create_function
  [(keyword_function) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)
  (function_body)? @body) @definition.function

(create_procedure
  [(keyword_procedure) (keyword_exists)] . (object_reference schema: (_)? @name name: (_) @name)
  (procedure_body)? @body) @definition.function

(marginalia) @comment

(column_definition name: (identifier) @member)

(invocation . (object_reference name: (identifier) @call))
