"""The faults planted in SQL functions."""

from __future__ import annotations

from mutants.sql import mutants

SOURCE = b"""
CREATE FUNCTION room.take(p_outlet integer, p_id uuid, p_least integer DEFAULT 1) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE left_over integer := 0;  -- 1 = left alone
BEGIN
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = p_id AND amount > 3 FOR UPDATE;
  IF p_id IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE stock SET amount = amount - 1 WHERE outlet_id = p_outlet AND id = p_id AND state IN ('a', 'b');
  left_over := (SELECT count(*) FROM stock);
  RETURN greatest(left_over, p_least);
END $$;
"""
UPDATE = (
    "UPDATE stock SET amount = amount - 1 WHERE outlet_id = p_outlet AND id = p_id AND state IN ('a', 'b');"
)


def test_each_fault_is_planted_once_and_locks_and_outlets_are_left_alone() -> None:
    found = [(mutant.before, mutant.after) for mutant in mutants("room/take.sql", SOURCE)]
    assert sorted(found) == sorted(
        [
            (
                "DECLARE left_over integer := 0; -- 1 = left alone",
                "DECLARE left_over integer := 1; -- 1 = left alone",
            ),
            ("IF p_id IS NULL THEN", "IF false THEN"),
            ("IF p_id IS NULL THEN", "IF true THEN"),
            ("IF p_id IS NULL THEN", "IF p_id IS NOT NULL THEN"),
            ("RETURN 0;", "RETURN 1;"),
            (UPDATE, "NULL;"),
            (UPDATE, UPDATE.replace("- 1", "+ 1")),
            (UPDATE, UPDATE.replace("- 1", "- 2")),
            (UPDATE, UPDATE.replace("AND id = p_id ", " ").replace("  ", " ")),
            (UPDATE, UPDATE.replace("AND state IN ('a', 'b')", "")),
            (UPDATE, UPDATE.replace("'a'", "'a~'")),
            (UPDATE, UPDATE.replace("'b'", "'b~'")),
            ("left_over := (SELECT count(*) FROM stock);", "NULL;"),
            ("RETURN greatest(left_over, p_least);", "RETURN least(left_over, p_least);"),
        ]
    )


def test_the_last_operand_ends_before_the_bodys_end() -> None:
    source = b"CREATE FUNCTION a() RETURNS boolean LANGUAGE sql AS $$\nSELECT x FROM t WHERE b AND c\n$$;\n"
    found = [mutant.after.strip() for mutant in mutants("room/a.sql", source)]
    assert found == ["SELECT x FROM t WHERE true AND c", "SELECT x FROM t WHERE b"]
