-- Expressions of the catalogue as SBsql writes them: the engine's own text has casts, patterns and lists of its own.

-- Where the operand of a cast begins, which ends before a place in a text: a literal, a name, a call, or what stands in
-- parentheses or brackets. Quotes are looked over from the right: what is quoted has an even number of them.
CREATE OR REPLACE FUNCTION sys_fn.operand_start(text_before text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $f$
DECLARE
  at integer := length(text_before);
  depth integer := 0;
  quote text;
  c text;
BEGIN
  LOOP
    c := substr(text_before, at, 1);
    IF c IN ('''', '"') THEN
      quote := c;
      LOOP
        at := at - 1;
        EXIT WHEN at < 1;
        IF substr(text_before, at, 1) = quote THEN
          EXIT WHEN at = 1 OR substr(text_before, at - 1, 1) <> quote;
          at := at - 1;
        END IF;
      END LOOP;
    ELSIF c IN (')', ']') THEN
      depth := depth + 1;
    ELSIF c IN ('(', '[') THEN
      depth := depth - 1;
    ELSIF depth = 0 AND c !~ '[[:alnum:]_.$]' THEN
      RETURN at + 1;
    END IF;
    at := at - 1;
    IF at < 1 THEN
      RETURN 1;
    END IF;
    -- A parenthesis that was not opened here ends the operand.
    IF depth = 0 AND substr(text_before, at, 1) IN ('(', '[', ',') THEN
      RETURN at + 1;
    END IF;
  END LOOP;
END $f$;

-- The place of what fits a pattern outside of quotes, 0 where nothing does.
CREATE OR REPLACE FUNCTION sys_fn.unquoted_position(pattern text, expression text) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN coalesce(length(substring(expression FROM '^((?:[^''"]|''[^'']*''|"[^"]*")*?)' || pattern)) + 1, 0);

-- The name of a type in a cast of the engine's, in SBsql.
CREATE OR REPLACE FUNCTION sys_fn.cast_target(name text) RETURNS text LANGUAGE plpgsql STABLE AS $f$
DECLARE
  found text;
BEGIN
  SELECT CASE WHEN t.typtype = 'd' AND n.nspname <> 'sys' THEN sys_fn.schema_path(n.nspname) || '.' || t.typname
      WHEN t.typtype IN ('e', 'c') THEN sys_fn.schema_path(n.nspname) || '.' || t.typname
      ELSE upper(sys_fn.type_name(t.oid, to_regtypemod(name))) END
    INTO found FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = to_regtype(name);
  RETURN coalesce(found, name);
END $f$;

-- An expression as SBsql writes it: CAST for `::`, LIKE for `~~`, IN for `= ANY (ARRAY[...])`; a text that is
-- one anyway and a number are not cast, and a quotient of plain operands is no call of the function that divides here.
CREATE OR REPLACE FUNCTION sys_fn.expression_text(expression text) RETURNS text LANGUAGE plpgsql STABLE STRICT AS $f$
DECLARE
  name constant text := '^("(?:[^"]|"")+"|[a-z_][a-z0-9_]*)(?:\.("(?:[^"]|"")+"|[a-z_][a-z0-9_]*))?( varying| precision)?'
    '(\([0-9]+(,-?[0-9]+)?\))?( with time zone| without time zone)?(\[\])*';
  e text := regexp_replace(expression, 'sys_fn\.divide\(([^(),]+), ([^(),]+)\)', '(\1 / \2)', 'g');
  at integer;
  first integer;
  operand text;
  type text;
  pair text[];
BEGIN
  LOOP
    at := sys_fn.unquoted_position('::', e);
    EXIT WHEN at = 0;
    first := sys_fn.operand_start(left(e, at - 1));
    operand := substr(e, first, at - first);
    type := regexp_substr(substr(e, at + 2), name);
    EXIT WHEN type IS NULL OR operand = '';
    IF operand LIKE '(%' THEN
      operand := substr(operand, 2, length(operand) - 2);
    END IF;
    e := left(e, first - 1) || CASE
      WHEN operand LIKE '''%' AND type IN ('text', 'character varying', 'bpchar') THEN operand
      WHEN operand ~ '^''?-?[0-9]+(\.[0-9]+)?''?$' AND type IN ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision')
        THEN replace(operand, '''', '')
      ELSE format('CAST(%s AS %s)', operand, sys_fn.cast_target(type)) END || substr(e, at + 2 + length(type));
  END LOOP;
  FOREACH pair SLICE 1 IN ARRAY ARRAY[
    [' !~~\* ', ' NOT ILIKE '], [' ~~\* ', ' ILIKE '], [' !~~ ', ' NOT LIKE '], [' ~~ ', ' LIKE ']] LOOP
    LOOP
      at := sys_fn.unquoted_position(pair[1], e);
      EXIT WHEN at = 0;
      e := left(e, at - 1) || pair[2] || substr(e, at + length(replace(pair[1], '\', '')));
    END LOOP;
  END LOOP;
  e := regexp_replace(e, ' = ANY \((?:CAST\()?ARRAY\[((?:[^]['']|''[^'']*'')*)\](?: AS ARRAY<[A-Z0-9]+>\))?\)', ' IN (\1)', 'g');
  RETURN regexp_replace(e, ' <> ALL \((?:CAST\()?ARRAY\[((?:[^]['']|''[^'']*'')*)\](?: AS ARRAY<[A-Z0-9]+>\))?\)', ' NOT IN (\1)', 'g');
END $f$;
