-- The inventories of types and language elements.

CREATE OR REPLACE VIEW "sys.information".scratchbird_datatype_descriptors AS
SELECT NULL::text AS type_catalog, 'sys' AS type_schema, d.type_name, d.standard_type_name, d.family AS canonical_type_family,
  d.code AS canonical_type_code, d.type_name AS driver_family, d.family || ':' || d.code AS native_type_code,
  d.sql_code AS sql_type_code, d.prec AS "precision", d.scale, NULL::integer AS display_size, NULL::integer AS character_maximum_length,
  NULL::integer AS character_octet_length, CASE WHEN d.family IN (2, 3, 4, 5) THEN 10 WHEN d.family = 6 THEN 2 END AS numeric_precision_radix,
  'YES' AS is_nullable, CASE WHEN d.family IN (2, 4, 5, 6, 7) THEN 'YES' ELSE 'NO' END AS is_signed,
  CASE WHEN d.family = 8 THEN 'YES' ELSE 'NO' END AS is_case_sensitive, 'YES' AS is_searchable,
  CASE WHEN d.family = 7 THEN 'YES' ELSE 'NO' END AS is_currency,
  CASE WHEN d.type_name IN ('smallint', 'integer', 'bigint') THEN 'YES' ELSE 'NO' END AS is_auto_increment_capable,
  d.prefix AS literal_prefix, CASE WHEN d.prefix IS NOT NULL THEN '''' END AS literal_suffix, d.params AS create_params,
  'native' AS compatibility_class, 'supported' AS support_state, 'default' AS backend_profile, NULL::text AS unsupported_reason
FROM (VALUES
  ('boolean', 'BOOLEAN', 1, 1, 16, NULL::integer, NULL::integer, NULL::text, NULL::text),
  ('int8', 'TINYINT', 2, 1, -6, 3, 0, NULL, NULL), ('smallint', 'SMALLINT', 2, 2, 5, 5, 0, NULL, NULL),
  ('integer', 'INTEGER', 2, 3, 4, 10, 0, NULL, NULL), ('bigint', 'BIGINT', 2, 4, -5, 19, 0, NULL, NULL),
  ('int128', 'DECIMAL', 2, 5, 3, 39, 0, NULL, NULL), ('uint8', 'SMALLINT', 3, 1, 5, 3, 0, NULL, NULL),
  ('uint16', 'INTEGER', 3, 2, 4, 5, 0, NULL, NULL), ('uint32', 'BIGINT', 3, 3, -5, 10, 0, NULL, NULL),
  ('uint64', 'DECIMAL', 3, 4, 3, 20, 0, NULL, NULL), ('uint128', 'DECIMAL', 3, 5, 3, 39, 0, NULL, NULL),
  ('decimal', 'DECIMAL', 4, 1, 3, 38, 38, NULL, 'precision,scale'), ('decfloat', 'DECFLOAT', 5, 1, 3, 34, NULL, NULL, NULL),
  ('real', 'REAL', 6, 2, 7, 24, NULL, NULL, NULL), ('double', 'DOUBLE PRECISION', 6, 3, 8, 53, NULL, NULL, NULL),
  ('money', 'DECIMAL', 7, 1, 3, 19, 2, NULL, NULL), ('char', 'CHARACTER', 8, 1, 1, NULL, NULL, '''', 'length'),
  ('varchar', 'CHARACTER VARYING', 8, 1, 12, NULL, NULL, '''', 'length'),
  ('text', 'CHARACTER LARGE OBJECT', 8, 1, -1, NULL, NULL, '''', NULL),
  ('bytea', 'BINARY LARGE OBJECT', 9, 1, -4, NULL, NULL, 'X''', NULL), ('bit', 'BIT', 10, 1, -2, NULL, NULL, 'B''', 'length'),
  ('date', 'DATE', 11, 1, 91, NULL, NULL, 'DATE ''', NULL), ('time', 'TIME', 11, 2, 92, 6, NULL, 'TIME ''', 'precision'),
  ('timetz', 'TIME WITH TIME ZONE', 11, 2, 2013, 6, NULL, NULL, 'precision'),
  ('timestamp', 'TIMESTAMP', 11, 3, 93, 6, NULL, 'TIMESTAMP ''', 'precision'),
  ('timestamptz', 'TIMESTAMP WITH TIME ZONE', 11, 3, 2014, 6, NULL, 'TIMESTAMPTZ ''', 'precision'),
  ('interval', 'INTERVAL', 12, 1, 1111, NULL, NULL, 'INTERVAL ''', NULL), ('uuid', 'UUID', 13, 1, 1111, NULL, NULL, 'UUID ''', NULL),
  ('array', 'ARRAY', 15, 1, 2003, NULL, NULL, NULL, 'element type'), ('row', 'ROW', 16, 2, 2002, NULL, NULL, NULL, NULL),
  ('int4range', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL), ('int8range', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL),
  ('numrange', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL), ('daterange', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL),
  ('tsrange', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL), ('tstzrange', 'RANGE', 17, 1, 1111, NULL, NULL, '''', NULL),
  ('inet', 'INET', 19, 1, 1111, NULL, NULL, '''', NULL), ('cidr', 'CIDR', 19, 2, 1111, NULL, NULL, '''', NULL),
  ('macaddr', 'MACADDR', 19, 3, 1111, NULL, NULL, '''', NULL), ('macaddr8', 'MACADDR8', 19, 3, 1111, NULL, NULL, '''', NULL),
  ('document', 'DOCUMENT', 20, 1, 1111, NULL, NULL, 'DOCUMENT ''', NULL), ('json', 'JSON', 20, 2, 1111, NULL, NULL, 'JSON ''', NULL),
  ('jsonb', 'JSONB', 20, 3, 1111, NULL, NULL, '''', NULL), ('xml', 'XML', 20, 5, 2009, NULL, NULL, 'XML ''', NULL),
  ('geometry', 'GEOMETRY', 21, 1, 1111, NULL, NULL, NULL, NULL), ('geography', 'GEOGRAPHY', 21, 2, 1111, NULL, NULL, NULL, NULL),
  ('point', 'POINT', 21, 3, 1111, NULL, NULL, NULL, NULL), ('vector', 'VECTOR', 22, 1, 1111, NULL, NULL, 'VECTOR ''', 'dimension'),
  ('halfvec', 'HALFVEC', 22, 5, 1111, NULL, NULL, '''', 'dimension'),
  ('sparse_vector', 'SPARSE_VECTOR', 22, 3, 1111, NULL, NULL, '''', 'dimension'),
  ('tsvector', 'TSVECTOR', 30, 101, 1111, NULL, NULL, '''', NULL), ('search_query', 'SEARCH_QUERY', 30, 102, 1111, NULL, NULL, '''', NULL)
) AS d(type_name, standard_type_name, family, code, sql_code, prec, scale, prefix, params);

CREATE OR REPLACE VIEW "sys.catalog_readable".datatypes AS
SELECT type_name AS datatype_name, standard_type_name, canonical_type_family, canonical_type_code, 'visible' AS visibility_state
FROM "sys.information".scratchbird_datatype_descriptors;

CREATE OR REPLACE VIEW "sys.parser".language_elements AS
SELECT 'surface_keyword' AS element_kind, w AS element_name, w AS keyword_text, 'statement' AS keyword_class,
  'release_supported' AS support_state
FROM string_to_table('ALTER BEGIN CALL COMMENT COMMIT COPY CREATE DELETE DESCRIBE DROP EXECUTE EXPLAIN FETCH GRANT INSERT LISTEN '
  'LOCK MERGE NOTIFY POST RECREATE REFRESH REINDEX RELEASE RENAME REVOKE ROLLBACK SAVEPOINT SEARCH SELECT SET SHOW START TRUNCATE '
  'UNLISTEN UPDATE UPSERT VALUES WITH', ' ') AS w
UNION ALL
SELECT 'surface_keyword', w, w, 'clause', 'release_supported'
FROM string_to_table('ALL AND AS ASC BETWEEN BY CASE CAST CHECK COLUMN CONSTRAINT CROSS DEFAULT DESC DISTINCT ELSE END EXCEPT EXISTS '
  'FALSE FIRST FOR FOREIGN FROM FULL GROUP HAVING ILIKE IN INDEX INNER INTERSECT INTO IS JOIN KEY LAST LATERAL LEFT LIKE LIMIT NEXT NOT '
  'NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PRIMARY REFERENCES RETURNING RIGHT ROW ROWS SCHEMA SEQUENCE TABLE THEN TOP TRUE '
  'UNION UNIQUE UNKNOWN USING VALUE VIEW WHEN WHERE WINDOW XOR', ' ') AS w
UNION ALL
SELECT DISTINCT 'surface_function', p.proname::text, NULL::text, NULL::text, 'release_supported'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'pg_catalog' AND p.prokind IN ('f', 'a', 'w') AND p.proname IN (
  SELECT f FROM string_to_table('lower upper initcap length char_length octet_length bit_length concat concat_ws substr left right lpad '
    'rpad ltrim rtrim btrim strpos replace translate reverse repeat split_part ascii chr to_hex quote_ident quote_literal format '
    'string_to_array array_to_string regexp_like regexp_match regexp_matches regexp_replace regexp_substr regexp_count abs ceil floor '
    'round trunc sign sqrt cbrt power exp ln log log10 mod div gcd lcm factorial random width_bucket pi degrees radians now extract '
    'date_part date_trunc date_bin age make_date make_time make_timestamp to_char to_date to_timestamp count sum avg min max bool_and '
    'bool_or every stddev variance corr array_agg string_agg json_agg any_value row_number rank dense_rank percent_rank cume_dist ntile '
    'lag lead first_value last_value nth_value gen_random_uuid md5 encode decode cardinality unnest generate_series l2_distance '
    'cosine_distance inner_product vector_dims vector_norm', ' ') AS f)
UNION ALL
SELECT DISTINCT 'surface_function', p.proname::text, NULL::text, NULL::text, 'release_supported'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'sys_fn' AND p.proname IN ('instr', 'date_add', 'date_sub', 'date_diff', 'add_months', 'months_between', 'last_day',
  'next_day', 'day_name', 'month_name', 'levenshtein', 'soundex', 'similarity', 'json_extract', 'json_set', 'json_insert', 'json_replace',
  'json_remove', 'array_contains', 'element', 'digest', 'hmac', 'range_contains', 'range_overlaps', 'server_version', 'search_path')
UNION ALL
SELECT 'surface_operator', w, NULL, NULL, 'release_supported'
FROM string_to_table('+ - * / % || = <> < <= > >= -> ->> @> <-> <=> <#>', ' ') AS w;

CREATE OR REPLACE FUNCTION sys_fn.describe(relation text)
RETURNS TABLE (column_name text, data_type text, is_nullable text, column_default text, ordinal_position integer)
LANGUAGE sql STABLE AS $f$
  SELECT c.name, c.type, CASE WHEN c.not_null THEN 'NO' ELSE 'YES' END, c.default_text, c.position
  FROM sys_fn.visible_column c WHERE c.relation = describe.relation::regclass ORDER BY c.position
$f$;

CREATE OR REPLACE FUNCTION sys_fn.show_create(object text) RETURNS TABLE (object_name text, statement_text text)
LANGUAGE plpgsql STABLE AS $f$
DECLARE
  r record;
BEGIN
  SELECT c.oid, c.relkind, c.relname::text AS name, sys_fn.schema_path(n.nspname) || '.' || c.relname AS path INTO r
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = object::regclass;
  object_name := r.path;
  IF r.relkind IN ('r', 'p') THEN
    SELECT format(E'CREATE TABLE %s (\n    %s\n)', r.path, string_agg(line, E',\n    ' ORDER BY part, place)) INTO statement_text
    FROM (
      SELECT 1 AS part, c.position AS place, c.name || ' ' || upper(c.type) || CASE WHEN c.not_null THEN ' NOT NULL' ELSE '' END
        || CASE WHEN c.attidentity <> '' THEN ' GENERATED ' || CASE c.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END || ' AS IDENTITY' ELSE '' END
        || coalesce(' GENERATED ALWAYS AS (' || c.generation || ') STORED', '') || coalesce(' DEFAULT ' || c.default_text, '') AS line
      FROM sys_fn.visible_column c WHERE c.relation = r.oid
      UNION ALL
      SELECT 2, k.oid::integer, format('CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k
      WHERE k.conrelid = r.oid AND k.contype IN ('p', 'u', 'f', 'c')
    ) AS lines;
  ELSIF r.relkind IN ('v', 'm') THEN
    statement_text := format('CREATE %s %s AS %s', CASE r.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END, r.path,
      rtrim(pg_get_viewdef(r.oid), ';'));
  ELSIF r.relkind = 'S' THEN
    SELECT format('CREATE SEQUENCE %s START WITH %s INCREMENT BY %s', r.path, q.seqstart, q.seqincrement) INTO statement_text
    FROM pg_sequence q WHERE q.seqrelid = r.oid;
  ELSE
    statement_text := pg_get_indexdef(r.oid);
  END IF;
  RETURN NEXT;
END $f$;
