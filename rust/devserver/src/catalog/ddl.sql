-- Procedures behind DDL that PostgreSQL has no single statement for.

CREATE OR REPLACE FUNCTION sys_fn.is_hidden(schema_name text) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN schema_name IN ('sys', 'sys_fn', 'information_schema') OR schema_name LIKE 'sys.%' OR schema_name LIKE 'pg\_%';

CREATE OR REPLACE FUNCTION sys_fn.schema_path(schema_name text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN schema_name = 'public' THEN 'users.public' ELSE schema_name END;

CREATE OR REPLACE FUNCTION sys_fn.leaf(path text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN substring(path FROM '[^.]*$');

CREATE OR REPLACE FUNCTION sys_fn.parent(path text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN position('.' IN path) = 0 THEN NULL ELSE substring(path FROM '^(.*)\.[^.]*$') END;

-- Branches of the tree that exist without a PostgreSQL schema of their own.
CREATE OR REPLACE FUNCTION sys_fn.is_branch(path text) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN path IN ('users', 'remote', 'workarea', 'local', 'local.user');

CREATE OR REPLACE PROCEDURE sys_fn.create_schema(path text, if_not_exists boolean) LANGUAGE plpgsql AS $f$
BEGIN
  IF EXISTS (SELECT FROM pg_namespace WHERE nspname = path) OR sys_fn.is_branch(path) THEN
    IF if_not_exists THEN
      RETURN;
    END IF;
    RAISE EXCEPTION 'schema % already exists', path USING ERRCODE = '42P06';
  END IF;
  IF sys_fn.is_hidden(path) THEN
    RAISE EXCEPTION 'schema % belongs to the system', path USING ERRCODE = '42501';
  END IF;
  IF sys_fn.parent(path) IS NOT NULL AND NOT sys_fn.is_branch(sys_fn.parent(path))
     AND NOT EXISTS (SELECT FROM pg_namespace WHERE sys_fn.schema_path(nspname) = sys_fn.parent(path)) THEN
    RAISE EXCEPTION 'schema % does not exist', sys_fn.parent(path) USING ERRCODE = '3F000';
  END IF;
  EXECUTE format('CREATE SCHEMA %I', path);
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.drop_schema(path text, if_exists boolean) LANGUAGE plpgsql AS $f$
BEGIN
  IF sys_fn.is_hidden(path) OR path = 'public' THEN
    RAISE EXCEPTION 'schema % belongs to the system', path USING ERRCODE = '42501';
  END IF;
  IF EXISTS (SELECT FROM pg_namespace WHERE starts_with(nspname, path || '.')) THEN
    RAISE EXCEPTION 'cannot drop schema % because it has child schemas', path USING ERRCODE = '2BP01';
  END IF;
  EXECUTE format('DROP SCHEMA %s %I', CASE WHEN if_exists THEN 'IF EXISTS' ELSE '' END, path);
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.rename_schema(path text, new_name text) LANGUAGE plpgsql AS $f$
DECLARE
  new_path text := coalesce(sys_fn.parent(path) || '.', '') || new_name;
  child name;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = path) THEN
    RAISE EXCEPTION 'schema % does not exist', path USING ERRCODE = '3F000';
  END IF;
  EXECUTE format('ALTER SCHEMA %I RENAME TO %I', path, new_path);
  FOR child IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, path || '.') LOOP
    EXECUTE format('ALTER SCHEMA %I RENAME TO %I', child, new_path || substr(child, length(path) + 1));
  END LOOP;
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.drop_trigger(trigger_name text, if_exists boolean) LANGUAGE plpgsql AS $f$
DECLARE
  t record;
BEGIN
  SELECT g.tgrelid::regclass AS relation, g.tgname AS name INTO t
    FROM pg_trigger g WHERE g.tgname = trigger_name AND NOT g.tgisinternal LIMIT 1;
  IF NOT FOUND THEN
    IF if_exists THEN
      RETURN;
    END IF;
    RAISE EXCEPTION 'trigger % does not exist', trigger_name USING ERRCODE = '42704';
  END IF;
  EXECUTE format('DROP TRIGGER %I ON %s', t.name, t.relation);
  EXECUTE format('DROP FUNCTION IF EXISTS sys_fn.%I()', 'trigger ' || trigger_name);
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.primary_key(relation text) RETURNS TABLE (column_name text)
LANGUAGE sql STABLE AS $f$
  SELECT a.attname::text
  FROM pg_index i
  CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = relation::regclass AND i.indisprimary AND k.place <= i.indnkeyatts
  ORDER BY k.place
$f$;

-- What a call by this name means: the routine's kind, the modes of its parameters, and whether it returns nothing.
-- Of several, one with as many parameters as the call has arguments.
CREATE OR REPLACE FUNCTION sys_fn.routine_called(routine text, arguments integer)
RETURNS TABLE (kind text, modes text, is_void boolean) LANGUAGE sql STABLE AS $f$
  SELECT p.prokind::text,
    coalesce(array_to_string(p.proargmodes, ''), repeat('i', p.pronargs)),
    p.prorettype = 'void'::regtype
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, LATERAL parse_ident(routine) AS path
  WHERE p.prokind IN ('f', 'p') AND p.proname = path[cardinality(path)]
    AND CASE cardinality(path) WHEN 1 THEN pg_function_is_visible(p.oid) ELSE n.nspname = path[1] END
  ORDER BY (CASE p.prokind WHEN 'p' THEN cardinality(coalesce(p.proallargtypes, p.proargtypes::oid[])) ELSE p.pronargs END
    = arguments) DESC, p.oid
  LIMIT 1
$f$;

-- Indexes whose expression or operator class depends on the column's type.

CREATE OR REPLACE FUNCTION sys_fn.vector_class(type_name text, metric text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $f$
DECLARE
  distance text := CASE upper(metric)
    WHEN '' THEN 'l2' WHEN 'L2' THEN 'l2' WHEN 'COSINE' THEN 'cosine' WHEN 'L1' THEN 'l1'
    WHEN 'DOT' THEN 'ip' WHEN 'IP' THEN 'ip' WHEN 'INNER_PRODUCT' THEN 'ip'
    WHEN 'HAMMING' THEN 'hamming' WHEN 'JACCARD' THEN 'jaccard' END;
BEGIN
  IF type_name IN ('bit', 'varbit') AND distance = 'l2' THEN
    distance := 'hamming';
  END IF;
  IF type_name NOT IN ('vector', 'halfvec', 'sparsevec', 'bit') OR (type_name = 'bit') <> (distance IN ('hamming', 'jaccard')) THEN
    RAISE EXCEPTION 'a column of type % has no index on metric %', type_name, metric USING ERRCODE = '0A000';
  END IF;
  RETURN format('%s_%s_ops', type_name, distance);
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.has_default_class(method text, of_type oid) RETURNS boolean LANGUAGE sql STABLE AS $f$
  SELECT EXISTS (
    SELECT FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod
    WHERE m.amname = method AND c.opcdefault
      AND (c.opcintype = of_type
           OR (c.opcintype = 'anyarray'::regtype AND EXISTS (SELECT FROM pg_type WHERE oid = of_type AND typcategory = 'A'))
           OR (c.opcintype = 'anyrange'::regtype AND EXISTS (SELECT FROM pg_type WHERE oid = of_type AND typtype = 'r'))
           OR (c.opcintype = 'text'::regtype AND of_type = 'varchar'::regtype)))
$f$;

CREATE OR REPLACE PROCEDURE sys_fn.create_index(index_name text, relation text, method text, key_sql text, is_column boolean,
  metric text, options text, predicate text, if_not_exists boolean) LANGUAGE plpgsql AS $f$
DECLARE
  of_type oid;
  base oid;
  type_name text;
  using_sql text;
  with_sql text := CASE WHEN options = '' THEN '' ELSE format(' WITH (%s)', options) END;
BEGIN
  EXECUTE format('SELECT pg_typeof((SELECT %s FROM %s LIMIT 0))::oid', key_sql, relation) INTO of_type;
  base := of_type;
  SELECT coalesce(nullif(t.typbasetype, 0), t.oid) INTO base FROM pg_type t WHERE t.oid = of_type;
  SELECT t.typname INTO type_name FROM pg_type t WHERE t.oid = base;
  IF method IN ('hnsw', 'ivfflat', 'exact') THEN
    using_sql := format('%s (%s %s)', CASE method WHEN 'exact' THEN 'ivfflat' ELSE method END, key_sql,
      sys_fn.vector_class(type_name, metric));
    IF method = 'exact' THEN
      with_sql := ' WITH (lists = 1)';
    END IF;
  ELSIF sys_fn.has_default_class(method, base) THEN
    using_sql := format('%s (%s)', method, key_sql);
  ELSIF method = 'gin' AND type_name IN ('text', 'varchar', 'bpchar') THEN
    using_sql := format('gin (to_tsvector(''simple''::regconfig, CAST(%s AS text)))', key_sql);
  ELSIF method = 'gin' AND type_name = 'json' THEN
    using_sql := format('gin (to_tsvector(''simple''::regconfig, %s))', key_sql);
  ELSIF type_name = 'bytea' OR NOT sys_fn.has_default_class('btree', base) THEN
    -- Equality only, of any length.
    using_sql := format('hash (CAST(%s AS bytea))', key_sql);
  ELSE
    using_sql := format('btree (%s)', key_sql);
  END IF;
  EXECUTE format('CREATE INDEX %s%I ON %s USING %s%s%s', CASE WHEN if_not_exists THEN 'IF NOT EXISTS ' ELSE '' END,
    index_name, relation, using_sql, with_sql, predicate);
END $f$;

-- Vector collections: tables with an entry here.

CREATE TABLE IF NOT EXISTS sys_fn.collection (
  relation oid PRIMARY KEY,
  vector_column text NOT NULL,
  dimension integer NOT NULL,
  metric text NOT NULL,
  method text NOT NULL
);

CREATE OR REPLACE PROCEDURE sys_fn.index_collection(relation regclass) LANGUAGE plpgsql AS $f$
DECLARE
  c sys_fn.collection;
  type_name text;
  space text;
  index_name text;
BEGIN
  SELECT * INTO STRICT c FROM sys_fn.collection k WHERE k.relation = index_collection.relation::oid;
  SELECT n.nspname, left(r.relname, 50) || '_vector_index' INTO space, index_name
    FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = c.relation;
  EXECUTE format('DROP INDEX IF EXISTS %I.%I', space, index_name);
  IF c.method = 'none' THEN
    RETURN;
  END IF;
  SELECT t.typname INTO type_name FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.relation AND a.attname = c.vector_column;
  EXECUTE format('CREATE INDEX %I ON %s USING %s (%I %s)', index_name, relation, c.method, c.vector_column,
    sys_fn.vector_class(type_name, c.metric));
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.register_collection(relation text, vector_column text, dimension integer, metric text, method text)
LANGUAGE plpgsql AS $f$
BEGIN
  IF EXISTS (SELECT FROM sys_fn.collection k WHERE k.relation = register_collection.relation::regclass::oid) THEN
    RETURN;
  END IF;
  INSERT INTO sys_fn.collection VALUES (relation::regclass::oid, vector_column, dimension, metric, method);
  CALL sys_fn.index_collection(relation::regclass);
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.reindex_collection(relation text, method text) LANGUAGE plpgsql AS $f$
BEGIN
  UPDATE sys_fn.collection k SET method = coalesce(nullif(reindex_collection.method, ''), k.method)
    WHERE k.relation = reindex_collection.relation::regclass::oid;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is not a vector collection', relation USING ERRCODE = '42809';
  END IF;
  CALL sys_fn.index_collection(relation::regclass);
END $f$;

-- A collection's register entry, or the first vector column of any table.
CREATE OR REPLACE FUNCTION sys_fn.vector_column(relation text) RETURNS TABLE (vector_column text, metric text)
LANGUAGE sql STABLE AS $f$
  SELECT a.attname::text, coalesce(c.metric, 'L2')
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN sys_fn.collection c ON c.relation = a.attrelid
  WHERE a.attrelid = vector_column.relation::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND t.typname IN ('vector', 'halfvec', 'sparsevec') AND (c.vector_column IS NULL OR c.vector_column = a.attname)
  ORDER BY a.attnum LIMIT 1
$f$;

-- Event channels.

CREATE TABLE IF NOT EXISTS sys_fn.event_channel (channel_name text PRIMARY KEY);

CREATE OR REPLACE PROCEDURE sys_fn.create_event_channel(name text, if_not_exists boolean) LANGUAGE plpgsql AS $f$
BEGIN
  INSERT INTO sys_fn.event_channel VALUES (name) ON CONFLICT DO NOTHING;
  IF NOT FOUND AND NOT if_not_exists THEN
    RAISE EXCEPTION 'event channel % already exists', name USING ERRCODE = '42710';
  END IF;
END $f$;

-- An enumeration or a row with a name is a type, any other domain a domain.
CREATE OR REPLACE PROCEDURE sys_fn.drop_domain(name text, if_exists boolean) LANGUAGE plpgsql AS $f$
DECLARE
  kind "char" := (SELECT t.typtype FROM pg_type t WHERE t.oid = to_regtype(name));
BEGIN
  EXECUTE format('DROP %s %s %s', CASE WHEN kind IN ('e', 'c') THEN 'TYPE' ELSE 'DOMAIN' END,
    CASE WHEN if_exists THEN 'IF EXISTS' ELSE '' END, name);
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.drop_event_channel(name text, if_exists boolean) LANGUAGE plpgsql AS $f$
BEGIN
  DELETE FROM sys_fn.event_channel WHERE channel_name = name;
  IF NOT FOUND AND NOT if_exists THEN
    RAISE EXCEPTION 'event channel % does not exist', name USING ERRCODE = '42704';
  END IF;
END $f$;
