"""Stryker's report, judged like all other mutants."""

from __future__ import annotations

from mutants import screens

SOURCE = "const a = 'ü' + 1;\nif (a) go();\n"
REPORT = {
    "files": {
        "src/a.ts": {
            "source": SOURCE,
            "mutants": [
                {
                    "status": "Killed",
                    "killedBy": ["3"],
                    "replacement": "'ü' - 1",
                    "location": {"start": {"line": 1, "column": 11}, "end": {"line": 1, "column": 18}},
                },
                {
                    "status": "NoCoverage",
                    "replacement": "false",
                    "location": {"start": {"line": 2, "column": 5}, "end": {"line": 2, "column": 6}},
                },
                {
                    "status": "CompileError",
                    "replacement": "",
                    "location": {"start": {"line": 2, "column": 8}, "end": {"line": 2, "column": 13}},
                },
            ],
        }
    }
}


def test_strykers_report_becomes_outcomes() -> None:
    found = screens.outcomes(REPORT)
    assert [(each.outcome, each.mutant.before, each.mutant.after) for each in found] == [
        ("killed", "const a = 'ü' + 1;", "const a = 'ü' - 1;"),
        ("no tests", "if (a) go();", "if (false) go();"),
        ("invalid", "if (a) go();", "if (a)"),
    ]
    assert {each.mutant.file for each in found} == {"kds_frontend/src/a.ts"}
