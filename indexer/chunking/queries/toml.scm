(document
  (table
    . [(bare_key) (dotted_key) (quoted_key)] @name
    . (pair)? @body) @definition.config)

(document
  (table_array_element
    . [(bare_key) (dotted_key) (quoted_key)] @name
    . (pair)? @body) @definition.config)

(document
  (pair
    . [(bare_key) (dotted_key) (quoted_key)] @name
    . (_) @body) @definition.config)
