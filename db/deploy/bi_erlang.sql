-- SPDX-License-Identifier: GPL-2.0-or-later
-- The reference models of a queue: Erlang B (who finds everybody busy is
-- lost), Erlang C (who waits, waits for ever) and Erlang A (patience is
-- exponential: Palm 1957; Garnett, Mandelbaum and Reiman 2002). Load in
-- erlangs: calls per second times their mean handling time in seconds.
BEGIN;
SET LOCAL ROLE jackfield_owner;

CREATE FUNCTION bi.erlang_b(agents int, erlangs float8) RETURNS float8
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	b float8 := 1;
BEGIN
	IF agents NOT BETWEEN 0 AND 100000 THEN
		RAISE EXCEPTION 'agents must be 0 to 100000, not %', agents;
	ELSIF NOT erlangs BETWEEN 0 AND 1e6 THEN
		RAISE EXCEPTION 'erlangs must be 0 to 1000000, not %', erlangs;
	END IF;
	FOR n IN 1..agents LOOP
		EXIT WHEN b < 1e-300; -- it only falls from here on
		b := erlangs * b / (n + erlangs * b);
	END LOOP;
	RETURN CASE WHEN b < 1e-300 THEN 0 ELSE b END;
END $$;
COMMENT ON FUNCTION bi.erlang_b(int, float8) IS
	'share of calls that find all agents busy and are lost (M/M/n/n)';

CREATE FUNCTION bi.erlang_c(agents int, erlangs float8) RETURNS float8
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT CASE WHEN erlangs >= agents THEN 1
		ELSE agents * b / (agents - erlangs * (1 - b)) END
	FROM bi.erlang_b(agents, erlangs) b
$$;
COMMENT ON FUNCTION bi.erlang_c(int, float8) IS
	'share of calls that wait (M/M/n); 1 when the load is not less than the '
	'agents';

CREATE FUNCTION bi.erlang_c_asa(agents int, erlangs float8, handle_s float8)
RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT CASE WHEN erlangs >= agents THEN 'Infinity'::float8
		ELSE bi.erlang_c(agents, erlangs) * handle_s
		     / (agents - erlangs) END
$$;
COMMENT ON FUNCTION bi.erlang_c_asa(int, float8, float8) IS
	'mean wait of all calls in seconds (M/M/n)';

CREATE FUNCTION bi.erlang_c_within(agents int, erlangs float8,
				   handle_s float8, within_s float8)
RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
	SELECT CASE WHEN erlangs >= agents THEN 0
		ELSE 1 - bi.erlang_c(agents, erlangs)
			 * exp(-(agents - erlangs) * within_s / handle_s) END
$$;
COMMENT ON FUNCTION bi.erlang_c_within(int, float8, float8, float8) IS
	'share of calls answered within that many seconds (M/M/n)';

CREATE FUNCTION bi.erlang_a(agents int, erlangs float8, handle_s float8,
	patience_s float8, OUT waits float8, OUT abandons float8,
	OUT mean_wait_s float8)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	b float8 := bi.erlang_b(agents, erlangs);
	x float8 := 1; -- chance of `place` in line, by that of none and all busy
	line float8 := 0; -- sum of x
	places float8 := 0; -- sum of place * x
	place int := 0;
BEGIN
	IF NOT (handle_s > 0 AND patience_s > 0) THEN
		RAISE EXCEPTION 'handle_s and patience_s must be more than 0';
	END IF;
	LOOP
		place := place + 1;
		x := x * erlangs / (agents + place * handle_s / patience_s);
		line := line + x;
		places := places + place * x;
		EXIT WHEN x * place <= 1e-17 * places AND erlangs
			< agents + place * handle_s / patience_s OR x = 0;
		IF line > 1e250 OR place > 10000000 THEN
			RAISE EXCEPTION 'the load is too much above the agents for '
				'this patience: use fewer erlangs';
		END IF;
	END LOOP;
	waits := b * (1 + line) / (1 + b * line);
	abandons := CASE WHEN erlangs > 0 THEN b * places / (1 + b * line)
		* handle_s / patience_s / erlangs ELSE 0 END;
	mean_wait_s := abandons * patience_s;
END $$;
COMMENT ON FUNCTION bi.erlang_a(int, float8, float8, float8) IS
	'shares of calls that wait and that give up, and the mean wait of all '
	'calls in seconds (M/M/n+M)';

GRANT EXECUTE ON FUNCTION bi.erlang_b(int, float8),
	bi.erlang_c(int, float8), bi.erlang_c_asa(int, float8, float8),
	bi.erlang_c_within(int, float8, float8, float8),
	bi.erlang_a(int, float8, float8, float8) TO jackfield_bi;

COMMIT;
