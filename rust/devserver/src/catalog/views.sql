-- The sys.* views, filled from PostgreSQL's catalogue. The schemas of the system itself do not appear in them.
CREATE SCHEMA IF NOT EXISTS "sys.information";
CREATE SCHEMA IF NOT EXISTS "sys.catalog_readable";
CREATE SCHEMA IF NOT EXISTS "sys.parser";
CREATE SCHEMA IF NOT EXISTS "sys.security";

-- Identity: the same object has the same UUID for as long as it lives.
CREATE OR REPLACE FUNCTION sys_fn.object_uuid(kind text, id oid, sub integer DEFAULT 0) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN md5(kind || ':' || id || ':' || sub)::uuid;

-- Whether a type is what SBsql has as a domain and PostgreSQL as a type: an enumeration, or a row that is no table's.
CREATE OR REPLACE FUNCTION sys_fn.is_named_type(type_id oid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE t.oid = type_id AND (t.typtype = 'e' OR (t.typtype = 'c' AND c.relkind = 'c')));

-- A type as SBsql spells it.
CREATE OR REPLACE FUNCTION sys_fn.type_name(type_id oid, modifier integer) RETURNS text LANGUAGE plpgsql STABLE AS $f$
DECLARE
  t record;
  n text;
  digits text := CASE WHEN modifier >= 4 THEN format('(%s)', modifier - 4) ELSE '' END;
  plain text := CASE WHEN modifier >= 0 THEN format('(%s)', modifier) ELSE '' END;
BEGIN
  SELECT y.typname::text AS name, y.typtype::text AS kind, y.typelem AS element, y.typcategory::text AS category,
         y.typbasetype AS base, y.typtypmod AS base_modifier, s.nspname::text AS space
    INTO t FROM pg_type y JOIN pg_namespace s ON s.oid = y.typnamespace WHERE y.oid = type_id;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  IF t.kind = 'd' THEN
    RETURN CASE WHEN t.space = 'sys' THEN t.name ELSE sys_fn.type_name(t.base, t.base_modifier) END;
  END IF;
  IF t.kind = 'e' THEN
    RETURN (SELECT format('%s(%s)', CASE WHEN count(*) > 256 THEN 'enum16' ELSE 'enum8' END,
      string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)) FROM pg_enum e WHERE e.enumtypid = type_id);
  END IF;
  IF t.kind = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.reltype = type_id AND c.relkind = 'c') THEN
    RETURN (SELECT format('row(%s)', string_agg(quote_ident(a.attname) || ' ' || CASE
        WHEN sys_fn.is_named_type(a.atttypid) THEN (SELECT y.typname::text FROM pg_type y WHERE y.oid = a.atttypid)
        ELSE sys_fn.type_name(a.atttypid, a.atttypmod) END, ', ' ORDER BY a.attnum))
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE c.reltype = type_id AND a.attnum > 0 AND NOT a.attisdropped);
  END IF;
  IF t.category = 'A' AND t.element <> 0 THEN
    RETURN format('array<%s>', sys_fn.type_name(t.element, modifier));
  END IF;
  n := t.name;
  RETURN CASE n
    WHEN 'bool' THEN 'boolean' WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint'
    WHEN 'float4' THEN 'real' WHEN 'float8' THEN 'double'
    WHEN 'bpchar' THEN 'char' || digits WHEN 'varchar' THEN 'varchar' || digits
    WHEN 'numeric' THEN CASE WHEN modifier >= 4
      THEN format('decimal(%s,%s)', (modifier - 4) >> 16, (modifier - 4) & 65535) ELSE 'decimal' END
    WHEN 'bit' THEN 'bit' || plain WHEN 'varbit' THEN 'bit varying' || plain
    WHEN 'time' THEN 'time' || plain WHEN 'timetz' THEN 'timetz' || plain
    WHEN 'timestamp' THEN 'timestamp' || plain WHEN 'timestamptz' THEN 'timestamptz' || plain
    WHEN 'vector' THEN 'vector' || plain WHEN 'halfvec' THEN 'halfvec' || plain WHEN 'sparsevec' THEN 'sparse_vector' || plain
    WHEN 'tsquery' THEN 'search_query'
    ELSE n END;
END $f$;

-- A default as SBsql writes it.
CREATE OR REPLACE FUNCTION sys_fn.default_text(expression text) RETURNS text LANGUAGE sql STABLE
RETURN CASE
  WHEN expression ~ '^nextval\(''[^'']+''::regclass\)$' THEN 'NEXT VALUE FOR ' || replace(
    regexp_replace(CASE WHEN expression ~ '\.' THEN expression ELSE replace(expression, '(''', '(''public.') END,
      '^nextval\(''([^'']+)''::regclass\)$', '\1'), 'public.', 'users.public.')
  WHEN expression ~ '^''([^'']|'''')*''::[a-z ]+(\([0-9,]+\))?$' THEN regexp_replace(expression, '::[a-z ]+(\([0-9,]+\))?$', '')
  ELSE sys_fn.expression_text(expression) END;

CREATE OR REPLACE VIEW sys_fn.visible_schema AS
SELECT n.oid, n.nspname::text AS name, sys_fn.schema_path(n.nspname) AS path, r.rolname::text AS owner
FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
WHERE NOT sys_fn.is_hidden(n.nspname);

CREATE OR REPLACE VIEW sys_fn.visible_relation AS
SELECT c.oid, c.relname::text AS name, c.relkind, c.relpersistence, c.relispartition,
  CASE WHEN c.relpersistence = 't' THEN 'users.public' ELSE sys_fn.schema_path(n.nspname) END AS schema_path,
  c.relnamespace, n.nspname::text AS space,
  CASE WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW'
    WHEN c.relpersistence = 't' THEN 'LOCAL TEMPORARY' ELSE 'BASE TABLE' END AS table_type,
  CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'table' END AS kind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (NOT sys_fn.is_hidden(n.nspname) OR c.relnamespace = pg_my_temp_schema());

CREATE OR REPLACE VIEW sys_fn.visible_column AS
SELECT r.oid AS relation, r.name AS table_name, r.schema_path, r.relnamespace, r.table_type,
  a.attname::text AS name, row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum)::integer AS position, a.attnum,
  sys_fn.type_name(a.atttypid, a.atttypmod) AS type, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS not_null,
  CASE WHEN a.attgenerated = '' THEN sys_fn.default_text(pg_get_expr(d.adbin, d.adrelid)) END AS default_text,
  CASE WHEN a.attgenerated <> '' THEN sys_fn.expression_text(pg_get_expr(d.adbin, d.adrelid)) END AS generation, a.attidentity, a.attgenerated,
  a.atttypid, a.atttypmod, coalesce(nullif(t.typbasetype, 0), a.atttypid) AS base_type,
  CASE WHEN (t.typtype = 'd' AND tn.nspname <> 'sys') OR sys_fn.is_named_type(t.oid) THEN sys_fn.schema_path(tn.nspname) END
    AS domain_schema,
  CASE WHEN (t.typtype = 'd' AND tn.nspname <> 'sys') OR sys_fn.is_named_type(t.oid) THEN t.typname::text END AS domain_name
FROM sys_fn.visible_relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

-- The beta has the descriptor of a column where its type should be, says of every column that it may be NULL, and knows no
-- default there.

CREATE OR REPLACE FUNCTION sys_fn.is_beta() RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(sys_fn.setting('profile') = 'beta', false);

CREATE OR REPLACE VIEW sys_fn.described_column AS
SELECT c.*,
  CASE WHEN NOT sys_fn.is_beta() THEN c.type ELSE concat('type=', regexp_replace(c.type, '[ (<].*$', ''),
    ';nullable=', CASE WHEN c.not_null THEN 'false' ELSE 'true' END,
    CASE WHEN c.table_type NOT LIKE '%VIEW' THEN ';source_type=' || CASE WHEN c.type LIKE '%''%' THEN c.type ELSE upper(c.type) END END,
    CASE WHEN k.is_primary THEN ';primary_key=true' END, CASE WHEN k.is_unique THEN ';unique=true' END,
    ';default=' || c.default_text) END AS shown_type,
  CASE WHEN c.not_null AND NOT sys_fn.is_beta() THEN 'NO' ELSE 'YES' END AS shown_nullable,
  CASE WHEN sys_fn.is_beta() THEN '' ELSE c.default_text END AS shown_default
FROM sys_fn.visible_column c
LEFT JOIN LATERAL (
  SELECT bool_or(i.indisprimary) AS is_primary, bool_or(i.indisunique AND i.indnkeyatts = 1) AS is_unique
  FROM pg_index i WHERE i.indrelid = c.relation AND c.attnum = ANY (i.indkey)) k ON true;

-- The three short views.

CREATE OR REPLACE VIEW sys.schemas AS
SELECT sys_fn.object_uuid('schema', s.oid) AS schema_id, sys_fn.leaf(s.path) AS schema_name, s.path AS schema_path,
  (SELECT sys_fn.object_uuid('schema', p.oid) FROM sys_fn.visible_schema p WHERE p.path = sys_fn.parent(s.path)) AS parent_schema_id,
  s.owner AS schema_owner, 'visible' AS visibility_state
FROM sys_fn.visible_schema s;

CREATE OR REPLACE VIEW sys.tables AS
SELECT sys_fn.object_uuid('relation', r.oid) AS table_id, sys_fn.object_uuid('schema', r.relnamespace) AS schema_id,
  r.name AS table_name, r.table_type,
  CASE WHEN pg_relation_is_updatable(r.oid, false) & 8 = 8 THEN 'YES' ELSE 'NO' END AS is_insertable_into,
  'visible' AS visibility_state
FROM sys_fn.visible_relation r;

CREATE OR REPLACE VIEW sys.columns AS
SELECT sys_fn.object_uuid('relation', c.relation) || ':' || c.position AS column_id,
  sys_fn.object_uuid('relation', c.relation) AS table_id, sys_fn.object_uuid('schema', c.relnamespace) AS schema_id,
  c.name AS column_name, c.position AS ordinal_position, c.shown_type AS data_type, c.shown_nullable AS is_nullable,
  c.shown_default AS column_default, 'visible' AS visibility_state
FROM sys_fn.described_column c;

-- The standard's views. They know a schema by the last part of its path, as the server's do; `schema_path` and the like,
-- which this server adds at the end, say which one it is.

CREATE OR REPLACE FUNCTION sys_fn.shown_path(path text) RETURNS text LANGUAGE sql STABLE
RETURN CASE WHEN NOT sys_fn.is_beta() THEN path END;

CREATE OR REPLACE VIEW "sys.information".schemata AS
SELECT sys_fn."current_database"() AS catalog_name, sys_fn.leaf(s.path) AS schema_name, s.owner AS schema_owner,
  NULL::text AS default_character_set_catalog, NULL::text AS default_character_set_schema, 'UTF8' AS default_character_set_name,
  s.path AS sql_path
FROM sys_fn.visible_schema s;

CREATE OR REPLACE VIEW "sys.information".tables AS
SELECT sys_fn."current_database"() AS table_catalog, sys_fn.leaf(r.schema_path) AS table_schema, r.name AS table_name,
  r.table_type, NULL::text AS self_referencing_column_name, NULL::text AS reference_generation,
  NULL::text AS user_defined_type_catalog, NULL::text AS user_defined_type_schema, NULL::text AS user_defined_type_name,
  CASE WHEN pg_relation_is_updatable(r.oid, false) & 8 = 8 THEN 'YES' ELSE 'NO' END AS is_insertable_into, 'NO' AS is_typed,
  CASE WHEN r.relpersistence = 't' THEN 'PRESERVE' END AS commit_action
FROM sys_fn.visible_relation r;

CREATE OR REPLACE VIEW "sys.information".columns AS
SELECT sys_fn."current_database"() AS table_catalog, sys_fn.leaf(c.schema_path) AS table_schema, c.table_name,
  c.name AS column_name, c.position AS ordinal_position, c.shown_default AS column_default, c.shown_nullable AS is_nullable,
  c.shown_type AS data_type,
  i.character_maximum_length::integer, i.character_octet_length::integer, i.numeric_precision::integer,
  i.numeric_precision_radix::integer, i.numeric_scale::integer, i.datetime_precision::integer, i.interval_type::text,
  i.interval_precision::integer, NULL::text AS character_set_catalog, NULL::text AS character_set_schema,
  NULL::text AS character_set_name, NULL::text AS collation_catalog, NULL::text AS collation_schema,
  NULL::text AS collation_name,
  CASE WHEN c.domain_name IS NOT NULL THEN sys_fn."current_database"() END AS domain_catalog,
  sys_fn.leaf(c.domain_schema) AS domain_schema, c.domain_name,
  CASE WHEN c.attidentity = '' THEN 'NO' ELSE 'YES' END AS is_identity,
  CASE c.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity_generation,
  i.identity_start::text, i.identity_increment::text, i.identity_maximum::text, i.identity_minimum::text,
  i.identity_cycle::text, CASE WHEN c.attgenerated = '' THEN 'NEVER' ELSE 'ALWAYS' END AS is_generated,
  c.generation AS generation_expression, i.is_updatable::text,
  sys_fn.shown_path(c.schema_path) AS schema_path, sys_fn.shown_path(c.domain_schema) AS domain_schema_path
FROM sys_fn.described_column c
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN information_schema.columns i
  ON i.table_schema = n.nspname AND i.table_name = c.table_name AND i.column_name = c.name;

CREATE OR REPLACE VIEW "sys.information".views AS
SELECT sys_fn."current_database"() AS table_catalog, sys_fn.leaf(r.schema_path) AS table_schema, r.name AS table_name,
  sys_fn.expression_text(rtrim(pg_get_viewdef(r.oid), ';')) AS view_definition, sys_fn.shown_path(r.schema_path) AS schema_path
FROM sys_fn.visible_relation r WHERE r.relkind IN ('v', 'm');

CREATE OR REPLACE VIEW "sys.information".sequences AS
SELECT s.path AS sequence_schema, c.relname::text AS sequence_name, sys_fn.type_name(q.seqtypid, -1) AS data_type,
  q.seqstart AS start_value, q.seqincrement AS increment, CASE WHEN q.seqcycle THEN 'YES' ELSE 'NO' END AS cycle_option,
  q.seqmin AS minimum_value, q.seqmax AS maximum_value
FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid JOIN sys_fn.visible_schema s ON s.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i');

-- The beta's views of constraints have no rows.
CREATE OR REPLACE VIEW sys_fn.visible_constraint AS
SELECT k.oid, k.conname::text AS name, r.oid AS relation, r.name AS table_name, r.schema_path, k.contype, k.conkey, k.confkey,
  k.confrelid, k.confupdtype, k.confdeltype, k.confmatchtype, k.condeferrable, k.condeferred,
  CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' WHEN 'c' THEN 'CHECK' END AS type
FROM pg_constraint k JOIN sys_fn.visible_relation r ON r.oid = k.conrelid
WHERE k.contype IN ('p', 'u', 'f', 'c') AND NOT sys_fn.is_beta();

CREATE OR REPLACE VIEW "sys.information".table_constraints AS
SELECT sys_fn."current_database"() AS constraint_catalog, sys_fn.leaf(k.schema_path) AS constraint_schema,
  k.name AS constraint_name, sys_fn."current_database"() AS table_catalog, sys_fn.leaf(k.schema_path) AS table_schema,
  k.table_name, k.type AS constraint_type, CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END AS is_deferrable,
  CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END AS initially_deferred, 'YES' AS enforced, k.schema_path
FROM sys_fn.visible_constraint k;

CREATE OR REPLACE VIEW "sys.information".key_column_usage AS
SELECT sys_fn."current_database"() AS constraint_catalog, sys_fn.leaf(k.schema_path) AS constraint_schema,
  k.name AS constraint_name, sys_fn."current_database"() AS table_catalog, sys_fn.leaf(k.schema_path) AS table_schema,
  k.table_name, a.attname::text AS column_name, p.place::integer AS ordinal_position,
  CASE WHEN k.contype = 'f' THEN (
    SELECT up.place::integer FROM pg_constraint u, LATERAL unnest(u.conkey) WITH ORDINALITY AS up(attnum, place)
    WHERE u.conrelid = k.confrelid AND u.contype IN ('p', 'u') AND u.conkey @> k.confkey AND u.conkey <@ k.confkey
      AND up.attnum = k.confkey[p.place] LIMIT 1) END AS position_in_unique_constraint, k.schema_path
FROM sys_fn.visible_constraint k
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS p(attnum, place)
JOIN pg_attribute a ON a.attrelid = k.relation AND a.attnum = p.attnum
WHERE k.contype IN ('p', 'u', 'f');

CREATE OR REPLACE VIEW "sys.information".referential_constraints AS
SELECT sys_fn."current_database"() AS constraint_catalog, sys_fn.leaf(k.schema_path) AS constraint_schema,
  k.name AS constraint_name, sys_fn."current_database"() AS unique_constraint_catalog,
  sys_fn.leaf(u.schema_path) AS unique_constraint_schema, u.name AS unique_constraint_name,
  CASE k.confmatchtype WHEN 'f' THEN 'FULL' WHEN 'p' THEN 'PARTIAL' ELSE 'NONE' END AS match_option,
  CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT'
    ELSE 'NO ACTION' END AS update_rule,
  CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT'
    ELSE 'NO ACTION' END AS delete_rule,
  k.schema_path, k.table_name, u.schema_path AS unique_schema_path
FROM sys_fn.visible_constraint k
JOIN pg_constraint f ON f.oid = k.oid
LEFT JOIN sys_fn.visible_constraint u
  ON u.relation = k.confrelid AND u.contype IN ('p', 'u') AND u.conkey @> k.confkey AND u.conkey <@ k.confkey
WHERE k.contype = 'f';

CREATE OR REPLACE VIEW "sys.information".constraint_column_usage AS
SELECT sys_fn."current_database"() AS table_catalog, sys_fn.leaf(r.schema_path) AS table_schema, r.name AS table_name,
  a.attname::text AS column_name, sys_fn."current_database"() AS constraint_catalog,
  sys_fn.leaf(k.schema_path) AS constraint_schema, k.name AS constraint_name
FROM sys_fn.visible_constraint k
JOIN sys_fn.visible_relation r ON r.oid = CASE WHEN k.contype = 'f' THEN k.confrelid ELSE k.relation END
CROSS JOIN LATERAL unnest(CASE WHEN k.contype = 'f' THEN k.confkey ELSE k.conkey END) AS p(attnum)
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = p.attnum;

CREATE OR REPLACE VIEW "sys.information".constraint_table_usage AS
SELECT DISTINCT table_catalog, table_schema, table_name, constraint_catalog, constraint_schema, constraint_name
FROM "sys.information".constraint_column_usage;

CREATE OR REPLACE VIEW "sys.information".check_constraints AS
SELECT sys_fn."current_database"() AS constraint_catalog, sys_fn.leaf(k.schema_path) AS constraint_schema,
  k.name AS constraint_name, sys_fn.expression_text(pg_get_expr(f.conbin, f.conrelid)) AS check_clause,
  k.schema_path, k.table_name
FROM sys_fn.visible_constraint k JOIN pg_constraint f ON f.oid = k.oid WHERE k.contype = 'c';

CREATE OR REPLACE VIEW sys_fn.visible_routine AS
SELECT p.oid, p.proname::text AS name, s.path AS schema_path, p.prorettype, p.proretset, p.provolatile, p.proisstrict,
  p.proargnames, p.proargmodes, coalesce(p.proallargtypes, p.proargtypes::oid[]) AS argtypes, p.prosrc, p.prosqlbody,
  CASE WHEN p.prokind = 'p' OR p.proretset OR p.prorettype = 'void'::regtype THEN 'PROCEDURE' ELSE 'FUNCTION' END AS type,
  p.proname || '_' || p.oid AS specific_name
FROM pg_proc p JOIN sys_fn.visible_schema s ON s.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p') AND p.prorettype <> 'trigger'::regtype
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e');

CREATE OR REPLACE VIEW "sys.information".routines AS
SELECT sys_fn."current_database"() AS specific_catalog, sys_fn.leaf(r.schema_path) AS specific_schema, r.specific_name,
  sys_fn."current_database"() AS routine_catalog, sys_fn.leaf(r.schema_path) AS routine_schema, r.name AS routine_name,
  r.type AS routine_type, CASE WHEN r.type = 'FUNCTION' THEN sys_fn.type_name(r.prorettype, -1) END AS data_type,
  'SQL' AS routine_body, coalesce(nullif(r.prosrc, ''), pg_get_functiondef(r.oid)) AS routine_definition,
  CASE WHEN r.provolatile = 'i' THEN 'YES' ELSE 'NO' END AS is_deterministic,
  CASE WHEN r.proisstrict THEN 'YES' ELSE 'NO' END AS is_null_call
FROM sys_fn.visible_routine r;

CREATE OR REPLACE VIEW "sys.information".parameters AS
SELECT sys_fn."current_database"() AS specific_catalog, sys_fn.leaf(r.schema_path) AS specific_schema, r.specific_name,
  p.place::integer AS ordinal_position,
  CASE coalesce(r.proargmodes[p.place], 'i') WHEN 'i' THEN 'IN' WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'INOUT' WHEN 't' THEN 'OUT'
    ELSE 'IN' END AS parameter_mode,
  CASE WHEN r.proargmodes[p.place] = 't' THEN 'YES' ELSE 'NO' END AS is_result, 'NO' AS as_locator,
  r.proargnames[p.place] AS parameter_name, sys_fn.type_name(p.type, -1) AS data_type, NULL::text AS parameter_default
FROM sys_fn.visible_routine r CROSS JOIN LATERAL unnest(r.argtypes) WITH ORDINALITY AS p(type, place);

CREATE OR REPLACE VIEW "sys.information".triggers AS
SELECT sys_fn."current_database"() AS trigger_catalog, sys_fn.leaf(r.schema_path) AS trigger_schema, t.tgname::text AS trigger_name,
  e.event AS event_manipulation, sys_fn."current_database"() AS event_object_catalog,
  sys_fn.leaf(r.schema_path) AS event_object_schema, r.name AS event_object_table, 'ROW' AS action_orientation,
  CASE WHEN t.tgtype & 2 = 2 THEN 'BEFORE' ELSE 'AFTER' END AS action_timing
FROM pg_trigger t JOIN sys_fn.visible_relation r ON r.oid = t.tgrelid
JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS e(bit, event) ON t.tgtype & e.bit = e.bit
WHERE NOT t.tgisinternal;

CREATE OR REPLACE VIEW "sys.information".domains AS
SELECT sys_fn."current_database"() AS domain_catalog, sys_fn.leaf(s.path) AS domain_schema, t.typname::text AS domain_name,
  sys_fn.type_name(coalesce(nullif(t.typbasetype, 0), t.oid), t.typtypmod) AS data_type, t.typdefault AS domain_default,
  sys_fn.shown_path(s.path) AS schema_path
FROM pg_type t JOIN sys_fn.visible_schema s ON s.oid = t.typnamespace WHERE t.typtype = 'd' OR sys_fn.is_named_type(t.oid);

CREATE OR REPLACE VIEW "sys.information".domain_constraints AS
SELECT sys_fn."current_database"() AS constraint_catalog, sys_fn.leaf(s.path) AS constraint_schema,
  k.conname::text AS constraint_name, sys_fn."current_database"() AS domain_catalog, sys_fn.leaf(s.path) AS domain_schema,
  t.typname::text AS domain_name, 'NO' AS is_deferrable, 'NO' AS initially_deferred
FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN sys_fn.visible_schema s ON s.oid = t.typnamespace;

CREATE OR REPLACE VIEW "sys.information".enabled_roles AS
SELECT r.rolname::text AS role_name FROM pg_roles r WHERE pg_has_role(r.oid, 'USAGE') AND r.rolname NOT LIKE 'pg\_%';

CREATE OR REPLACE VIEW "sys.information".applicable_roles AS
SELECT m.rolname::text AS grantee, g.rolname::text AS role_name, CASE WHEN a.admin_option THEN 'YES' ELSE 'NO' END AS is_grantable
FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
WHERE g.rolname NOT LIKE 'pg\_%';

CREATE OR REPLACE VIEW "sys.information".table_privileges AS
SELECT p.grantor::text, p.grantee::text, sys_fn."current_database"() AS table_catalog,
  sys_fn.leaf(sys_fn.schema_path(p.table_schema::text)) AS table_schema, p.table_name::text, p.privilege_type::text,
  p.is_grantable::text
FROM information_schema.table_privileges p WHERE NOT sys_fn.is_hidden(p.table_schema::text);

CREATE OR REPLACE VIEW "sys.information".column_privileges AS
SELECT p.grantor::text, p.grantee::text, sys_fn."current_database"() AS table_catalog,
  sys_fn.leaf(sys_fn.schema_path(p.table_schema::text)) AS table_schema, p.table_name::text, p.column_name::text,
  p.privilege_type::text, p.is_grantable::text
FROM information_schema.column_privileges p WHERE NOT sys_fn.is_hidden(p.table_schema::text);

CREATE OR REPLACE VIEW "sys.information".character_sets AS
SELECT NULL::text AS character_set_catalog, NULL::text AS character_set_schema, 'UTF8' AS character_set_name,
  'UCS' AS character_repertoire, 'UTF8' AS form_of_use;

CREATE OR REPLACE VIEW "sys.information".collations AS
SELECT sys_fn."current_database"() AS collation_catalog, 'sys' AS collation_schema, c.collname::text AS collation_name,
  'NO PAD' AS pad_attribute
FROM pg_collation c WHERE c.collname IN ('C', 'POSIX', 'ucs_basic', 'default');
