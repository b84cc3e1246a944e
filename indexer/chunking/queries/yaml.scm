; Under these keys stand named things: workflow jobs, compose services, API paths and schemas.
(document
  (block_node
    (block_mapping
      (block_mapping_pair
        key: (_) @name
        ":" @body
        value: (block_node (block_mapping))
        (#any-of? @name "jobs" "services" "paths" "definitions")) @definition.namespace)))

(document
  (block_node
    (block_mapping
      (block_mapping_pair
        key: (_) @_section
        value: (block_node
          (block_mapping
            (block_mapping_pair
              key: (_) @name
              ":" @body) @definition.config)))
      (#any-of? @_section "jobs" "services" "paths" "definitions"))))

(document
  (block_node
    (block_mapping
      (block_mapping_pair
        key: (_) @name
        ":" @body) @definition.config)))
