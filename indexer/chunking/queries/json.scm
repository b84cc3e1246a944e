(document
  (object
    (pair
      key: (string (string_content) @name)
      value: (_) @body) @definition.config))
