-- The sys.* views of everything that has a path: the object tree, comments, indexes, and what security shows.
-- An index belongs to its table, also in the tree.

CREATE OR REPLACE VIEW sys_fn.visible_index AS
SELECT x.oid, x.relname::text AS name, r.schema_path, r.oid AS relation, r.name AS table_name, i.indisunique, i.indisprimary,
  i.indkey, i.indoption, i.indnkeyatts, i.indpred, m.amname::text AS method,
  CASE WHEN i.indpred IS NOT NULL AND m.amname = 'btree' THEN 'PARTIAL'
    WHEN m.amname = 'btree' AND i.indisunique THEN 'UNIQUE_BTREE'
    WHEN m.amname = 'btree' AND i.indexprs IS NOT NULL THEN 'EXPRESSION'
    WHEN m.amname = 'btree' AND i.indnatts > i.indnkeyatts THEN 'COVERING'
    WHEN m.amname = 'gin' THEN 'FULL_TEXT' WHEN m.amname = 'brin' THEN 'BRIN_ZONE' WHEN m.amname = 'hnsw' THEN 'VECTOR_HNSW'
    WHEN m.amname = 'ivfflat' AND x.reloptions @> ARRAY['lists=1'] THEN 'VECTOR_EXACT'
    WHEN m.amname = 'ivfflat' THEN 'VECTOR_IVF' ELSE upper(m.amname) END AS family
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
JOIN sys_fn.visible_relation r ON r.oid = i.indrelid JOIN pg_am m ON m.oid = x.relam;

-- Everything with a path.

CREATE OR REPLACE VIEW sys_fn.visible_object AS
SELECT sys_fn.object_uuid('schema', s.oid) AS object_id,
  (SELECT sys_fn.object_uuid('schema', p.oid) FROM sys_fn.visible_schema p WHERE p.path = sys_fn.parent(s.path)) AS parent_id,
  s.path AS object_path, sys_fn.leaf(s.path) AS name, 'schema' AS kind, sys_fn.parent(s.path) AS parent_path,
  s.path AS schema_path, nullif(obj_description(s.oid, 'pg_namespace'), 'standard public schema') AS comment
FROM sys_fn.visible_schema s
UNION ALL
SELECT sys_fn.object_uuid('relation', r.oid), sys_fn.object_uuid('schema', r.relnamespace), r.schema_path || '.' || r.name, r.name,
  r.kind, r.schema_path, r.schema_path, obj_description(r.oid, 'pg_class')
FROM sys_fn.visible_relation r
UNION ALL
SELECT sys_fn.object_uuid('relation', c.oid), sys_fn.object_uuid('schema', c.relnamespace), s.path || '.' || c.relname,
  c.relname, 'sequence', s.path, s.path, obj_description(c.oid, 'pg_class')
FROM pg_class c JOIN sys_fn.visible_schema s ON s.oid = c.relnamespace WHERE c.relkind = 'S'
UNION ALL
SELECT sys_fn.object_uuid('relation', i.oid), sys_fn.object_uuid('relation', i.relation),
  i.schema_path || '.' || i.table_name || '.' || i.name, i.name, 'index', i.schema_path || '.' || i.table_name,
  i.schema_path || '.' || i.table_name, obj_description(i.oid, 'pg_class')
FROM sys_fn.visible_index i
UNION ALL
SELECT sys_fn.object_uuid('relation', c.relation, c.position), sys_fn.object_uuid('relation', c.relation),
  c.schema_path || '.' || c.table_name || '.' || c.name, c.name, 'column', c.schema_path || '.' || c.table_name, c.schema_path,
  col_description(c.relation, c.attnum)
FROM sys_fn.visible_column c
UNION ALL
SELECT sys_fn.object_uuid('routine', r.oid), (SELECT sys_fn.object_uuid('schema', s.oid) FROM sys_fn.visible_schema s WHERE s.path = r.schema_path),
  r.schema_path || '.' || r.name, r.name, lower(r.type), r.schema_path, r.schema_path, obj_description(r.oid, 'pg_proc')
FROM sys_fn.visible_routine r
UNION ALL
SELECT sys_fn.object_uuid('domain', t.oid), sys_fn.object_uuid('schema', s.oid), s.path || '.' || t.typname, t.typname, 'domain',
  s.path, s.path, obj_description(t.oid, 'pg_type')
FROM pg_type t JOIN sys_fn.visible_schema s ON s.oid = t.typnamespace WHERE t.typtype = 'd' OR sys_fn.is_named_type(t.oid);

CREATE OR REPLACE VIEW "sys.information".scratchbird_object_paths AS
SELECT sys_fn."current_database"() AS object_catalog, sys_fn.leaf(o.schema_path) AS object_schema, o.name AS object_name,
  o.kind AS object_type, o.object_path
FROM sys_fn.visible_object o;

CREATE OR REPLACE VIEW "sys.information".scratchbird_object_comments AS
SELECT sys_fn."current_database"() AS object_catalog, sys_fn.leaf(o.schema_path) AS object_schema,
  CASE o.kind WHEN 'column' THEN sys_fn.leaf(o.parent_path) || '.' || o.name ELSE o.name END AS object_name,
  o.kind AS object_type, o.comment AS comment_text
FROM sys_fn.visible_object o WHERE o.comment IS NOT NULL;

CREATE OR REPLACE VIEW "sys.catalog_readable".object_tree AS
SELECT o.object_id, o.parent_id AS parent_object_id, o.object_path, o.name AS object_name, o.kind AS object_kind, o.parent_path,
  array_length(string_to_array(o.object_path, '.'), 1) - 1 AS depth, o.schema_path, 'active' AS status, o.comment AS comment_text,
  'visible' AS visibility_state
FROM sys_fn.visible_object o WHERE o.kind <> 'column';

CREATE OR REPLACE VIEW "sys.catalog_readable".navigator_tree AS
SELECT o.object_id AS node_id, o.parent_id AS parent_node_id, o.object_id, o.parent_id AS parent_object_id,
  o.object_path AS node_path, o.name AS node_name, o.kind AS node_kind, 'object' AS node_role, o.kind AS object_kind, o.object_path,
  o.schema_path, o.parent_path, array_length(string_to_array(o.object_path, '.'), 1) - 1 AS depth,
  CASE o.kind WHEN 'schema' THEN 0 WHEN 'table' THEN 1 WHEN 'view' THEN 2 ELSE 3 END AS sort_group,
  row_number() OVER (ORDER BY o.object_path)::integer AS sort_ordinal, false AS is_virtual,
  o.kind IN ('schema', 'table', 'view', 'materialized_view') AS is_expandable
FROM sys_fn.visible_object o;

CREATE OR REPLACE VIEW "sys.catalog_readable".objects AS
SELECT o.object_path, o.name AS object_name, o.kind AS object_kind, o.parent_path, 'active' AS status, o.comment AS comment_text,
  'visible' AS visibility_state
FROM sys_fn.visible_object o;

CREATE OR REPLACE VIEW "sys.catalog_readable".object_names AS
SELECT o.object_path, o.name AS object_name, o.kind AS object_kind, 'en' AS language, 'visible' AS visibility_state
FROM sys_fn.visible_object o;

CREATE OR REPLACE VIEW "sys.catalog_readable".object_comments AS
SELECT o.object_path, o.kind AS object_kind, o.comment AS comment_text, 'visible' AS visibility_state
FROM sys_fn.visible_object o WHERE o.comment IS NOT NULL;

CREATE OR REPLACE VIEW "sys.catalog_readable".schemas AS
SELECT s.path AS schema_path, sys_fn.leaf(s.path) AS schema_name, sys_fn.parent(s.path) AS parent_path,
  nullif(obj_description(s.oid, 'pg_namespace'), 'standard public schema') AS comment_text, 'visible' AS visibility_state
FROM sys_fn.visible_schema s;

CREATE OR REPLACE VIEW "sys.catalog_readable".relations AS
SELECT sys_fn.leaf(r.schema_path) || '.' || r.name AS relation_path, r.name AS relation_name, r.kind AS relation_kind,
  r.schema_path, 'active' AS status, obj_description(r.oid, 'pg_class') AS comment_text, 'visible' AS visibility_state
FROM sys_fn.visible_relation r;

CREATE OR REPLACE VIEW "sys.catalog_readable".columns AS
SELECT sys_fn.leaf(c.schema_path) || '.' || c.table_name AS relation_path, c.name AS column_name, c.position AS ordinal_position,
  c.shown_type AS datatype_name, c.domain_name, c.shown_nullable AS is_nullable,
  col_description(c.relation, c.attnum) AS comment_text, 'visible' AS visibility_state,
  sys_fn.shown_path(c.schema_path) AS schema_path
FROM sys_fn.described_column c;

-- The beta lists its own indexes here and none of users, which are in the object tree alone.
CREATE OR REPLACE VIEW "sys.catalog_readable".indexes AS
SELECT sys_fn.leaf(i.schema_path) || '.' || i.name AS index_path, i.name AS index_name,
  sys_fn.leaf(i.schema_path) || '.' || i.table_name AS relation_path, i.family AS index_family, 'default' AS storage_profile_name,
  obj_description(i.oid, 'pg_class') AS comment_text, 'visible' AS visibility_state,
  CASE WHEN i.indisunique THEN 'YES' ELSE 'NO' END AS is_unique, CASE WHEN i.indisprimary THEN 'YES' ELSE 'NO' END AS is_primary,
  sys_fn.expression_text(pg_get_expr(i.indpred, i.relation)) AS filter_expression, i.schema_path
FROM sys_fn.visible_index i WHERE NOT sys_fn.is_beta();

CREATE OR REPLACE VIEW "sys.catalog_readable".index_columns AS
SELECT sys_fn.leaf(i.schema_path) || '.' || i.name AS index_path, i.name AS index_name,
  sys_fn.leaf(i.schema_path) || '.' || i.table_name AS relation_path, k.place::integer AS ordinal_position,
  a.attname::text AS column_name, CASE WHEN k.attnum = 0 THEN sys_fn.expression_text(pg_get_indexdef(i.oid, k.place::integer, true)) END AS key_expression,
  CASE WHEN k.place <= i.indnkeyatts AND i.indoption[k.place - 1] & 1 = 1 THEN 'DESC' ELSE 'ASC' END AS sort_direction,
  CASE WHEN k.place > i.indnkeyatts THEN 'YES' ELSE 'NO' END AS is_included, 'visible' AS visibility_state,
  i.schema_path
FROM sys_fn.visible_index i
CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
LEFT JOIN pg_attribute a ON a.attrelid = i.relation AND a.attnum = k.attnum AND k.attnum > 0
WHERE NOT sys_fn.is_beta();

CREATE OR REPLACE VIEW "sys.catalog_readable".constraints AS
SELECT sys_fn.leaf(k.schema_path) || '.' || k.name AS constraint_path, k.name AS constraint_name,
  sys_fn.leaf(k.schema_path) || '.' || k.table_name AS relation_path, k.type AS constraint_type,
  pg_get_constraintdef(k.oid) AS definition, obj_description(k.oid, 'pg_constraint') AS comment_text, 'visible' AS visibility_state, k.schema_path
FROM sys_fn.visible_constraint k;

CREATE OR REPLACE VIEW "sys.catalog_readable".procedures AS
SELECT r.schema_path || '.' || r.name AS procedure_path, r.name AS procedure_name, r.schema_path,
  obj_description(r.oid, 'pg_proc') AS comment_text, 'visible' AS visibility_state
FROM sys_fn.visible_routine r WHERE r.type = 'PROCEDURE';

CREATE OR REPLACE VIEW "sys.catalog_readable".functions AS
SELECT r.schema_path || '.' || r.name AS function_path, r.name AS function_name, r.schema_path,
  sys_fn.type_name(r.prorettype, -1) AS datatype_name, obj_description(r.oid, 'pg_proc') AS comment_text,
  'visible' AS visibility_state
FROM sys_fn.visible_routine r WHERE r.type = 'FUNCTION';

CREATE OR REPLACE VIEW "sys.catalog_readable".triggers AS
SELECT sys_fn.leaf(r.schema_path) || '.' || t.tgname AS trigger_path, t.tgname::text AS trigger_name,
  sys_fn.leaf(r.schema_path) || '.' || r.name AS relation_path, 'visible' AS visibility_state
FROM pg_trigger t JOIN sys_fn.visible_relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal;

CREATE OR REPLACE VIEW "sys.catalog_readable".domains AS
SELECT s.path || '.' || t.typname AS domain_path, t.typname::text AS domain_name, s.path AS schema_path,
  sys_fn.type_name(coalesce(nullif(t.typbasetype, 0), t.oid), t.typtypmod) AS datatype_name, CASE WHEN t.typnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
  obj_description(t.oid, 'pg_type') AS comment_text, 'visible' AS visibility_state
FROM pg_type t JOIN sys_fn.visible_schema s ON s.oid = t.typnamespace WHERE t.typtype = 'd' OR sys_fn.is_named_type(t.oid);

CREATE OR REPLACE VIEW "sys.catalog_readable".settings AS
SELECT s.name AS setting_name, s.setting AS setting_value, 'visible' AS visibility_state
FROM pg_settings s WHERE s.name IN ('application_name', 'client_encoding', 'lock_timeout', 'max_connections', 'statement_timeout',
  'TimeZone', 'transaction_isolation', 'transaction_read_only');

CREATE OR REPLACE VIEW "sys.catalog_readable".filespaces AS
SELECT 'default' AS filespace_name, 'active' AS status, 'visible' AS visibility_state;

CREATE OR REPLACE VIEW "sys.security".principals AS
SELECT sys_fn.object_uuid('role', r.oid) AS principal_uuid, r.rolname::text AS principal_name,
  CASE WHEN r.rolcanlogin THEN 'user' ELSE 'role' END AS principal_kind, 'active' AS principal_state
FROM pg_roles r WHERE r.rolname NOT LIKE 'pg\_%';

CREATE OR REPLACE VIEW "sys.security".users AS
SELECT principal_uuid, principal_name, principal_state FROM "sys.security".principals WHERE principal_kind = 'user';

CREATE OR REPLACE VIEW "sys.security".roles AS
SELECT principal_uuid AS role_uuid, principal_name AS role_name, principal_state AS role_state FROM "sys.security".principals;

CREATE OR REPLACE VIEW "sys.security".policies AS
SELECT p.polname::text AS policy_name, sys_fn.leaf(r.schema_path) || '.' || r.name AS relation_path
FROM pg_policy p JOIN sys_fn.visible_relation r ON r.oid = p.polrelid;

CREATE OR REPLACE VIEW "sys.parser".dialects AS
SELECT 'sbsql' AS dialect_name, '1.1' AS dialect_version, 'default' AS dialect_state;

CREATE OR REPLACE VIEW "sys.information".scratchbird_index_profiles AS
SELECT i.name AS profile_name, i.schema_path || '.' || i.table_name AS catalog_table_path, i.family AS access_method,
  CASE WHEN i.indisprimary THEN 'primary key' WHEN i.indisunique THEN 'unique' ELSE 'lookup' END AS access_purpose,
  CASE WHEN i.indisunique THEN 'YES' ELSE 'NO' END AS is_unique
FROM sys_fn.visible_index i;
